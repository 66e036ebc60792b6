import { badRequest } from '../api/errors.js';
import { parseJson } from '../schema/json.js';

/** Where a list in chunks goes on: the revision of its first chunk (-1: whatever is newest) and the last key shown. */
export interface ContinueToken {
  readonly revision: number;
  /** `NAMESPACE/NAME` or `NAME`, relative to the resource; the next chunk starts after it. */
  readonly after: string;
}

/** Tokens look like Kubernetes' own (k8s.io/apiserver/pkg/storage/continue.go), but clients must not look into them. */
export function encodeContinue({ revision, after }: ContinueToken): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: `${after}\u0000` })).toString('base64url');
}

/** Throws ApiError 400 for what is no token. */
export function decodeContinue(text: string): ContinueToken {
  let value: unknown;
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw badRequest(`invalid continue token: continue key is not valid: illegal base64 data at input byte ${/[^A-Za-z0-9_-]/.exec(text)?.index ?? 0}`);
  try {
    value = parseJson(Buffer.from(text, 'base64url'));
  } catch (error) {
    throw badRequest(`invalid continue token: continue key is not valid: ${(error as Error).message}`);
  }
  const { v, rv, start } = (value ?? {}) as { v?: unknown; rv?: unknown; start?: unknown };
  if (v !== 'meta.k8s.io/v1') throw badRequest(`invalid continue token: continue key is not valid: server does not recognize this encoded version ${JSON.stringify(v ?? '')}`);
  if (typeof rv !== 'number' || rv === 0) throw badRequest('invalid continue token: continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
  if (typeof start !== 'string' || start === '') throw badRequest('invalid continue token: continue key is not valid: encoded start key empty (version meta.k8s.io/v1)');
  if (start.split('/').includes('..')) throw badRequest(`invalid continue token: continue key is not valid: ${start}`);
  return { revision: rv, after: start.replace(/\u0000$/, '') };
}
