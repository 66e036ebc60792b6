import { BOOL, BYTES, DOUBLE, DURATION, DYN, INT, listOf, mapOf, NULL, type ObjectType, optionalOf, STRING, TIMESTAMP, type Type, typeText, UINT } from './types.js';

/** A value of an expression. Lists are arrays; ints are bigints, doubles are numbers. */
export type Value = null | boolean | bigint | number | string | Uint8Array | Uint | Timestamp | Duration | readonly Value[] | MapValue | StructValue | Optional | TypeValue | OpaqueValue;

/** What went wrong in an evaluation, with cel-go's text. Logical operators may do without the part that failed. */
export class EvalError extends Error {}

export class Uint {
  constructor(readonly value: bigint) {}
}

/** Nanoseconds since 1970, UTC. */
export class Timestamp {
  constructor(readonly nanos: bigint) {}
}

export class Duration {
  constructor(readonly nanos: bigint) {}
}

export class Optional {
  static readonly none = new Optional(undefined);
  constructor(readonly value: Value | undefined) {}
}

export class TypeValue {
  constructor(readonly type: Type) {}
}

/** A value of a library's own type: a quantity, a URL. */
export interface OpaqueValue {
  readonly celType: Type;
  celEquals(other: Value): boolean;
}

export abstract class MapValue {
  abstract readonly size: number;
  /** Undefined where there is no such key. */
  abstract get(key: Value): Value | undefined;
  abstract keys(): Value[];
}

/** A map that an expression made. */
export class LiteralMap extends MapValue {
  private readonly entries = new Map<string, { readonly key: Value; readonly value: Value }>();

  get size(): number {
    return this.entries.size;
  }

  get(key: Value): Value | undefined {
    return this.entries.get(keyText(key))?.value;
  }

  keys(): Value[] {
    return [...this.entries.values()].map(({ key }) => key);
  }

  /** False for a key that is there already. */
  add(key: Value, value: Value): boolean {
    const text = keyText(key);
    if (this.entries.has(text)) return false;
    this.entries.set(text, { key, value });
    return true;
  }
}

/** Numbers of all types are the same key where they are the same number. */
function keyText(key: Value): string {
  if (typeof key === 'string') return `s${key}`;
  if (typeof key === 'boolean') return `b${String(key)}`;
  const number = key instanceof Uint ? key.value : typeof key === 'number' && Number.isInteger(key) ? BigInt(key) : key;
  return typeof number === 'bigint' ? `n${number}` : `?`;
}

/** A JSON object whose values are of one type. */
export class JsonMap extends MapValue {
  constructor(
    readonly raw: Readonly<Record<string, unknown>>,
    private readonly valueType: Type,
  ) {
    super();
  }

  get size(): number {
    return Object.keys(this.raw).length;
  }

  get(key: Value): Value | undefined {
    return typeof key === 'string' && Object.hasOwn(this.raw, key) ? fromJson(this.raw[key], this.valueType) : undefined;
  }

  keys(): Value[] {
    return Object.keys(this.raw);
  }
}

/** A JSON object with fields of known types; those without a type are not there. */
export class StructValue {
  constructor(
    readonly raw: Readonly<Record<string, unknown>>,
    readonly type: ObjectType,
  ) {}

  get(name: string): Value | undefined {
    const type = this.type.field(name);
    const json = this.type.jsonName?.(name) ?? name;
    return type && Object.hasOwn(this.raw, json) && this.raw[json] !== undefined ? fromJson(this.raw[json], type) : undefined;
  }
}

/** A struct that an expression made. */
export class LiteralStruct extends StructValue {
  constructor(
    raw: Readonly<Record<string, unknown>>,
    type: ObjectType,
    /** By their names in JSON. */
    readonly fields: ReadonlyMap<string, Value>,
  ) {
    super(raw, type);
  }

  override get(name: string): Value | undefined {
    return this.fields.get(this.type.jsonName?.(name) ?? name);
  }
}

/** JSON data as a value of a type; what does not fit its type is taken as it is. Throws EvalError for times that are none. */
export function fromJson(raw: unknown, type: Type): Value {
  if (raw === null || raw === undefined) return null;
  switch (typeof raw) {
    case 'boolean':
    case 'bigint':
      return raw;
    case 'number':
      if (type.kind === 'double') return raw;
      return Number.isInteger(raw) ? BigInt(raw) : raw;
    case 'string':
      return fromText(raw, type);
    default:
      break;
  }
  if (Array.isArray(raw)) return raw.map((item) => fromJson(item, type.kind === 'list' ? type.element : DYN));
  const fields = raw as Readonly<Record<string, unknown>>;
  if (type.kind === 'object') return new StructValue(fields, type);
  return new JsonMap(fields, type.kind === 'map' ? type.value : DYN);
}

function fromText(text: string, type: Type): Value {
  switch (type.kind) {
    case 'bytes':
      return Uint8Array.from(Buffer.from(text, 'base64'));
    case 'timestamp': {
      const found = parseTimestamp(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text);
      if (!found) throw new EvalError(`Invalid timestamp format: ${text}`);
      return found;
    }
    case 'duration': {
      const found = parseDuration(text);
      if (!found) throw new EvalError(`Invalid duration format: ${text}`);
      return found;
    }
    default:
      return text;
  }
}

const RFC3339 = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:[.,](\d{1,9})\d*)?(Z|[+-]\d{2}:\d{2})$/;

export function parseTimestamp(text: string): Timestamp | undefined {
  const [, time = '', fraction = '', zone = ''] = RFC3339.exec(text) ?? [];
  const ms = Date.parse(`${time}${zone}`);
  if (Number.isNaN(ms)) return undefined;
  return new Timestamp(BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0')));
}

const UNITS: Readonly<Record<string, bigint>> = { ns: 1n, us: 1_000n, 'µs': 1_000n, 'μs': 1_000n, ms: 1_000_000n, s: 1_000_000_000n, m: 60_000_000_000n, h: 3_600_000_000_000n };

/** Go's durations: `1h30m`, `1.5s`. */
export function parseDuration(text: string): Duration | undefined {
  const match = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+|0)$/.exec(text);
  if (!match) return undefined;
  let nanos = 0n;
  for (const [, number = '', unit = ''] of (match[2] ?? '').matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    const [whole = '', fraction = ''] = number.split('.');
    const size = UNITS[unit] ?? 0n;
    const digits = fraction.slice(0, 18);
    nanos += BigInt(whole || '0') * size + (digits ? (BigInt(digits) * size) / 10n ** BigInt(digits.length) : 0n);
  }
  if (nanos >= 1n << 63n) return undefined;
  return new Duration(match[1] === '-' ? -nanos : nanos);
}

/** The type that a value has at run time. */
export function typeOfValue(value: Value): Type {
  switch (typeof value) {
    case 'boolean':
      return BOOL;
    case 'bigint':
      return INT;
    case 'number':
      return DOUBLE;
    case 'string':
      return STRING;
    default:
      break;
  }
  if (value === null) return NULL;
  if (Array.isArray(value)) return listOf(DYN);
  if (value instanceof Uint8Array) return BYTES;
  if (value instanceof Uint) return UINT;
  if (value instanceof Timestamp) return TIMESTAMP;
  if (value instanceof Duration) return DURATION;
  if (value instanceof MapValue) return mapOf(DYN, DYN);
  if (value instanceof StructValue) return value.type;
  if (value instanceof Optional) return optionalOf(DYN);
  if (value instanceof TypeValue) return { kind: 'type', of: DYN };
  return (value as OpaqueValue).celType;
}

/** The name of a value's type, as `type(x)` and errors have it. */
export function typeName(value: Value): string {
  const type = typeOfValue(value);
  switch (type.kind) {
    case 'null':
      return 'null_type';
    case 'list':
    case 'map':
    case 'type':
      return type.kind;
    case 'timestamp':
      return 'google.protobuf.Timestamp';
    case 'duration':
      return 'google.protobuf.Duration';
    case 'optional':
      return 'optional_type';
    default:
      return typeText(type);
  }
}

/** CEL's equality: numbers of all types compare by value, values of other types are different. */
export function equals(a: Value, b: Value): boolean {
  if (typeof a !== 'object' || a === null) {
    if (typeof a === 'bigint' || typeof a === 'number') return compareNumbers(a, b) === 0;
    return a === b;
  }
  if (a instanceof Uint) return compareNumbers(a, b) === 0;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item: Value, i) => equals(item, b[i] as Value));
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  if (a instanceof Timestamp) return b instanceof Timestamp && a.nanos === b.nanos;
  if (a instanceof Duration) return b instanceof Duration && a.nanos === b.nanos;
  if (a instanceof MapValue) return b instanceof MapValue && a.size === b.size && a.keys().every((key) => sameEntry(a.get(key), b.get(key)));
  if (a instanceof StructValue) return b instanceof StructValue && sameStruct(a, b);
  if (a instanceof Optional) return b instanceof Optional && (a.value === undefined ? b.value === undefined : b.value !== undefined && equals(a.value, b.value));
  if (a instanceof TypeValue) return b instanceof TypeValue && typeText(a.type) === typeText(b.type);
  return (a as OpaqueValue).celEquals(b);
}

const sameEntry = (a: Value | undefined, b: Value | undefined): boolean => a !== undefined && b !== undefined && equals(a, b);

function sameStruct(a: StructValue, b: StructValue): boolean {
  const names = Object.keys(a.raw);
  return names.length === Object.keys(b.raw).length && names.every((name) => Object.hasOwn(b.raw, name) && equals(fromJson(a.raw[name], DYN), fromJson(b.raw[name], DYN)));
}

/** Undefined for what is no number, or not a number. */
export function compareNumbers(a: Value, b: Value): number | undefined {
  const left = a instanceof Uint ? a.value : a;
  const right = b instanceof Uint ? b.value : b;
  if ((typeof left !== 'bigint' && typeof left !== 'number') || (typeof right !== 'bigint' && typeof right !== 'number')) return undefined;
  // JavaScript compares bigints with numbers exactly.
  return left < right ? -1 : left > right ? 1 : left == right ? 0 : undefined; // oxlint-disable-line eqeqeq
}

/** Code points, bytes, items or entries. */
export function sizeOf(value: Value): number {
  if (typeof value === 'string') return codePoints(value);
  if (value instanceof Uint8Array || Array.isArray(value)) return value.length;
  return value instanceof MapValue ? value.size : 1;
}

export function codePoints(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0xdc00 || code > 0xdfff) count++;
  }
  return count;
}
