import { badRequest } from '../api/errors.js';
import { JsonSyntaxError, parseJson } from '../schema/json.js';
import type { WantedRevision } from './resource-version.js';

/** Where a list in chunks goes on: the revision of its first chunk (negative: whatever is newest) and the last key shown. */
export interface ContinueToken {
  readonly revision: WantedRevision;
  /** `NAMESPACE/NAME` or `NAME`, relative to what is listed; the next chunk starts after it. */
  readonly after: string;
}

/** Tokens are Kubernetes' own (k8s.io/apiserver/pkg/storage/continue.go), but clients must not look into them. */
export function encodeContinue({ revision, after }: ContinueToken): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: Number(revision), start: `/${after}\u0000` })).toString('base64url');
}

/** Throws ApiError 400 for what is no token. */
export function decodeContinue(text: string): ContinueToken {
  const { v, rv, start } = tokenFields(text);
  if (v !== 'meta.k8s.io/v1') throw invalid(`: server does not recognize this encoded version ${v}`);
  if (rv === 0) throw invalid(': incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
  if (start === '') throw invalid(': encoded start key empty (version meta.k8s.io/v1)');
  const key = start.startsWith('/') ? start.slice(1) : start;
  // Only what path.Clean would leave as it is: no way out of the resource.
  if (key.split('/').some((part) => part === '' || part === '.' || part === '..')) throw invalid(`: ${start}`);
  return { revision: rv, after: key.endsWith('\u0000') ? key.slice(0, -1) : justBefore(key) };
}

const invalid = (why: string): Error => badRequest(`invalid continue token: continue key is not valid${why}`);

function tokenFields(text: string): { v: string; rv: WantedRevision; start: string } {
  const stray = /[^A-Za-z0-9_-]/.exec(text)?.index ?? (text.length % 4 === 1 ? text.length - 1 : undefined);
  if (stray !== undefined) throw invalid(`: illegal base64 data at input byte ${stray}`);
  let token: unknown;
  try {
    token = parseJson(Buffer.from(text, 'base64url'));
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw invalid(`: ${error.message}`);
  }
  if (token === null) return { v: '', rv: 0, start: '' };
  if (typeof token !== 'object' || Array.isArray(token)) throw invalid(`: json: cannot unmarshal ${goType(token)} into Go value of type storage.continueToken`);
  const { v, rv, start } = token as Record<string, unknown>;
  return { v: textField('v', v), rv: integerField('rv', rv), start: textField('start', start) };
}

function textField(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  throw mismatch(name, goType(value), 'string');
}

function integerField(name: string, value: unknown): WantedRevision {
  if (typeof value === 'bigint' || Number.isSafeInteger(value)) return value as WantedRevision;
  if (value === undefined || value === null) return 0;
  throw mismatch(name, typeof value === 'number' ? `number ${value}` : goType(value), 'int64');
}

const mismatch = (field: string, found: string, type: string): Error => invalid(`: json: cannot unmarshal ${found} into Go struct field continueToken.${field} of type ${type}`);

/** What encoding/json calls a value. */
function goType(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value === 'bigint' ? 'number' : typeof value;
}

/** A key that sorts after all that can exist before `key`: names have no characters this high. */
function justBefore(key: string): string {
  return `${key.slice(0, -1)}${String.fromCharCode(key.charCodeAt(key.length - 1) - 1)}\u{10ffff}`;
}
