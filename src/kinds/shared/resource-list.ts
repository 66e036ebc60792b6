import type { ResourceAmounts } from '../../api/pod-resources.js';
import { canonicalQuantity, Quantity } from '../../api/quantity.js';
import { HUGE_PAGES_PREFIX } from '../../api/resource-names.js';

/** Amounts of resources by name, as in requests and limits (component-helpers/resource, pkg/apis/core/helper). */
export type ResourceList = ResourceAmounts;

type Amount = string | number;

export { canonicalQuantity };

export const compareQuantities = (a: Amount, b: Amount): number => Quantity.parse(a).compare(Quantity.parse(b));
export const isNegative = (amount: Amount): boolean => Quantity.parse(amount).sign < 0;
export const isZero = (amount: Amount): boolean => Quantity.parse(amount).isZero;
/** No fraction down to thousandths. */
export const isWholeNumber = (amount: Amount): boolean => Quantity.parse(amount).milliValue() % 1000n === 0n;

/** Whether an amount of huge pages is a number of whole pages of the size in the resource's name. */
export function isHugePagesMultiple(name: string, amount: Amount): boolean {
  const size = Quantity.tryParse(name.slice(HUGE_PAGES_PREFIX.length));
  if (!size || size.sign <= 0 || size.milliValue() % 1000n !== 0n) return false;
  return Quantity.parse(amount).value() % size.value() === 0n;
}

/** Entries in order of their names. */
export const sortedEntries = (list: Readonly<ResourceList> | undefined): Array<[string, Amount]> => Object.entries(list ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));

/** Amounts below thousandths are rounded up. Changes the list. */
export function roundUpToMilli(list: ResourceList | undefined): void {
  for (const [name, amount] of Object.entries(list ?? {})) {
    const quantity = Quantity.parse(amount);
    const milli = quantity.milliValue();
    const rounded = Quantity.ofMilli(milli, quantity.format);
    if (list && !rounded.equals(quantity)) list[name] = rounded.toString();
  }
}
