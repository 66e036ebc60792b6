import { compareNumbers, Duration, EvalError, Timestamp, type Value } from '../values.js';

/** Order of two values of a type that has one. Throws EvalError for others. */
export function compareValuesOf(a: Value, b: Value): number {
  if (typeof a === 'string' && typeof b === 'string') return Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)));
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Math.sign(Buffer.compare(a, b));
  if ((a instanceof Timestamp && b instanceof Timestamp) || (a instanceof Duration && b instanceof Duration)) return a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0;
  const order = compareNumbers(a, b);
  if (order !== undefined) return order;
  throw new EvalError(typeof a === 'number' || typeof b === 'number' ? 'NaN values cannot be ordered' : 'no such overload');
}
