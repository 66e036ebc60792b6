import { compile as compileRegExp, RegExpError } from '../../base/go-regexp.js';
import { compareValuesOf } from './order.js';
import { define, int, type Library, uint } from '../functions.js';
import { formatDouble, plainDecimal, timeText } from '../text.js';
import { Duration, equals, EvalError, MapValue, Optional, parseDuration, parseTimestamp, sizeOf, Timestamp, typeName, typeOfValue, TypeValue, Uint, type Value } from '../values.js';

/** The functions of the language itself (cel-go's standard library) and of optional values. */

const CHAR_COST = 0.1;
const REGEX_COST = 0.25;
const textCost = (args: readonly Value[]): number => Math.ceil(sizeOf(args[0] as Value) * CHAR_COST);
const bothCost = (args: readonly Value[]): number => Math.ceil((sizeOf(args[0] as Value) + sizeOf(args[1] as Value)) * CHAR_COST);
const regexCost = (args: readonly Value[]): number => Math.ceil((1 + sizeOf(args[0] as Value)) * CHAR_COST) * Math.ceil(sizeOf(args[1] as Value) * REGEX_COST);

const divide = (a: bigint, b: bigint): bigint => {
  if (b === 0n) throw new EvalError('division by zero');
  return a / b;
};
const modulo = (a: bigint, b: bigint): bigint => {
  if (b === 0n) throw new EvalError('modulus by zero');
  return a % b;
};

const arithmetic = (): Library => [
  define('_+_(int, int): int', (a: bigint, b: bigint) => int(a + b)),
  define('_+_(uint, uint): uint', (a: Uint, b: Uint) => uint(a.value + b.value)),
  define('_+_(double, double): double', (a: number, b: number) => a + b),
  define('_+_(string, string): string', (a: string, b: string) => a + b, bothCost),
  define('_+_(bytes, bytes): bytes', (a: Uint8Array, b: Uint8Array) => Uint8Array.from([...a, ...b]), bothCost),
  define('_+_(list(A), list(A)): list(A)', (a: readonly Value[], b: readonly Value[]) => [...a, ...b]),
  define('_+_(duration, duration): duration', (a: Duration, b: Duration) => duration(a.nanos + b.nanos)),
  define('_+_(duration, timestamp): timestamp', (a: Duration, b: Timestamp) => timestamp(a.nanos + b.nanos)),
  define('_+_(timestamp, duration): timestamp', (a: Timestamp, b: Duration) => timestamp(a.nanos + b.nanos)),
  define('_-_(int, int): int', (a: bigint, b: bigint) => int(a - b)),
  define('_-_(uint, uint): uint', (a: Uint, b: Uint) => uint(a.value - b.value)),
  define('_-_(double, double): double', (a: number, b: number) => a - b),
  define('_-_(duration, duration): duration', (a: Duration, b: Duration) => duration(a.nanos - b.nanos)),
  define('_-_(timestamp, duration): timestamp', (a: Timestamp, b: Duration) => timestamp(a.nanos - b.nanos)),
  define('_-_(timestamp, timestamp): duration', (a: Timestamp, b: Timestamp) => duration(a.nanos - b.nanos)),
  define('_*_(int, int): int', (a: bigint, b: bigint) => int(a * b)),
  define('_*_(uint, uint): uint', (a: Uint, b: Uint) => uint(a.value * b.value)),
  define('_*_(double, double): double', (a: number, b: number) => a * b),
  define('_/_(int, int): int', (a: bigint, b: bigint) => int(divide(a, b))),
  define('_/_(uint, uint): uint', (a: Uint, b: Uint) => uint(divide(a.value, b.value))),
  define('_/_(double, double): double', (a: number, b: number) => a / b),
  define('_%_(int, int): int', (a: bigint, b: bigint) => modulo(a, b)),
  define('_%_(uint, uint): uint', (a: Uint, b: Uint) => uint(modulo(a.value, b.value))),
  define('-_(int): int', (a: bigint) => int(-a)),
  define('-_(double): double', (a: number) => -a),
  define('!_(bool): bool', (a: boolean) => !a),
];

function duration(nanos: bigint): Duration {
  if (nanos >= 1n << 63n || nanos < -(1n << 63n)) throw new EvalError('duration overflow');
  return new Duration(nanos);
}

const [FIRST, LAST] = [-62135596800n, 253402300800n].map((seconds) => seconds * 1_000_000_000n) as [bigint, bigint];

function timestamp(nanos: bigint): Timestamp {
  if (nanos < FIRST || nanos >= LAST) throw new EvalError('timestamp overflow');
  return new Timestamp(nanos);
}

const ORDERED = ['bool', 'int', 'uint', 'double', 'string', 'bytes', 'timestamp', 'duration'];
const NUMBERS = ['int', 'uint', 'double'];
/** Numbers of all types can be compared with each other. */
const PAIRS = [...ORDERED.map((type) => [type, type]), ...NUMBERS.flatMap((a) => NUMBERS.filter((b) => b !== a).map((b) => [a, b]))];
const RELATIONS: ReadonlyArray<readonly [string, (order: number) => boolean]> = [
  ['_<_', (order) => order < 0],
  ['_<=_', (order) => order <= 0],
  ['_>_', (order) => order > 0],
  ['_>=_', (order) => order >= 0],
];

const comparisons = (): Library => [
  ...RELATIONS.flatMap(([name, holds]) => PAIRS.map(([a = '', b = '']) => define(`${name}(${a}, ${b}): bool`, (left: Value, right: Value) => holds(compareValuesOf(left, right)), (args) => Math.ceil(Math.min(sizeOf(args[0] as Value), sizeOf(args[1] as Value)) * CHAR_COST)))),
  // Known to the checker by these; the evaluator does them itself.
  define('_==_(A, A): bool', equals),
  define('_!=_(A, A): bool', (a: Value, b: Value) => !equals(a, b)),
  define('_&&_(bool, bool): bool', (a: boolean, b: boolean) => a && b),
  define('_||_(bool, bool): bool', (a: boolean, b: boolean) => a || b),
  define('_?_:_(bool, A, A): A', (condition: boolean, yes: Value, no: Value) => (condition ? yes : no)),
];

function at(list: readonly Value[], index: bigint | Uint | number): Value | undefined {
  const place = index instanceof Uint ? Number(index.value) : Number(index);
  return Number.isInteger(place) && place >= 0 ? list[place] : undefined;
}

function itemAt(list: readonly Value[], index: bigint | Uint | number): Value {
  const found = at(list, index);
  if (found === undefined) throw new EvalError(`index out of bounds: ${String(index instanceof Uint ? index.value : index)}`);
  return found;
}

function entryAt(map: MapValue, key: Value): Value {
  const found = map.get(key);
  if (found === undefined) throw new EvalError(`no such key: ${key instanceof Uint ? String(key.value) : String(key)}`);
  return found;
}

const optional = (value: Value | undefined): Optional => (value === undefined ? Optional.none : new Optional(value));
const inside = ({ value }: Optional, find: (inner: Value) => Value | undefined): Optional => (value === undefined ? Optional.none : optional(find(value)));

const containers = (): Library => [
  define('_[_](list(A), int): A', itemAt),
  define('_[_](map(A, B), A): B', entryAt),
  define('_[_](optional(list(A)), int): optional(A)', (list: Optional, index: bigint) => inside(list, (inner) => at(inner as readonly Value[], index))),
  define('_[_](optional(map(A, B)), A): optional(B)', (map: Optional, key: Value) => inside(map, (inner) => (inner as MapValue).get(key))),
  define('_[?_](list(A), int): optional(A)', (list: readonly Value[], index: bigint) => optional(at(list, index))),
  define('_[?_](map(A, B), A): optional(B)', (map: MapValue, key: Value) => optional(map.get(key))),
  define('_[?_](optional(list(A)), int): optional(A)', (list: Optional, index: bigint) => inside(list, (inner) => at(inner as readonly Value[], index))),
  define('_[?_](optional(map(A, B)), A): optional(B)', (map: Optional, key: Value) => inside(map, (inner) => (inner as MapValue).get(key))),
  define('@in(A, list(A)): bool', (item: Value, list: readonly Value[]) => list.some((other) => equals(item, other)), (args) => sizeOf(args[1] as Value)),
  define('@in(A, map(A, B)): bool', (key: Value, map: MapValue) => map.get(key) !== undefined),
  ...['string', 'bytes', 'list(A)', 'map(A, B)'].flatMap((type) => [define(`size(${type}): int`, (value: Value) => BigInt(sizeOf(value))), define(`${type}::size(): int`, (value: Value) => BigInt(sizeOf(value)))]),
  define('optional.of(A): optional(A)', (value: Value) => new Optional(value)),
  define('optional.ofNonZeroValue(A): optional(A)', (value: Value) => (isZero(value) ? Optional.none : new Optional(value))),
  define('optional.none(): optional(A)', () => Optional.none),
  define('optional(A)::hasValue(): bool', ({ value }: Optional) => value !== undefined),
  define('optional(A)::value(): A', ({ value }: Optional) => {
    if (value === undefined) throw new EvalError('optional.none() dereference');
    return value;
  }),
  define('optional(A)::or(optional(A)): optional(A)', (a: Optional, b: Optional) => (a.value === undefined ? b : a)),
  define('optional(A)::orValue(A): A', ({ value }: Optional, fallback: Value) => (value === undefined ? fallback : value)),
];

function isZero(value: Value): boolean {
  if (value === null || value === false || value === 0n || value === 0 || value === '') return true;
  if (value instanceof Uint) return value.value === 0n;
  if (value instanceof Duration) return value.nanos === 0n;
  return (Array.isArray(value) || value instanceof MapValue || value instanceof Uint8Array) && sizeOf(value) === 0;
}

const conversionError = (value: Value, to: string): EvalError => new EvalError(`type conversion error from '${typeName(value)}' to '${to}'`);

function toInt(value: Value): bigint {
  if (typeof value === 'bigint') return value;
  if (value instanceof Uint) return int(value.value);
  if (value instanceof Timestamp) return floorSeconds(value.nanos);
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || Math.abs(value) >= 2 ** 63) throw new EvalError('integer overflow');
    return BigInt(Math.trunc(value));
  }
  if (typeof value === 'string' && /^[+-]?\d+$/.test(value)) {
    const number = BigInt(value.replace('+', ''));
    if (number < 1n << 63n && number >= -(1n << 63n)) return number;
  }
  throw conversionError(value, 'int');
}

const floorSeconds = (nanos: bigint): bigint => (nanos - (((nanos % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n)) / 1_000_000_000n;

function toUint(value: Value): Uint {
  if (value instanceof Uint) return value;
  if (typeof value === 'bigint') return uint(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || value < 0 || value >= 2 ** 64) throw new EvalError('unsigned integer overflow');
    return uint(BigInt(Math.trunc(value)));
  }
  if (typeof value === 'string' && /^\d+$/.test(value) && BigInt(value) < 1n << 64n) return uint(BigInt(value));
  throw conversionError(value, 'uint');
}

function toDouble(value: Value): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Uint) return Number(value.value);
  if (typeof value === 'string' && /^[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?|Inf|Infinity|NaN)$/i.test(value)) {
    const word = value.toLowerCase().replace(/^\+/, '');
    return word.includes('inf') ? (word.startsWith('-') ? -Infinity : Infinity) : Number(value);
  }
  throw conversionError(value, 'double');
}

/** A value as `string(x)` gives it. */
export function toText(value: Value): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return formatDouble(value);
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Timestamp) return timeText(value);
  if (value instanceof Duration) return `${plainDecimal(Number(value.nanos) / 1e9)}s`;
  if (value instanceof Uint8Array) {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(value);
    } catch {
      throw new EvalError('invalid UTF-8 in bytes, cannot convert to string');
    }
  }
  throw conversionError(value, 'string');
}

function toBool(text: string): boolean {
  if (['1', 't', 'true', 'TRUE', 'True'].includes(text)) return true;
  if (['0', 'f', 'false', 'FALSE', 'False'].includes(text)) return false;
  throw conversionError(text, 'bool');
}

const overloads = (name: string, types: readonly string[], result: string, run: (value: Value) => Value): Library => types.map((type) => define(`${name}(${type}): ${result}`, run, textCost));

const conversions = (): Library => [
  ...overloads('int', ['int', 'uint', 'double', 'string', 'timestamp', 'duration'], 'int', toInt),
  ...overloads('uint', ['uint', 'int', 'double', 'string'], 'uint', toUint),
  ...overloads('double', ['double', 'int', 'uint', 'string'], 'double', toDouble),
  ...overloads('string', ['string', 'bool', 'bytes', 'double', 'duration', 'int', 'timestamp', 'uint'], 'string', toText),
  define('bool(bool): bool', (value: boolean) => value),
  define('bool(string): bool', toBool),
  define('bytes(bytes): bytes', (value: Uint8Array) => value),
  define('bytes(string): bytes', (value: string) => new TextEncoder().encode(value), textCost),
  define('timestamp(timestamp): timestamp', (value: Timestamp) => value),
  define('timestamp(int): timestamp', (seconds: bigint) => timestamp(seconds * 1_000_000_000n)),
  define('timestamp(string): timestamp', (text: string) => {
    const found = parseTimestamp(text);
    if (!found) throw conversionError(text, 'google.protobuf.Timestamp');
    return found;
  }),
  define('duration(duration): duration', (value: Duration) => value),
  define('duration(int): duration', (nanos: bigint) => new Duration(nanos)),
  define('duration(string): duration', (text: string) => {
    const found = parseDuration(text);
    if (!found) throw conversionError(text, 'google.protobuf.Duration');
    return found;
  }),
  define('dyn(A): dyn', (value: Value) => value),
  define('type(A): type(A)', (value: Value) => new TypeValue(typeOfValue(value))),
];

function matches(text: string, pattern: string): boolean {
  try {
    return compileRegExp(pattern).test(text);
  } catch (error) {
    if (error instanceof RegExpError) throw new EvalError(error.message);
    throw error;
  }
}

const texts = (): Library => [
  define('string::contains(string): bool', (a: string, b: string) => a.includes(b), bothCost),
  define('string::startsWith(string): bool', (a: string, b: string) => a.startsWith(b), (args) => Math.ceil(sizeOf(args[1] as Value) * CHAR_COST)),
  define('string::endsWith(string): bool', (a: string, b: string) => a.endsWith(b), (args) => Math.ceil(sizeOf(args[1] as Value) * CHAR_COST)),
  define('string::matches(string): bool', matches, regexCost),
  define('matches(string, string): bool', matches, regexCost),
];

/** Parts of a time; with a second argument in that zone. */
const PARTS: ReadonlyArray<readonly [string, (date: Date) => number]> = [
  ['getFullYear', (date) => date.getUTCFullYear()],
  ['getMonth', (date) => date.getUTCMonth()],
  ['getDayOfYear', (date) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000)],
  ['getDayOfMonth', (date) => date.getUTCDate() - 1],
  ['getDate', (date) => date.getUTCDate()],
  ['getDayOfWeek', (date) => date.getUTCDay()],
  ['getHours', (date) => date.getUTCHours()],
  ['getMinutes', (date) => date.getUTCMinutes()],
  ['getSeconds', (date) => date.getUTCSeconds()],
  ['getMilliseconds', (date) => date.getUTCMilliseconds()],
];

const dateOf = ({ nanos }: Timestamp, offsetMs = 0): Date => new Date(Number(nanos / 1_000_000n) + offsetMs);

/** A zone's distance from UTC then, in milliseconds. */
function zoneOffset(zone: string, time: Timestamp): number {
  const fixed = /^([+-]?)(\d\d):(\d\d)$/.exec(zone);
  if (fixed) return (fixed[1] === '-' ? -1 : 1) * (Number(fixed[2]) * 60 + Number(fixed[3])) * 60_000;
  const date = dateOf(time);
  try {
    const shown = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' }).formatToParts(date);
    const part = (type: string): number => Number(shown.find((one) => one.type === type)?.value);
    return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second')) - Math.floor(date.getTime() / 1000) * 1000;
  } catch {
    throw new EvalError(`unknown time zone ${zone}`);
  }
}

const times = (): Library => [
  ...PARTS.flatMap(([name, part]) => [
    define(`timestamp::${name}(): int`, (time: Timestamp) => BigInt(part(dateOf(time)))),
    define(`timestamp::${name}(string): int`, (time: Timestamp, zone: string) => BigInt(part(dateOf(time, zoneOffset(zone, time))))),
  ]),
  define('duration::getHours(): int', ({ nanos }: Duration) => nanos / 3_600_000_000_000n),
  define('duration::getMinutes(): int', ({ nanos }: Duration) => nanos / 60_000_000_000n),
  define('duration::getSeconds(): int', ({ nanos }: Duration) => nanos / 1_000_000_000n),
  define('duration::getMilliseconds(): int', ({ nanos }: Duration) => nanos / 1_000_000n),
];

/** Made when the first expression is compiled: few clusters have any. */
export const standardLibrary = (): Library => [...arithmetic(), ...comparisons(), ...containers(), ...conversions(), ...texts(), ...times()];
