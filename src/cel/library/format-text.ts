import { formatDouble, plainDecimal, timeText } from '../text.js';
import { quote } from '../../api/field.js';
import { Duration, EvalError, MapValue, Timestamp, typeName, TypeValue, Uint, type Value } from '../values.js';

const DEFAULT_PRECISION = 6;

/** `'%s of %d'.format([…])`: clauses s, d, f, e, b, x, X, o and %%, with a precision for f and e. Throws EvalError. */
export function formatText(pattern: string, args: readonly Value[]): string {
  let next = 0;
  return pattern.replace(/%(%|(?:\.(\d+))?([\s\S]|$))/g, (_whole, all: string, precision: string | undefined, clause: string) => {
    if (all === '%') return '%';
    if (clause === '') throw new EvalError('unexpected end of string');
    const arg = args[next];
    if (arg === undefined) throw new EvalError(`index ${next} out of range`);
    next++;
    return formatClause(clause, arg, precision === undefined ? DEFAULT_PRECISION : Number(precision));
  });
}

function formatClause(clause: string, arg: Value, precision: number): string {
  switch (clause) {
    case 's':
      return shown(arg);
    case 'd':
      if (typeof arg === 'bigint' || arg instanceof Uint) return String(arg instanceof Uint ? arg.value : arg);
      if (typeof arg === 'number' && !Number.isFinite(arg)) return special(arg);
      throw new EvalError(`error during formatting: decimal clause can only be used on integers, was given ${typeName(arg)}`);
    case 'f':
    case 'e': {
      const number = typeof arg === 'number' ? arg : typeof arg === 'bigint' ? Number(arg) : arg instanceof Uint ? Number(arg.value) : undefined;
      if (number === undefined) throw new EvalError(`error during formatting: ${clause === 'f' ? 'fixed-point' : 'scientific'} clause can only be used on doubles, was given ${typeName(arg)}`);
      if (!Number.isFinite(number)) return special(number);
      return clause === 'f' ? grouped(number, precision) : scientific(number, precision);
    }
    case 'b':
      if (typeof arg === 'boolean') return arg ? '1' : '0';
      return inBase(arg, 2, 'binary', 'integers and bools');
    case 'o':
      return inBase(arg, 8, 'octal', 'integers');
    case 'x':
    case 'X': {
      const text = typeof arg === 'string' ? Buffer.from(arg).toString('hex') : arg instanceof Uint8Array ? Buffer.from(arg).toString('hex') : inBase(arg, 16, 'hex', 'integers, byte buffers, and strings');
      return clause === 'X' ? text.toUpperCase() : text;
    }
    default:
      throw new EvalError(`could not parse formatting clause: unrecognized formatting clause "${clause}"`);
  }
}

const special = (value: number): string => String(value);

function inBase(arg: Value, base: number, clause: string, of: string): string {
  const number = typeof arg === 'bigint' ? arg : arg instanceof Uint ? arg.value : undefined;
  if (number === undefined) throw new EvalError(`error during formatting: ${clause} clause can only be used on ${of}, was given ${typeName(arg)}`);
  return number.toString(base);
}

const RAISED = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** The real server prints numbers as one reads them in English. */
const grouped = (value: number, precision: number): string => value.toLocaleString('en-US', { minimumFractionDigits: Math.min(precision, 100), maximumFractionDigits: Math.min(precision, 100) });

function scientific(value: number, precision: number): string {
  const [mantissa = '', exponent = ''] = value.toExponential(Math.min(precision, 100)).split('e');
  const digits = exponent.replace(/^[+-]/, '').padStart(2, '0');
  return `${mantissa}×10${exponent.startsWith('-') ? '⁻' : ''}${Array.from(digits).map((digit) => RAISED[Number(digit)]).join('')}`;
}

/** A value within a list or map, as an expression would write it. */
function literal(value: Value): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number' && Number.isFinite(value)) return value.toFixed(DEFAULT_PRECISION);
  if (value instanceof Uint8Array) return `b${quote(shown(value))}`;
  if (value instanceof Timestamp) return `timestamp("${shown(value)}")`;
  if (value instanceof Duration) return `duration("${shown(value)}")`;
  return shown(value);
}

/** What %s shows. */
function shown(value: Value): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? formatDouble(value) : special(value);
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (value instanceof Timestamp) return timeText(value);
  if (value instanceof Duration) return `${plainDecimal(Number(value.nanos) / 1e9)}s`;
  if (value instanceof TypeValue) return typeName(value);
  if (Array.isArray(value)) return `[${value.map((item: Value) => literal(item)).join(', ')}]`;
  if (value instanceof MapValue) {
    const entries = value.keys().map((key) => [literal(key), literal(value.get(key) ?? null)] as const);
    return `{${entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => `${key}:${item}`).join(', ')}}`;
  }
  throw new EvalError(`error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given ${typeName(value)}`);
}
