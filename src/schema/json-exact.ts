import { NumberLiteral } from './number-literal.js';
import { setKey } from './shape.js';

export interface ExactJson {
  readonly value: unknown;
  /** Whether the value may hold {@link NumberLiteral}s. */
  readonly literals: boolean;
  /** Members, in the order of the text, of the objects in which some key stands twice; the object itself has the last of each. */
  readonly occurrences: ReadonlyMap<object, ReadonlyArray<readonly [string, unknown]>> | undefined;
}

interface Open {
  readonly container: unknown[] | Record<string, unknown>;
  key: string;
  readonly members: Array<readonly [string, unknown]> | undefined;
  readonly seen: Set<string> | undefined;
  repeated: boolean;
}

const TOKEN = /[{}[\],:]|"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null/gs;

/**
 * Parses a text that JSON.parse has accepted, keeping what JSON.parse loses: how numbers were written and keys that
 * stand twice. Slower, and with a stack of its own.
 */
export function parseExactJson(source: string): ExactJson {
  const occurrences = new Map<object, ReadonlyArray<readonly [string, unknown]>>();
  const open: Open[] = [];
  let result: unknown;
  let literals = false;
  let awaitsKey = false;
  const put = (value: unknown): void => {
    const top = open.at(-1);
    if (!top) {
      result = value;
    } else if (Array.isArray(top.container)) {
      top.container.push(value);
    } else {
      top.members?.push([top.key, value]);
      if (top.seen?.has(top.key)) top.repeated = true;
      top.seen?.add(top.key);
      setKey(top.container, top.key, value);
    }
  };
  for (const [token] of source.matchAll(TOKEN)) {
    switch (token[0]) {
      case '{':
      case '[': {
        const container = token === '{' ? {} : [];
        put(container);
        open.push({ container, key: '', members: token === '{' ? [] : undefined, seen: token === '{' ? new Set() : undefined, repeated: false });
        awaitsKey = token === '{';
        break;
      }
      case '}':
      case ']': {
        const closed = open.pop() as Open;
        if (closed.repeated && closed.members) occurrences.set(closed.container, closed.members);
        awaitsKey = false;
        break;
      }
      case ',':
        awaitsKey = !Array.isArray(open.at(-1)?.container);
        break;
      case ':':
        awaitsKey = false;
        break;
      case '"': {
        const text = (JSON.parse(token) as string).replace(/\p{Surrogate}/gu, '\ufffd');
        if (awaitsKey) (open.at(-1) as Open).key = text;
        else put(text);
        break;
      }
      case 't':
      case 'f':
        put(token === 'true');
        break;
      case 'n':
        put(null);
        break;
      default: {
        const number = Number(token);
        const exact = Number.isSafeInteger(number) && /^-?\d+$/.test(token);
        literals ||= !exact;
        put(exact ? number : new NumberLiteral(token));
      }
    }
  }
  return { value: result, literals, occurrences: occurrences.size > 0 ? occurrences : undefined };
}
