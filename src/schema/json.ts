import type { Json } from '../api/object.js';
import { parseExactJson, type ExactJson } from './json-exact.js';
import { jsonSyntaxError, JsonSyntaxError, MAX_DEPTH } from './json-syntax.js';
import { plainNumbers } from './shape.js';

export { encodeJson } from '../base/json.js';
export { JsonSyntaxError } from './json-syntax.js';

/** A number that JSON.parse would change: with a fraction, an exponent or 16 and more digits. May match inside strings, which costs only time. */
const EXACT_NUMBER = /(?:":|[[,])\s*-?\d+(?:[.eE]|\d{15})/;
/** An escaped surrogate: half a pair is data to JavaScript and U+FFFD to Go. */
const SURROGATE = /\\u[dD][89a-fA-F]/;

/**
 * Reads JSON as Go does: int64 numbers stay exact (as bigint where a double is too small), half surrogates become U+FFFD.
 * Throws JsonSyntaxError with Go's text.
 */
export function parseJson(text: Buffer | string): Json {
  const { value, literals } = parseJsonExactly(text, { duplicates: false });
  return (literals ? plainNumbers(value) : value) as Json;
}

/**
 * Reads JSON for the typed decoder. In nearly all cases that is JSON.parse; the exact parser runs only if the text holds numbers
 * that JSON.parse would change or, with `duplicates`, a key twice in one object.
 */
export function parseJsonExactly(text: Buffer | string, { duplicates }: { duplicates: boolean }): ExactJson {
  const source = typeof text === 'string' ? text : text.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch (error) {
    const bytes = typeof text === 'string' ? Buffer.from(text) : text;
    throw jsonSyntaxError(bytes) ?? error;
  }
  const large = source.length > 2 * MAX_DEPTH;
  const structure = duplicates || large ? measure(source) : undefined;
  if (large && structure && structure.depth > MAX_DEPTH) throw new JsonSyntaxError(`invalid character '${structure.deepest}' exceeded max depth`);
  if (EXACT_NUMBER.test(source) || SURROGATE.test(source) || isNumberText(source) || (duplicates && structure?.colons !== keys(value))) return parseExactJson(source);
  return { value, literals: false, occurrences: undefined };
}

/** A bare number at the top. */
function isNumberText(source: string): boolean {
  return source.length < 1000 && /^\s*-?\d+[.eE\d]{15,}\s*$/.test(source);
}

/** Colons outside strings, one for each key of the text, and how deep it nests. */
function measure(source: string): { colons: number; depth: number; deepest: string } {
  let colons = 0;
  let depth = 0;
  let open = 0;
  let deepest = '';
  for (let i = 0; i < source.length; i++) {
    switch (source.charCodeAt(i)) {
      case 0x3a:
        colons++;
        break;
      case 0x22:
        i = source.indexOf('"', i + 1);
        while (isEscaped(source, i)) i = source.indexOf('"', i + 1);
        break;
      case 0x7b:
      case 0x5b:
        if (++open > depth) {
          depth = open;
          if (depth === MAX_DEPTH + 1) deepest = source.charAt(i);
        }
        break;
      case 0x7d:
      case 0x5d:
        open--;
        break;
      default:
    }
  }
  return { colons, depth, deepest };
}

function isEscaped(source: string, quote: number): boolean {
  let backslashes = 0;
  while (source.charCodeAt(quote - 1 - backslashes) === 0x5c) backslashes++;
  return backslashes % 2 === 1;
}

/** Keys of all objects in the value. */
function keys(value: unknown): number {
  const open: unknown[] = [value];
  let count = 0;
  while (open.length > 0) {
    const item = open.pop();
    if (typeof item !== 'object' || item === null) continue;
    if (Array.isArray(item)) {
      for (const child of item as unknown[]) if (typeof child === 'object') open.push(child);
      continue;
    }
    const names = Object.keys(item);
    count += names.length;
    for (const name of names) {
      const child = (item as Record<string, unknown>)[name];
      if (typeof child === 'object') open.push(child);
    }
  }
  return count;
}
