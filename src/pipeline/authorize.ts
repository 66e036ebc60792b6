import { accessDenied, type Authorize } from '../authn/access.js';
import { SYSTEM_MASTERS } from '../api/user.js';
import type { ApiRequest } from './request.js';

/** Throws 403, with Kubernetes' text, when the user may not do this. Members of system:masters may do everything. */
export async function authorizeRequest(authorize: Authorize, request: ApiRequest): Promise<void> {
  const { user, info } = request;
  if (user.groups.includes(SYSTEM_MASTERS)) return;
  const verdict = await authorize(user, info);
  if (!verdict.allowed) throw accessDenied(user, info, verdict.reason);
}
