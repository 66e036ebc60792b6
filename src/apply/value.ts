import { quote } from '../api/field.js';

/** Order, text and kinds of JSON values as path elements need them (structured-merge-diff's value package). */

export type JsonMap = { readonly [key: string]: unknown };

export function isMap(value: unknown): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value of a key, names of Object.prototype being no keys. JSON holds no functions, so those are not its own. */
export function own(map: JsonMap | undefined, key: string): unknown {
  const value = map?.[key];
  return typeof value === 'function' || value === Object.prototype ? undefined : value;
}

/** Order of texts by their UTF-8 bytes, as Go compares strings. JavaScript's differs for characters beyond the BMP. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left === right) continue;
    if (left >= 0xd800 && right >= 0xd800 && isSurrogate(left) !== isSurrogate(right)) return isSurrogate(left) ? 1 : -1;
    return left < right ? -1 : 1;
  }
  return Math.sign(a.length - b.length);
}

function isSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdfff;
}

/** A total order: numbers, strings, booleans, lists, maps, null. */
export function compareValues(a: unknown, b: unknown): number {
  const rank = rankOf(a) - rankOf(b);
  if (rank !== 0) return Math.sign(rank);
  if (typeof a === 'string') return compareText(a, b as string);
  if (Array.isArray(a)) return compareLists(a, b as unknown[]);
  if (isMap(a)) return compareMaps(a, b as JsonMap);
  if (a === null) return 0;
  const left = a as number;
  const right = b as number;
  return left < right ? -1 : left > right ? 1 : 0;
}

function rankOf(value: unknown): number {
  switch (typeof value) {
    case 'number':
    case 'bigint':
      return 0;
    case 'string':
      return 1;
    case 'boolean':
      return 2;
    default:
      return Array.isArray(value) ? 3 : value === null || value === undefined ? 5 : 4;
  }
}

function compareLists(a: readonly unknown[], b: readonly unknown[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const order = compareValues(a[i], b[i]);
    if (order !== 0) return order;
  }
  return Math.sign(a.length - b.length);
}

function compareMaps(a: JsonMap, b: JsonMap): number {
  const left = Object.keys(a).sort(compareText);
  const right = Object.keys(b).sort(compareText);
  for (let i = 0; i < left.length && i < right.length; i++) {
    const key = left[i] as string;
    const order = compareText(key, right[i] as string) || compareValues(a[key], b[key]);
    if (order !== 0) return order;
  }
  return Math.sign(left.length - right.length);
}

/** A value as paths in messages show it: `"x"`, `80`, `true`. */
export function valueText(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return `[${value.map(valueText).join(',')}]`;
  if (isMap(value)) return Object.entries(value).map(([key, item]) => `${key}=${valueText(item)}`).join('');
  return String(value ?? null);
}

/** Canonical JSON: sorted keys, `<`, `>` and `&` escaped, as Go's encoder writes maps. */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string') return PLAIN.test(value) ? `"${value}"` : escapeHtml(JSON.stringify(value));
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (!isMap(value)) return JSON.stringify(value ?? null);
  const keys = Object.keys(value).filter((key) => value[key] !== undefined).sort(compareText);
  return `{${keys.map((key) => `${canonicalJson(key)}:${canonicalJson(value[key])}`).join(',')}}`;
}

function escapeHtml(json: string): string {
  return HTML.test(json) ? json.replace(ALL_HTML, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`) : json;
}

/** Texts that need no escapes. */
const PLAIN = /^[ !#-%'-;=?-[\]-~]*$/;
const HTML = /[<>&\u2028\u2029]/;
const ALL_HTML = /[<>&\u2028\u2029]/g;
