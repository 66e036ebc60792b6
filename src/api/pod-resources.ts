import { Quantity } from './quantity.js';
import type { Container, Pod, PodSpec } from './types/core-v1.js';

/** Amounts of resources by name. */
export type ResourceAmounts = Record<string, string | number>;

type Which = 'requests' | 'limits';

/** What containers of a pod need together (k8s.io/component-helpers/resource); used by validation, quotas and the scheduler alike. */

/** Adds the amounts of `more`; changes `list`. */
export function addAmounts(list: ResourceAmounts, more: Readonly<ResourceAmounts> | undefined): void {
  for (const [name, amount] of Object.entries(more ?? {})) {
    const before = Object.hasOwn(list, name) ? list[name] : undefined;
    list[name] = before === undefined ? amount : Quantity.parse(before).add(Quantity.parse(amount)).toString();
  }
}

/** Raises amounts to those of `other`; changes `list`. */
export function raiseAmounts(list: ResourceAmounts, other: Readonly<ResourceAmounts>): void {
  for (const [name, amount] of Object.entries(other)) {
    const before = Object.hasOwn(list, name) ? list[name] : undefined;
    if (before === undefined || Quantity.parse(amount).compare(Quantity.parse(before)) > 0) list[name] = amount;
  }
}

/**
 * The sum of the regular containers and sidecars, or more where an init container (with the sidecars started before it)
 * needs more. https://kep.k8s.io/753
 */
export function containerResources(spec: PodSpec, which: Which): ResourceAmounts {
  const of = (container: Container): ResourceAmounts => container.resources?.[which] ?? {};
  const total: ResourceAmounts = {};
  for (const container of spec.containers ?? []) addAmounts(total, of(container));
  const sidecars: ResourceAmounts = {};
  const initial: ResourceAmounts = {};
  for (const container of spec.initContainers ?? []) {
    if (container.restartPolicy === 'Always') {
      addAmounts(total, of(container));
      addAmounts(sidecars, of(container));
      raiseAmounts(initial, sidecars);
    } else {
      const needed = { ...of(container) };
      addAmounts(needed, sidecars);
      raiseAmounts(initial, needed);
    }
  }
  raiseAmounts(total, initial);
  return total;
}

const isPodLevel = (name: string): boolean => name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');

/** The containers' resources, replaced by the pod's own where it has them (KEP-2837), and the runtime's overhead. */
export function effectiveResources(spec: PodSpec, which: Which): ResourceAmounts {
  const total = containerResources(spec, which);
  for (const [name, amount] of Object.entries(spec.resources?.[which] ?? {})) if (isPodLevel(name)) total[name] = amount;
  for (const [name, amount] of Object.entries(spec.overhead ?? {})) {
    const before = total[name];
    // Limits that are not set stay so.
    if (which === 'requests' || (before !== undefined && !Quantity.parse(before).isZero)) addAmounts(total, { [name]: amount });
  }
  return total;
}

/**
 * What a pod takes up: as {@link effectiveResources}, and while its containers are being resized the larger of what they
 * want and what they have. A resize that cannot be does not count. https://kep.k8s.io/1287
 */
export function podResources({ spec, status }: Pod, which: Which): ResourceAmounts {
  const has = new Map([...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].map((one) => [one.name, one]));
  const isInfeasible = status?.conditions?.find(({ type }) => type === 'PodResizePending')?.reason === 'Infeasible';
  const actual = (container: Container): Container => {
    const { resources, allocatedResources } = has.get(container.name) ?? {};
    if (!resources) return container;
    const amounts: ResourceAmounts = isInfeasible ? {} : { ...container.resources?.[which] };
    raiseAmounts(amounts, resources[which] ?? {});
    if (which === 'requests') raiseAmounts(amounts, allocatedResources ?? {});
    return { ...container, resources: { ...container.resources, [which]: amounts } };
  };
  const initContainers = spec.initContainers?.map((container) => (container.restartPolicy === 'Always' ? actual(container) : container));
  return effectiveResources({ ...spec, containers: (spec.containers ?? []).map(actual), initContainers }, which);
}
