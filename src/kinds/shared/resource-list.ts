import { canonicalQuantity, Quantity } from '../../api/quantity.js';
import type { PodSpec, ResourceRequirements } from '../../api/types/core-v1.js';
import { isSidecar, type AnyContainer } from './containers.js';
import { HUGE_PAGES_PREFIX } from './resource-names.js';

/** Amounts of resources by name, as in requests and limits (component-helpers/resource, pkg/apis/core/helper). */
export type ResourceList = Record<string, string | number>;

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

/** Adds the amounts of `more`; changes `list`. */
export function addResources(list: ResourceList, more: Readonly<ResourceList> | undefined): void {
  for (const [name, amount] of Object.entries(more ?? {})) {
    const before = Object.hasOwn(list, name) ? list[name] : undefined;
    list[name] = before === undefined ? amount : Quantity.parse(before).add(Quantity.parse(amount)).toString();
  }
}

/** Raises amounts to those of `other`; changes `list`. */
export function raiseResources(list: ResourceList, other: Readonly<ResourceList>): void {
  for (const [name, amount] of Object.entries(other)) {
    const before = Object.hasOwn(list, name) ? list[name] : undefined;
    if (before === undefined || compareQuantities(amount, before) > 0) list[name] = amount;
  }
}

/**
 * What the containers of a pod need together: the sum of the regular ones and sidecars, or more where an init container
 * (with the sidecars started before it) needs more. https://kep.k8s.io/753
 */
export function aggregateResources(spec: PodSpec, which: 'requests' | 'limits'): ResourceList {
  const of = (container: AnyContainer): ResourceList => (container.resources as ResourceRequirements | undefined)?.[which] ?? {};
  const total: ResourceList = {};
  for (const container of spec.containers ?? []) addResources(total, of(container));
  const sidecars: ResourceList = {};
  const initial: ResourceList = {};
  for (const container of spec.initContainers ?? []) {
    if (isSidecar(container)) {
      addResources(total, of(container));
      addResources(sidecars, of(container));
      raiseResources(initial, sidecars);
    } else {
      const needed = { ...of(container) };
      addResources(needed, sidecars);
      raiseResources(initial, needed);
    }
  }
  raiseResources(total, initial);
  return total;
}
