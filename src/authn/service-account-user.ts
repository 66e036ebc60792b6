import { isDns1123Label, isDns1123Subdomain } from '../api/names.js';
import type { UserInfo } from '../api/user.js';

const PREFIX = 'system:serviceaccount:';

export const CREDENTIAL_ID = 'authentication.kubernetes.io/credential-id';
export const NODE_NAME = 'authentication.kubernetes.io/node-name';

export interface ServiceAccountIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly pod?: { readonly name: string; readonly uid: string } | undefined;
  readonly node?: { readonly name: string; readonly uid?: string | undefined } | undefined;
  readonly credentialId?: string | undefined;
}

export const serviceAccountUserName = (namespace: string, name: string): string => `${PREFIX}${namespace}:${name}`;

export const serviceAccountGroups = (namespace: string): string[] => ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];

/** Namespace and name out of `system:serviceaccount:NAMESPACE:NAME`; undefined for other users. */
export function parseServiceAccountUserName(user: string): { namespace: string; name: string } | undefined {
  if (!user.startsWith(PREFIX)) return undefined;
  const [namespace = '', name = '', ...more] = user.slice(PREFIX.length).split(':');
  if (more.length > 0 || isDns1123Label(namespace).length > 0 || isDns1123Subdomain(name).length > 0) return undefined;
  return { namespace, name };
}

/** The user that a service account's token stands for, without system:authenticated. */
export function serviceAccountUser({ namespace, name, uid, pod, node, credentialId }: ServiceAccountIdentity): UserInfo {
  const extra: Record<string, readonly string[]> = {};
  if (credentialId) extra[CREDENTIAL_ID] = [credentialId];
  if (pod) {
    extra['authentication.kubernetes.io/pod-name'] = [pod.name];
    extra['authentication.kubernetes.io/pod-uid'] = [pod.uid];
  }
  if (node) {
    extra[NODE_NAME] = [node.name];
    if (node.uid) extra['authentication.kubernetes.io/node-uid'] = [node.uid];
  }
  return { name: serviceAccountUserName(namespace, name), uid, groups: serviceAccountGroups(namespace), ...(Object.keys(extra).length > 0 ? { extra } : {}) };
}
