import type { Json } from '../api/object.js';

/**
 * Reads JSON as Go's encoding/json does: the same syntax errors, duplicate keys reported instead of lost, and
 * the source text of every value at hand (JSON Patch compares texts).
 */

/** A syntax error with Go's text, such as `invalid character 'x' looking for beginning of value`. */
export class JsonSyntaxError extends Error {}

export type JsonNode =
  | { readonly type: 'object'; readonly text: string; readonly members: ReadonlyArray<readonly [string, JsonNode]> }
  | { readonly type: 'array'; readonly text: string; readonly items: readonly JsonNode[] }
  | { readonly type: 'string' | 'number' | 'bool' | 'null'; readonly text: string; readonly value: null | boolean | number | bigint | string };

/** Go allows 10,000; what follows (clones, comparisons) recurses on JavaScript's smaller stack. */
const MAX_DEPTH = 2_000;

/** The value of a text, which must be one JSON value; throws JsonSyntaxError. */
export function parseJsonText(text: string): JsonNode {
  return new Parser(text).document();
}

/** Plain data of a node; of duplicate keys the last counts. */
export function toJson(node: JsonNode): Json {
  switch (node.type) {
    case 'object': {
      const object: Record<string, Json> = {};
      for (const [key, value] of node.members) setKey(object, key, toJson(value));
      return object;
    }
    case 'array':
      return node.items.map(toJson);
    default:
      return node.value;
  }
}

/** Sets a key as data, `__proto__` included. */
export function setKey(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  else object[key] = value;
}

const SPACE = /[ \t\r\n]*/y;
const DIGITS = /[0-9]*/y;
// oxlint-disable-next-line no-control-regex -- JSON forbids control characters in strings
const STRING_RUN = /[^"\\\u0000-\u001f]*/y;
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const ESCAPES: Readonly<Record<string, string>> = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

class Parser {
  private at = 0;

  constructor(private readonly text: string) {}

  document(): JsonNode {
    const node = this.value(0);
    this.space();
    if (this.at < this.text.length) this.fail('after top-level value');
    return node;
  }

  private value(depth: number): JsonNode {
    if (depth > MAX_DEPTH) throw new JsonSyntaxError('exceeded max depth');
    this.space();
    const start = this.at;
    const first = this.text[start];
    switch (first) {
      case '{':
        return { type: 'object', members: this.members(depth), text: this.text.slice(start, this.at) };
      case '[':
        return { type: 'array', items: this.items(depth), text: this.text.slice(start, this.at) };
      case '"': {
        const value = this.string();
        return { type: 'string', value, text: this.text.slice(start, this.at) };
      }
      case 't':
        this.literal('true');
        return { type: 'bool', value: true, text: 'true' };
      case 'f':
        this.literal('false');
        return { type: 'bool', value: false, text: 'false' };
      case 'n':
        this.literal('null');
        return { type: 'null', value: null, text: 'null' };
      default:
        if (first === '-' || (first !== undefined && first >= '0' && first <= '9')) {
          this.number();
          const text = this.text.slice(start, this.at);
          return { type: 'number', value: numberOf(text), text };
        }
        return this.fail('looking for beginning of value');
    }
  }

  private members(depth: number): Array<readonly [string, JsonNode]> {
    const members: Array<readonly [string, JsonNode]> = [];
    this.at++;
    this.space();
    if (this.text[this.at] === '}') {
      this.at++;
      return members;
    }
    for (;;) {
      this.space();
      if (this.text[this.at] !== '"') this.fail('looking for beginning of object key string');
      const key = this.string();
      this.space();
      if (this.text[this.at] !== ':') this.fail('after object key');
      this.at++;
      members.push([key, this.value(depth + 1)]);
      this.space();
      const next = this.text[this.at];
      if (next !== ',' && next !== '}') this.fail('after object key:value pair');
      this.at++;
      if (next === '}') return members;
    }
  }

  private items(depth: number): JsonNode[] {
    const items: JsonNode[] = [];
    this.at++;
    this.space();
    if (this.text[this.at] === ']') {
      this.at++;
      return items;
    }
    for (;;) {
      items.push(this.value(depth + 1));
      this.space();
      const next = this.text[this.at];
      if (next !== ',' && next !== ']') this.fail('after array element');
      this.at++;
      if (next === ']') return items;
    }
  }

  private string(): string {
    let result = '';
    this.at++;
    for (;;) {
      result += this.take(STRING_RUN);
      const next = this.text[this.at];
      if (next === '"') {
        this.at++;
        // Go replaces lone halves of surrogate pairs.
        return result.replace(LONE_SURROGATE, '\ufffd');
      }
      if (next !== '\\') this.fail('in string literal');
      this.at++;
      const code = this.text[this.at];
      if (code === 'u') {
        this.at++;
        const start = this.at;
        for (; this.at < start + 4; this.at++) {
          if (!/^[0-9a-fA-F]$/.test(this.text[this.at] ?? '')) this.fail('in \\u hexadecimal character escape');
        }
        result += String.fromCharCode(Number.parseInt(this.text.slice(start, this.at), 16));
        continue;
      }
      const plain = code === undefined ? undefined : ESCAPES[code];
      if (plain === undefined) this.fail('in string escape code');
      result += plain;
      this.at++;
    }
  }

  private number(): void {
    if (this.text[this.at] === '-') this.at++;
    if (this.text[this.at] === '0') this.at++;
    else this.digits('in numeric literal');
    if (this.text[this.at] === '.') {
      this.at++;
      this.digits('after decimal point in numeric literal');
    }
    if (this.text[this.at] === 'e' || this.text[this.at] === 'E') {
      this.at++;
      if (this.text[this.at] === '+' || this.text[this.at] === '-') this.at++;
      this.digits('in exponent of numeric literal');
    }
  }

  private digits(context: string): void {
    if (this.take(DIGITS) === '') this.fail(context);
  }

  private literal(word: string): void {
    for (let i = 1; i < word.length; i++) {
      this.at++;
      if (this.text[this.at] !== word[i]) this.fail(`in literal ${word} (expecting '${word[i]}')`);
    }
    this.at++;
  }

  private space(): void {
    SPACE.lastIndex = this.at;
    SPACE.exec(this.text);
    this.at = SPACE.lastIndex;
  }

  private take(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0] ?? '';
    this.at += found.length;
    return found;
  }

  private fail(context: string): never {
    if (this.at >= this.text.length) throw new JsonSyntaxError('unexpected end of JSON input');
    // Go looks at bytes: a character beyond ASCII is named by the first byte of its UTF-8 form.
    const byte = Buffer.from(String.fromCodePoint(this.text.codePointAt(this.at) ?? 0))[0] ?? 0;
    throw new JsonSyntaxError(`invalid character ${quoteByte(byte)} ${context}`);
  }
}

function quoteByte(byte: number): string {
  const char = String.fromCharCode(byte);
  if (char === "'") return "'\\''";
  if (char === '"') return `'"'`;
  const escapes: Record<string, string> = { '\\': '\\\\', '\u0007': '\\a', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v' };
  const known = escapes[char];
  if (known) return `'${known}'`;
  if (byte < 0x20 || byte === 0x7f) return `'\\x${byte.toString(16).padStart(2, '0')}'`;
  if (byte >= 0x80 && (byte <= 0xa0 || byte === 0xad)) return `'\\u00${byte.toString(16)}'`;
  return `'${char}'`;
}

function numberOf(text: string): number | bigint {
  const value = Number(text);
  if (Number.isSafeInteger(value) || !/^-?[0-9]+$/.test(text)) return value;
  const integer = BigInt(text);
  return integer <= INT64_MAX && integer >= INT64_MIN ? integer : value;
}

/** JSON text as Go's encoder writes it: no spaces, `<`, `>` and `&` escaped, keys in the order they have. */
export function goJson(value: unknown): string {
  if (typeof value === 'string') return goJsonString(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(goJson).join(',')}]`;
  const parts: string[] = [];
  for (const [key, item] of Object.entries(value)) if (item !== undefined) parts.push(`${goJsonString(key)}:${goJson(item)}`);
  return `{${parts.join(',')}}`;
}

function goJsonString(text: string): string {
  return JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
