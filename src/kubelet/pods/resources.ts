import { Quantity } from '../../api/quantity.js';
import type { Container, Pod } from '../../api/types/core-v1.js';
import { isSidecar } from './pod-helpers.js';

type Amounts = Map<string, Quantity>;
type ResourceList = Readonly<Record<string, string | number>>;

/** An amount in thousandths; 0 where there is none. */
export function milliValue(quantity: string | number | undefined): bigint {
  return Quantity.tryParse(quantity)?.milliValue() ?? 0n;
}

/** An amount in whole units, rounded up; 0 where there is none. */
export function wholeValue(quantity: string | number | undefined): bigint {
  return Quantity.tryParse(quantity)?.value() ?? 0n;
}

/** An amount of a resource in the units the kubelet counts in: CPU in thousandths. */
export function resourceAmount(resource: string, quantity: string | number | undefined): bigint {
  return resource === 'cpu' ? milliValue(quantity) : wholeValue(quantity);
}

/** `quantity / divisor`, rounded up, as resourceFieldRef shows it; a divisor of 0 counts as 1. */
export function dividedValue(quantity: string | number | undefined, divisor: string | number | undefined): bigint {
  const by = milliValue(divisor) || 1000n;
  return (milliValue(quantity) + by - 1n) / by;
}

/** What a pod asks of its node (k8s.io/component-helpers resource.PodRequests). */
export function podRequests(pod: Pod): Record<string, string> {
  return podTotal(pod, 'requests');
}

/** What a pod may use at most. */
export function podLimits(pod: Pod): Record<string, string> {
  return podTotal(pod, 'limits');
}

/**
 * status.resources: what the pod as a whole has been given (KEP-5419). While it runs these are its cgroup's CPU and
 * memory; a limit is there only when every container has one.
 */
export function podLevelResources(pod: Pod, running: boolean): { limits?: Record<string, string>; requests?: Record<string, string> } {
  let limits = podLimits(pod);
  let requests = podRequests(pod);
  if (running) {
    const counted = [...pod.spec.containers, ...(pod.spec.initContainers ?? []).filter(isSidecar)];
    const own = (pod.spec as { resources?: { limits?: ResourceList } }).resources?.limits;
    const limited = (name: string): boolean => own?.[name] !== undefined || counted.every((c) => c.resources?.limits?.[name] !== undefined);
    const compute = (list: Record<string, string>, has: (name: string) => boolean): Record<string, string> => Object.fromEntries(Object.entries(list).filter(([name]) => (name === 'cpu' || name === 'memory') && has(name)));
    limits = compute(limits, limited);
    requests = compute(requests, () => true);
  }
  return { ...(Object.keys(limits).length > 0 ? { limits } : {}), ...(Object.keys(requests).length > 0 ? { requests } : {}) };
}

/** By the spec, which never changes once it is stored. */
const totals = { requests: new WeakMap<object, Record<string, string>>(), limits: new WeakMap<object, Record<string, string>>() };

function podTotal(pod: Pod, kind: 'requests' | 'limits'): Record<string, string> {
  if (!Object.isFrozen(pod.spec)) return sumOf(pod, kind);
  let total = totals[kind].get(pod.spec);
  if (!total) totals[kind].set(pod.spec, (total = Object.freeze(sumOf(pod, kind))));
  return total;
}

function sumOf(pod: Pod, kind: 'requests' | 'limits'): Record<string, string> {
  const of = (container: Container): ResourceList | undefined => container.resources?.[kind];
  const total: Amounts = new Map();
  for (const container of pod.spec.containers) add(total, of(container));
  const sidecars: Amounts = new Map();
  const peak: Amounts = new Map();
  for (const container of pod.spec.initContainers ?? []) {
    // An init container runs beside the sidecars that started before it.
    if (isSidecar(container)) add(sidecars, of(container));
    const here = new Map(sidecars);
    if (!isSidecar(container)) add(here, of(container));
    for (const [name, amount] of here) raise(peak, name, amount);
  }
  for (const [name, amount] of sidecars) total.set(name, total.get(name)?.add(amount) ?? amount);
  for (const [name, amount] of peak) raise(total, name, amount);
  const own = (pod.spec as { resources?: { requests?: ResourceList; limits?: ResourceList } }).resources?.[kind];
  for (const [name, quantity] of Object.entries(own ?? {})) total.set(name, Quantity.parse(quantity));
  for (const [name, quantity] of Object.entries((pod.spec.overhead ?? {}) as ResourceList)) {
    if (kind === 'requests' || total.has(name)) total.set(name, total.get(name)?.add(Quantity.parse(quantity)) ?? Quantity.parse(quantity));
  }
  return Object.fromEntries([...total].map(([name, amount]) => [name, amount.toString()]));
}

function add(into: Amounts, resources: ResourceList | undefined): void {
  for (const [name, quantity] of Object.entries(resources ?? {})) {
    const amount = Quantity.parse(quantity);
    into.set(name, into.get(name)?.add(amount) ?? amount);
  }
}

function raise(into: Amounts, name: string, amount: Quantity): void {
  const known = into.get(name);
  if (!known || known.compare(amount) < 0) into.set(name, amount);
}
