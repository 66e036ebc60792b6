import { accessDenied, type Authorize } from '../authn/access.js';
import { SYSTEM_MASTERS } from '../api/user.js';
import { forbidden } from '../api/errors.js';
import type { ResourceRequestInfo } from '../api/request-info.js';
import type { ApiRequest } from './request.js';

/** Throws 403, with Kubernetes' text, when the user may not do this. Members of system:masters may do everything. */
export async function authorizeRequest(authorize: Authorize, request: ApiRequest): Promise<void> {
  const { user, info } = request;
  if (user.groups.includes(SYSTEM_MASTERS)) return;
  const verdict = await authorize(user, info);
  if (!verdict.allowed) throw accessDenied(user, info, verdict.reason);
}

/** Ways into a pod that WebSocket clients open with GET. */
const INTO_PODS = new Set(['attach', 'exec', 'portforward']);

/**
 * Whoever may only `get` must not get into a pod by asking with GET: these routes ask for `create` too, whatever the
 * method (kubernetes/kubernetes#133515). Throws 403 with the little that the real server says.
 */
export async function authorizeConnect(authorize: Authorize, { user }: ApiRequest, info: ResourceRequestInfo): Promise<void> {
  const intoPod = info.group === '' && info.resource === 'pods' && INTO_PODS.has(info.subresource);
  if (!intoPod || info.verb === 'create' || user.groups.includes(SYSTEM_MASTERS)) return;
  const verdict = await authorize(user, { ...info, verb: 'create' });
  if (!verdict.allowed) throw forbidden({ group: '', resource: 'pods' }, info.name, verdict.reason ?? '');
}
