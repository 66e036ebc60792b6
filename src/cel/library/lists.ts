import { define, int, type Library, uint } from '../functions.js';
import { Duration, equals, EvalError, Optional, sizeOf, type Uint, type Value } from '../values.js';
import { compareValuesOf } from './order.js';

/** Kubernetes' list functions, cel-go's list extension (version 3) and sets. */

type List = readonly Value[];

const COMPARABLE = ['int', 'uint', 'double', 'bool', 'duration', 'timestamp', 'string', 'bytes'];
const walkCost = (args: readonly Value[]): number => sizeOf(args[0] as Value);
const pairsCost = (args: readonly Value[]): number => sizeOf(args[0] as Value) * sizeOf(args[1] as Value);

const isSorted = (list: List): boolean => list.every((item, i) => i === 0 || compareValuesOf(list[i - 1] as Value, item) <= 0);

function extreme(list: List, name: string, sign: number): Value {
  const [first, ...rest] = list;
  if (first === undefined) throw new EvalError(`${name} called on empty list`);
  return rest.reduce((best: Value, item) => (compareValuesOf(item, best) * sign > 0 ? item : best), first);
}

const SUMS: Readonly<Record<string, (list: List) => Value>> = {
  int: (list) => (list as readonly bigint[]).reduce((sum, item) => int(sum + item), 0n),
  uint: (list) => uint((list as readonly Uint[]).reduce((sum, item) => sum + item.value, 0n)),
  double: (list) => (list as readonly number[]).reduce((sum, item) => sum + item, 0),
  duration: (list) => new Duration((list as readonly Duration[]).reduce((sum, item) => sum + item.nanos, 0n)),
};

function slice(list: List, start: bigint, end: bigint): List {
  if (start < 0n || end < 0n) throw new EvalError(`cannot slice(${start}, ${end}), negative indexes not supported`);
  if (start > end) throw new EvalError(`cannot slice(${start}, ${end}), start index must be less than or equal to end index`);
  if (end > BigInt(list.length)) throw new EvalError(`cannot slice(${start}, ${end}), list is length ${list.length}`);
  return list.slice(Number(start), Number(end));
}

function flatten(list: List, depth: bigint): List {
  if (depth < 0n) throw new EvalError('level must be non-negative');
  return list.flatMap((item) => (Array.isArray(item) && depth > 0n ? flatten(item as List, depth - 1n) : [item]));
}

function distinct(list: List): List {
  const result: Value[] = [];
  for (const item of list) if (!result.some((other) => equals(other, item))) result.push(item);
  return result;
}

function range(count: bigint): List {
  // The longest that a request could hold.
  if (count > 3_000_000n) throw new EvalError('range is too large');
  return Array.from({ length: Math.max(0, Number(count)) }, (_, i) => BigInt(i));
}

const optionalItem = (item: Value | undefined): Optional => (item === undefined ? Optional.none : new Optional(item));
const containsAll = (list: List, part: List): boolean => part.every((item) => list.some((other) => equals(item, other)));

export const listLibrary = (): Library => [
  ...COMPARABLE.flatMap((type) => [
    define(`list(${type})::isSorted(): bool`, isSorted, walkCost),
    define(`list(${type})::max(): ${type}`, (list: List) => extreme(list, 'max', 1), walkCost),
    define(`list(${type})::min(): ${type}`, (list: List) => extreme(list, 'min', -1), walkCost),
    define(`list(${type})::sort(): list(${type})`, (list: List) => list.toSorted(compareValuesOf), (args) => sizeOf(args[0] as Value) * 10),
  ]),
  ...Object.entries(SUMS).map(([type, sum]) => define(`list(${type})::sum(): ${type}`, sum, walkCost)),
  define('list(A)::indexOf(A): int', (list: List, item: Value) => BigInt(list.findIndex((other) => equals(item, other))), walkCost),
  define('list(A)::lastIndexOf(A): int', (list: List, item: Value) => BigInt(list.findLastIndex((other) => equals(item, other))), walkCost),
  define('list(A)::slice(int, int): list(A)', slice, walkCost),
  define('list(dyn)::flatten(): list(dyn)', (list: List) => flatten(list, 1n), (_args, result) => sizeOf(result)),
  define('list(dyn)::flatten(int): list(dyn)', flatten, (_args, result) => sizeOf(result)),
  define('list(A)::distinct(): list(A)', distinct, (args) => sizeOf(args[0] as Value) ** 2),
  define('list(A)::reverse(): list(A)', (list: List) => list.toReversed(), walkCost),
  define('list(A)::first(): optional(A)', (list: List) => optionalItem(list[0])),
  define('list(A)::last(): optional(A)', (list: List) => optionalItem(list.at(-1))),
  define('lists.range(int): list(int)', range, (_args, result) => sizeOf(result)),
  define('sets.contains(list(A), list(A)): bool', containsAll, pairsCost),
  define('sets.equivalent(list(A), list(A)): bool', (a: List, b: List) => containsAll(a, b) && containsAll(b, a), (args) => 2 * pairsCost(args)),
  define('sets.intersects(list(A), list(A)): bool', (a: List, b: List) => a.some((item) => b.some((other) => equals(item, other))), pairsCost),
];
