import { forbidden, type ApiError } from '../api/errors.js';
import type { NonResourceRequestInfo, ResourceRequestInfo } from '../api/request-info.js';
import type { UserInfo } from '../api/user.js';

/** What is asked of the authorizer: a request, or the right to do something special (`impersonate`). */
export type AccessAttributes =
  | Pick<NonResourceRequestInfo, 'isResource' | 'path' | 'verb'>
  | (Pick<ResourceRequestInfo, 'isResource' | 'group' | 'version' | 'resource' | 'subresource' | 'namespace' | 'name'> & { readonly verb: string });

/** Authorization as authn/ and http/ need it; cluster.ts joins it to authz/. */
export type Authorize = (user: UserInfo, attributes: AccessAttributes) => Promise<{ readonly allowed: boolean; readonly reason?: string | undefined }>;

/** 403 with the text of k8s.io/apiserver's responsewriters; `reason` is the authorizer's. */
export function accessDenied(user: UserInfo, attributes: AccessAttributes, reason = ''): ApiError {
  const name = JSON.stringify(user.name);
  const why = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;') + (reason ? `: ${reason}` : '');
  if (!attributes.isResource) return forbidden({ group: '', resource: '' }, '', why(`User ${name} cannot ${attributes.verb} path ${JSON.stringify(attributes.path)}`));
  const { group, resource, subresource, namespace, verb } = attributes;
  const what = JSON.stringify(subresource ? `${resource}/${subresource}` : resource);
  const where = namespace ? `in the namespace ${JSON.stringify(namespace)}` : 'at the cluster scope';
  return forbidden({ group, resource }, attributes.name, why(`User ${name} cannot ${verb} resource ${what} in API group ${JSON.stringify(group)} ${where}`));
}
