import { randomUUID } from 'node:crypto';

/**
 * JSON as Go's encoder writes it, and with integers beyond doubles as bigints both ways. For objects that are ours already:
 * what clients send is read by schema/json.ts.
 */

const ESCAPED = /[<>&\u2028\u2029]/g;
const NEEDS_ESCAPE = /[<>&\u2028\u2029]/;

/**
 * Writes JSON as Go's encoder does: `<`, `>`, `&` and line separators escaped, bigints as numbers; `pretty` indents by two spaces, or as many as it says.
 * Everything that clients get passes here, so that bytes are the real server's.
 */
export function encodeJson(value: unknown, pretty: boolean | number = false): string {
  const indent = pretty === true ? 2 : pretty || undefined;
  let text = stringify(value, indent);
  if (NUMERIC_KEY.test(text)) text = stringify(withMarkedKeys(value), indent).replaceAll(`"${KEY_MARK}`, '"');
  return NEEDS_ESCAPE.test(text) ? text.replace(ESCAPED, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`) : text;
}

function stringify(value: unknown, indent: number | undefined): string {
  try {
    return JSON.stringify(value, undefined, indent);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return stringifyWithBigints(value, indent);
  }
}

/** A key that JavaScript may put before all others, whatever the order in which keys were added; or something in a string that looks like one. */
const NUMERIC_KEY = /"\d+":/;
const NUMERIC = /^\d+$/;
const KEY_MARK = `key:${randomUUID()}:`;

/** The keys of a map in Go's order: sorted as texts. JavaScript's own order has numbers first. */
export const sortedKeys = (map: object): string[] => Object.keys(map).sort();

/** A copy in which no key looks like a number. Only maps have such keys, and Go prints maps sorted. */
function withMarkedKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withMarkedKeys);
  if ('toJSON' in value && typeof value.toJSON === 'function') return withMarkedKeys(value.toJSON());
  const keys = Object.keys(value);
  const mark = keys.some((key) => NUMERIC.test(key)) ? KEY_MARK : '';
  return Object.fromEntries((mark ? keys.sort() : keys).map((key) => [mark + key, withMarkedKeys((value as Record<string, unknown>)[key])]));
}

/** Marks bigints on their way through JSON.stringify and JSON.parse; no text of a client can have it. */
const MARK = `bigint:${randomUUID()}:`;

/** Bigints travel as marked texts through JSON.stringify and lose their quotes behind it. */
function stringifyWithBigints(value: unknown, indent: number | undefined): string {
  const text = JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? MARK + String(item) : item), indent);
  return text.replace(new RegExp(`"${MARK}(-?\\d+)"`, 'g'), '$1');
}

/** An integer of 16 and more digits outside of strings, or something in a string that looks like one. */
const LONG_INTEGER = /[:[,]\s*-?\d{16}/;
const STRING_OR_INTEGER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g;

/** Reads what {@link encodeJson} wrote. Integers that a double cannot hold become bigints. Throws SyntaxError. */
export function decodeJson(text: string): unknown {
  if (!LONG_INTEGER.test(text)) return JSON.parse(text);
  const marked = text.replace(STRING_OR_INTEGER, (token) => (/^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${MARK}${token}"` : token));
  return JSON.parse(marked, (_key, item: unknown) => (typeof item === 'string' && item.startsWith(MARK) ? BigInt(item.slice(MARK.length)) : item));
}
