import { canonicalQuantity } from '../api/quantity.js';
import { formatInstant, parseTime, RFC3339, RFC3339_MICRO, ZERO_TIME_SECONDS } from '../api/time.js';
import { ValueError } from '../api/value-error.js';
import { deepClone } from '../base/freeze.js';
import { nilList, nilMap, unprinted } from '../base/nil.js';
import { canonicalBase64 } from './base64.js';
import { printsAlways, type FieldPlan, type GoType, type StructPlan } from './go-types.js';
import { NumberLiteral } from './number-literal.js';

/** Data of unknown shape: what JSON.parse or code made. */
type Value = unknown;
type Fields = Record<string, Value>;

const INT32_MAX = 0x7fffffff;
const INT64_MAX = 0x7fffffffffffffffn;
const TIME_CACHE_LIMIT = 1000;
const times = new Map<string, string | null>();
const microTimes = new Map<string, string | null>();

/** Adds a key that may be `__proto__` as plain data. */
export function setKey(object: Fields, key: string, value: Value): void {
  if (key === '__proto__') Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  else object[key] = value;
}

/**
 * Brings values into the form in which Go prints them: fields in struct order, zero values dropped or filled in, map
 * keys sorted, quantities and times canonical. It builds new objects and never fails; what does not fit (a wrong type,
 * an unknown field) is left out and noted in `anomaly`, for the exact decoder to find out what was wrong.
 */
export class Shaper {
  anomaly = false;
  /** Whether the values may hold {@link NumberLiteral}s. */
  literals = false;
  /** Whether a list or map was made null. */
  madeNull = false;
  /** Whether parts without a schema are copied; where they are frozen they stay shared. */
  copiesRaw = false;
  /** What a struct becomes, where that is known without looking into it. */
  known: ((value: object, plan: StructPlan) => object | undefined) | undefined;

  /** @param nilLists what an absent list or map that always prints becomes: Go prints null, code likes it empty */
  constructor(private readonly nilLists: 'null' | 'empty') {}

  struct(plan: StructPlan, value: Fields): Fields {
    const shaped: Fields = {};
    const { always } = plan;
    let next = 0;
    let last = -1;
    // Structs have many more fields than values set: it is the value's keys that are walked.
    for (const key in value) {
      const field = plan.byName.get(key);
      if (!field) {
        if (Object.hasOwn(value, key)) this.anomaly = true;
        continue;
      }
      if (field.index < last) return this.struct(plan, inOrder(plan, value));
      last = field.index;
      for (let fill = always[next]; fill && fill.index <= field.index; fill = always[++next]) if (fill !== field) this.absent(fill, shaped);
      this.field(field, value[field.name], shaped);
    }
    for (let fill = always[next]; fill; fill = always[++next]) this.absent(fill, shaped);
    return shaped;
  }

  private field(field: FieldPlan, item: Value, shaped: Fields): void {
    if (item === undefined || item === null) return this.absent(field, shaped);
    const result = this.value(field.type, item);
    if (field.pointer) {
      if (result !== undefined && !(result === null && field.omitEmpty)) shaped[field.name] = result;
    } else if (result === undefined || result === null) {
      this.absent(field, shaped);
    } else if (field.omitEmpty && isEmpty(field.type, result)) {
      if (this.keepsEmpty(field.type)) shaped[field.name] = unprinted(result as object);
      else this.absent(field, shaped);
    } else if (this.nilLists === 'null' && (field.type.kind === 'list' || field.type.kind === 'map') && isEmpty(field.type, result)) {
      shaped[field.name] = this.null();
    } else {
      shaped[field.name] = result;
    }
  }

  /** An empty list that a client sent is not the same as none: a few rules tell them apart. It goes when the object takes its canonical form. */
  private keepsEmpty({ kind }: GoType): boolean {
    return this.nilLists === 'empty' && (kind === 'list' || kind === 'map');
  }

  /** What prints for a field that has no value. */
  private absent(field: FieldPlan, into: Fields): void {
    if (!printsAlways(field)) return;
    into[field.name] = field.pointer || field.type.kind === 'time' ? null : this.zero(field.type);
  }

  /** Go's zero value of a type as it prints, e.g. of a null in a list. */
  private zero(type: GoType): Value {
    switch (type.kind) {
      case 'string':
        return '';
      case 'bool':
        return false;
      case 'int':
      case 'float':
      case 'intOrString':
        return 0;
      case 'quantity':
        return '0';
      case 'struct':
        return this.struct(type.plan(), {});
      case 'list':
        return this.nilLists === 'null' ? this.null() : nilList();
      case 'map':
        return this.nilLists === 'null' ? this.null() : nilMap();
      case 'schemaOr':
        return type.or === 'bool' ? false : null;
      case 'bytes':
      case 'time':
      case 'raw':
      case 'any':
        return null;
    }
  }

  /** A value that is not null; undefined when it does not fit. */
  private value(type: GoType, value: Value): Value {
    switch (type.kind) {
      case 'string':
        return typeof value === 'string' ? value : this.misfit();
      case 'bool':
        return typeof value === 'boolean' ? value : this.misfit();
      case 'int':
        return this.integer(value, type.bits);
      case 'float':
        if (value instanceof NumberLiteral) return Number.isFinite(Number(value.text)) ? Number(value.text) : this.misfit();
        return typeof value === 'number' || typeof value === 'bigint' ? value : this.misfit();
      case 'struct':
        return isObject(value) ? (this.known?.(value, type.plan()) ?? this.struct(type.plan(), value)) : this.misfit();
      case 'list':
        return Array.isArray(value) ? this.list(type.item, value) : this.misfit();
      case 'map':
        return isObject(value) ? this.map(type.value, value) : this.misfit();
      case 'quantity':
        return this.quantity(value);
      case 'time':
        return this.time(value, type.micro);
      case 'intOrString':
        return typeof value === 'string' ? value : this.integer(value, 32);
      case 'bytes':
        return this.bytes(value);
      case 'schemaOr':
        return this.schemaOr(type.or, type.schema, value);
      case 'raw':
      case 'any':
        if (this.copiesRaw) return Object.isFrozen(value) ? value : deepClone(value);
        return this.literals ? plainNumbers(value) : value;
    }
  }

  private null(): null {
    this.madeNull = true;
    return null;
  }

  private misfit(): undefined {
    this.anomaly = true;
    return undefined;
  }

  private integer(value: Value, bits: 32 | 64): Value {
    if (typeof value === 'number') {
      if (Number.isSafeInteger(value) && (bits === 64 || (value <= INT32_MAX && value >= -INT32_MAX - 1))) return value === 0 ? 0 : value;
      return this.misfit();
    }
    const exact = value instanceof NumberLiteral ? (/^-?\d+$/.test(value.text) ? BigInt(value.text) : undefined) : typeof value === 'bigint' ? value : undefined;
    if (exact === undefined || bits === 32 || exact > INT64_MAX || exact < -INT64_MAX - 1n) return this.misfit();
    return exact;
  }

  /** Base64, or as Go also takes it, a list of bytes. */
  private bytes(value: Value): Value {
    if (typeof value === 'string') return canonicalBase64(value) ?? this.misfit();
    if (!Array.isArray(value) || !value.every((item: Value) => item === null || (Number.isInteger(item) && (item as number) >= 0 && (item as number) <= 0xff))) return this.misfit();
    return Buffer.from(value.map(Number)).toString('base64');
  }

  private list(type: GoType, values: readonly Value[]): Value[] {
    const items = values.slice();
    for (let i = 0; i < items.length; i++) items[i] = items[i] === null || items[i] === undefined ? this.zero(type) : this.value(type, items[i]);
    return items;
  }

  private map(type: GoType, value: Fields): Fields {
    const keys = Object.keys(value);
    for (let i = 1; i < keys.length; i++) {
      if ((keys[i] as string) < (keys[i - 1] as string)) {
        keys.sort();
        break;
      }
    }
    const shaped: Fields = {};
    for (const key of keys) {
      const item = value[key];
      setKey(shaped, key, item === null || item === undefined ? this.zeroInMap(type) : this.value(type, item));
    }
    return shaped;
  }

  /** A nil []byte comes back from storage as an empty one. */
  private zeroInMap(type: GoType): Value {
    return type.kind === 'bytes' ? '' : this.zero(type);
  }

  private quantity(value: Value): Value {
    const text = value instanceof NumberLiteral ? value.text : value;
    if (typeof text !== 'string' && typeof text !== 'number' && typeof text !== 'bigint') return this.misfit();
    try {
      return canonicalQuantity(text);
    } catch (error) {
      if (error instanceof ValueError) return this.misfit();
      throw error;
    }
  }

  private time(value: Value, micro: boolean): Value {
    if (typeof value !== 'string') return this.misfit();
    const cache = micro ? microTimes : times;
    const known = cache.get(value);
    if (known !== undefined) return known;
    try {
      const instant = parseTime(value, micro ? RFC3339_MICRO : RFC3339);
      const text = instant.seconds === ZERO_TIME_SECONDS && instant.nanos === 0 ? null : formatInstant(instant, micro);
      if (cache.size >= TIME_CACHE_LIMIT) cache.clear();
      if (value.length <= 40) cache.set(value, text);
      return text;
    } catch (error) {
      if (error instanceof ValueError) return this.misfit();
      throw error;
    }
  }

  private schemaOr(or: 'bool' | 'array' | 'stringArray', schema: () => StructPlan, value: Value): Value {
    if (isObject(value)) return this.struct(schema(), value);
    if (or === 'bool') return typeof value === 'boolean' ? value : this.misfit();
    if (!Array.isArray(value)) return null;
    if (or === 'stringArray') return value.length === 0 ? null : value.map((item: Value) => (item === null ? '' : typeof item === 'string' ? item : this.misfit()));
    if (value.length === 0) return null;
    return value.map((item: Value) => (item === null ? this.struct(schema(), {}) : isObject(item) ? this.struct(schema(), item) : this.misfit()));
  }
}

/** A value with its fields in Go's order, and what the struct does not know after them. */
function inOrder({ byName }: StructPlan, value: Fields): Fields {
  const place = (key: string): number => byName.get(key)?.index ?? Number.MAX_SAFE_INTEGER;
  const ordered: Fields = {};
  for (const key of Object.keys(value).sort((a, b) => place(a) - place(b))) setKey(ordered, key, value[key]);
  return ordered;
}

function isObject(value: Value): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof NumberLiteral);
}

function isEmpty(type: GoType, value: Value): boolean {
  switch (type.kind) {
    case 'string':
    case 'bytes':
      return value === '';
    case 'bool':
      return value === false;
    case 'int':
    case 'float':
      return value === 0;
    case 'list':
      return (value as Value[]).length === 0;
    case 'map':
      for (const key in value as Fields) if (Object.hasOwn(value as Fields, key)) return false;
      return true;
    default:
      return false;
  }
}

/** Data with the literals of the exact parser as plain numbers; the same object where there are none. */
export function plainNumbers(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof NumberLiteral) return value.value();
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const item: Value = value[i];
      const plain = plainNumbers(item);
      if (plain !== item) value[i] = plain;
    }
    return value;
  }
  for (const key of Object.keys(value)) {
    const item = (value as Fields)[key];
    const plain = plainNumbers(item);
    if (plain !== item) setKey(value as Fields, key, plain);
  }
  return value;
}
