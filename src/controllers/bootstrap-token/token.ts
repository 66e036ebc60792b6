import { createHmac } from 'node:crypto';
import { timeMs } from '../../api/time.js';
import type { Secret } from '../../api/types/core-v1.js';

export const TOKEN_TYPE = 'bootstrap.kubernetes.io/token';
export const TOKEN_NAMESPACE = 'kube-system';
const NAME = /^bootstrap-token-([a-z0-9]{6})$/;

export const isBootstrapToken = ({ metadata, type }: Secret): boolean => type === TOKEN_TYPE && metadata.namespace === TOKEN_NAMESPACE;

/** A value of a Secret as text; '' for none. */
function valueOf({ data }: Secret, key: string): string {
  return Buffer.from((data && Object.hasOwn(data, key) && data[key]) || '', 'base64').toString();
}

/** When a bootstrap token ends; undefined for one that never does. A time that cannot be read has passed. Pure. */
export function expirationMs(secret: Secret): number | undefined {
  const text = valueOf(secret, 'expiration');
  if (text === '') return undefined;
  try {
    return timeMs(text) ?? 0;
  } catch {
    return 0;
  }
}

/** Id and secret of a token that may sign now; undefined for one that may not. Pure. */
export function signingToken(secret: Secret, now: number): { readonly id: string; readonly secret: string } | undefined {
  const id = valueOf(secret, 'token-id');
  const value = valueOf(secret, 'token-secret');
  const end = expirationMs(secret);
  if (NAME.exec(secret.metadata.name)?.[1] !== id || value === '' || (end !== undefined && end <= now) || valueOf(secret, 'usage-bootstrap-signing') !== 'true') return undefined;
  return { id, secret: value };
}

/** A detached JWS (HS256) of a text by a token, as kubeadm join checks it. Pure. */
export function detachedSignature(content: string, { id, secret }: { readonly id: string; readonly secret: string }): string {
  const header = Buffer.from(JSON.stringify({ alg: 'HS256', kid: id })).toString('base64url');
  const body = Buffer.from(content).toString('base64url');
  return `${header}..${createHmac('sha256', secret).update(`${header}.${body}`).digest('base64url')}`;
}
