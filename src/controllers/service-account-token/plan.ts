import type { Secret, ServiceAccount } from '../../api/types/core-v1.js';

export const SECRET_TYPE = 'kubernetes.io/service-account-token';
export const ACCOUNT_NAME = 'kubernetes.io/service-account.name';
export const ACCOUNT_UID = 'kubernetes.io/service-account.uid';

/** What a Secret for a service account's token needs. */
export type TokenPlan =
  | { readonly action: 'none' }
  /** The account is gone, or was made anew under the same name. */
  | { readonly action: 'delete' }
  | { readonly action: 'fill'; readonly needsToken: boolean; readonly data: Readonly<Record<string, string>>; readonly annotations: Readonly<Record<string, string>> };

/** Decides what becomes of a Secret of type kubernetes.io/service-account-token. Values of `data` are base64. Pure. */
export function planToken(secret: Secret, account: ServiceAccount | undefined, caCertificate: string): TokenPlan {
  const uid = secret.metadata.annotations?.[ACCOUNT_UID];
  if (!account || (uid && uid !== account.metadata.uid)) return { action: 'delete' };
  const ca = base64(caCertificate);
  const { data = {} } = secret;
  const needsToken = !data['token'];
  if (!needsToken && data['namespace'] && data['ca.crt'] === ca) return { action: 'none' };
  return {
    action: 'fill',
    needsToken,
    data: { ...data, 'ca.crt': ca, namespace: data['namespace'] || base64(secret.metadata.namespace ?? '') },
    annotations: { ...secret.metadata.annotations, [ACCOUNT_NAME]: account.metadata.name ?? '', [ACCOUNT_UID]: account.metadata.uid ?? '' },
  };
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
