import { BOOL, BYTES, DOUBLE, DURATION, DYN, INT, listOf, mapOf, NULL, opaque, optionalOf, STRING, TIMESTAMP, type Type, UINT } from './types.js';
import { Duration, EvalError, MapValue, Optional, type OpaqueValue, StructValue, Timestamp, TypeValue, Uint, type Value } from './values.js';

/** One signature of a function, with what it does. */
export interface Overload {
  readonly name: string;
  /** Called as `first.name(rest)`. */
  readonly member: boolean;
  readonly args: readonly Type[];
  readonly result: Type;
  /** The first of `args` is what a member is called on. Throws EvalError. */
  readonly run: (...args: never[]) => Value;
  /** What a call costs beyond one unit. */
  readonly cost?: (args: readonly Value[], result: Value) => number;
}

/** Functions by name. */
export type Library = readonly Overload[];

const PLAIN: Readonly<Record<string, Type>> = { dyn: DYN, null: NULL, bool: BOOL, int: INT, uint: UINT, double: DOUBLE, string: STRING, bytes: BYTES, timestamp: TIMESTAMP, duration: DURATION };

/**
 * Declares a function by its signature: `size(string): int`, or `string::startsWith(string): bool` for a member.
 * Capital letters are type variables, names with a dot types of a library.
 */
export function define(signature: string, run: (...args: never[]) => Value, cost?: Overload['cost']): Overload {
  const match = /^(?:(.+)::)?([^(]+?)\((.*)\): (.+)$/.exec(signature);
  if (!match) throw new Error(`no signature: ${signature}`);
  const [, receiver, name = '', parameters = '', result = ''] = match;
  const args = splitTop(parameters).map(parseType);
  return { name, member: receiver !== undefined, args: receiver === undefined ? args : [parseType(receiver), ...args], result: parseType(result), run, ...(cost ? { cost } : {}) };
}

function parseType(text: string): Type {
  const match = /^([\w.]+)(?:\((.+)\))?$/.exec(text.trim());
  const [, name = '', inner] = match ?? [];
  if (inner !== undefined) {
    const parts = splitTop(inner).map(parseType);
    if (name === 'list') return listOf(parts[0] as Type);
    if (name === 'optional') return optionalOf(parts[0] as Type);
    if (name === 'type') return { kind: 'type', of: parts[0] as Type };
    return mapOf(parts[0] as Type, parts[1] as Type);
  }
  if (/^[A-Z]$/.test(name)) return { kind: 'param', name };
  return PLAIN[name] ?? opaque(name);
}

function splitTop(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth++;
    else if (text[i] === ')') depth--;
    else if (text[i] === ',' && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return text.trim() === '' ? [] : [...parts, text.slice(start)];
}

/** Whether a value may stand where the type is declared. */
export function accepts(type: Type, value: Value): boolean {
  switch (type.kind) {
    case 'dyn':
    case 'param':
      return true;
    case 'null':
      return value === null;
    case 'bool':
      return typeof value === 'boolean';
    case 'int':
      return typeof value === 'bigint';
    case 'double':
      return typeof value === 'number';
    case 'string':
      return typeof value === 'string';
    case 'uint':
      return value instanceof Uint;
    case 'bytes':
      return value instanceof Uint8Array;
    case 'timestamp':
      return value instanceof Timestamp;
    case 'duration':
      return value instanceof Duration;
    case 'list':
      return Array.isArray(value);
    case 'map':
      return value instanceof MapValue;
    case 'optional':
      return value instanceof Optional;
    case 'type':
      return value instanceof TypeValue;
    case 'object':
      return value instanceof StructValue;
    case 'opaque': {
      if (typeof value !== 'object' || value === null || !('celType' in value)) return false;
      const own = (value as OpaqueValue).celType;
      return own.kind === 'opaque' && own.name === type.name;
    }
    case 'error':
      return false;
  }
}

const INT_MAX = 2n ** 63n;
const UINT_MAX = 2n ** 64n;

/** An int64. Throws EvalError for one that is too large. */
export function int(value: bigint): bigint {
  if (value >= INT_MAX || value < -INT_MAX) throw new EvalError('integer overflow');
  return value;
}

export function uint(value: bigint): Uint {
  if (value < 0n || value >= UINT_MAX) throw new EvalError('unsigned integer overflow');
  return new Uint(value);
}
