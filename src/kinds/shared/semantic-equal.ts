import { Quantity } from '../../api/quantity.js';

/** Fields whose values are amounts: equal by number, whatever their text. */
const AMOUNTS = new Set(['limits', 'requests', 'overhead', 'capacity', 'allocatable']);
const AMOUNT = new Set(['sizeLimit', 'divisor']);

/**
 * Equality as Kubernetes' apiequality.Semantic has it: absent, null and empty are the same, amounts are compared as numbers.
 */
export function semanticEqual(a: unknown, b: unknown): boolean {
  return equal(a, b, false);
}

function equal(a: unknown, b: unknown, amount: boolean): boolean {
  if (a === b) return true;
  if (isEmpty(a, amount) || isEmpty(b, amount)) return isEmpty(a, amount) && isEmpty(b, amount);
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return amount && sameAmount(a, b);
  if (Array.isArray(a) || Array.isArray(b)) return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, i) => equal(item, b[i], amount));
  const left = a as Readonly<Record<string, unknown>>;
  const right = b as Readonly<Record<string, unknown>>;
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const mine = Object.hasOwn(left, key) ? left[key] : undefined;
    const other = Object.hasOwn(right, key) ? right[key] : undefined;
    if (!equal(mine, other, amount || AMOUNTS.has(key) || AMOUNT.has(key))) return false;
  }
  return true;
}

/** Other objects than those of amounts may be structs behind pointers, which are something even when nothing is in them. */
const isEmpty = (value: unknown, amounts: boolean): boolean =>
  value === undefined || value === null || (typeof value === 'object' && (amounts || Array.isArray(value)) && Object.keys(value).length === 0);

function sameAmount(a: unknown, b: unknown): boolean {
  const left = Quantity.tryParse(a as string);
  const right = Quantity.tryParse(b as string);
  return left !== undefined && right !== undefined && left.equals(right);
}
