import type { Json } from '../api/object.js';
import { jsonSyntaxError, JsonSyntaxError } from '../schema/json-syntax.js';

/**
 * JSON as patches need it: duplicate keys are reported instead of lost, and the source text of every value is at hand
 * (JSON Patch compares texts).
 */
export type JsonNode =
  | { readonly type: 'object'; readonly text: string; readonly members: ReadonlyArray<readonly [string, JsonNode]> }
  | { readonly type: 'array'; readonly text: string; readonly items: readonly JsonNode[] }
  | { readonly type: 'string' | 'number' | 'bool' | 'null'; readonly text: string; readonly value: null | boolean | number | bigint | string };

/** Go allows 10,000; what follows (clones, comparisons) recurses on JavaScript's smaller stack. */
const MAX_DEPTH = 2_000;

/** The value of a text; throws JsonSyntaxError with Go's message for what is no JSON. */
export function parseJsonText(bytes: Buffer): JsonNode {
  const text = bytes.toString('utf8');
  try {
    JSON.parse(text);
  } catch (error) {
    throw jsonSyntaxError(bytes) ?? error;
  }
  return new Reader(text).value(0);
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
const TOKEN = /"(?:[^"\\]|\\.)*"|[-+.eE\d]+|[a-z]+/suy;
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/** Takes a text apart that is known to be JSON. */
class Reader {
  private at = 0;

  constructor(private readonly text: string) {}

  value(depth: number): JsonNode {
    if (depth > MAX_DEPTH) throw new JsonSyntaxError('exceeded max depth');
    this.space();
    const start = this.at;
    switch (this.text[start]) {
      case '{':
        return { type: 'object', members: this.members(depth), text: this.text.slice(start, this.at) };
      case '[':
        return { type: 'array', items: this.items(depth), text: this.text.slice(start, this.at) };
      default:
        return scalar(this.token());
    }
  }

  private members(depth: number): Array<readonly [string, JsonNode]> {
    const members: Array<readonly [string, JsonNode]> = [];
    while (!this.closes('}')) {
      this.space();
      const key = stringOf(this.token());
      this.space();
      this.at++;
      members.push([key, this.value(depth + 1)]);
    }
    return members;
  }

  private items(depth: number): JsonNode[] {
    const items: JsonNode[] = [];
    while (!this.closes(']')) items.push(this.value(depth + 1));
    return items;
  }

  /** Goes past the opening bracket or a comma, or past the closing bracket. */
  private closes(bracket: '}' | ']'): boolean {
    this.space();
    const closed = this.text[this.at++] === bracket;
    if (closed) return true;
    this.space();
    if (this.text[this.at] !== bracket) return false;
    this.at++;
    return true;
  }

  private token(): string {
    TOKEN.lastIndex = this.at;
    const [token] = TOKEN.exec(this.text) as RegExpExecArray;
    this.at += token.length;
    return token;
  }

  private space(): void {
    SPACE.lastIndex = this.at;
    SPACE.exec(this.text);
    this.at = SPACE.lastIndex;
  }
}

function scalar(text: string): JsonNode {
  switch (text[0]) {
    case '"':
      return { type: 'string', value: stringOf(text), text };
    case 't':
    case 'f':
      return { type: 'bool', value: text === 'true', text };
    case 'n':
      return { type: 'null', value: null, text };
    default:
      return { type: 'number', value: numberOf(text), text };
  }
}

/** Go replaces lone halves of surrogate pairs. */
function stringOf(text: string): string {
  return (JSON.parse(text) as string).replace(LONE_SURROGATE, '\ufffd');
}

function numberOf(text: string): number | bigint {
  const value = Number(text);
  if (Number.isSafeInteger(value) || !/^-?[0-9]+$/.test(text)) return value;
  const integer = BigInt(text);
  return integer <= INT64_MAX && integer >= INT64_MIN ? integer : value;
}
