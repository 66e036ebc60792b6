import { randomUUID } from 'node:crypto';

/**
 * JSON as Go's encoder writes it, and with integers beyond doubles as bigints both ways. For objects that are ours already:
 * what clients send is read by schema/json.ts.
 */

const ESCAPED = /[<>&\u2028\u2029]/g;
const NEEDS_ESCAPE = /[<>&\u2028\u2029]/;

/**
 * Writes JSON as Go's encoder does: `<`, `>`, `&` and line separators escaped, bigints as numbers; `pretty` indents by two spaces.
 * Everything that clients get passes here, so that bytes are the real server's.
 */
export function encodeJson(value: unknown, pretty = false): string {
  const indent = pretty ? 2 : undefined;
  let text: string;
  try {
    text = JSON.stringify(value, undefined, indent);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    text = stringifyWithBigints(value, indent);
  }
  return NEEDS_ESCAPE.test(text) ? text.replace(ESCAPED, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`) : text;
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
