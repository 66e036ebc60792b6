import { Quantity } from '../api/quantity.js';
import type { Container, Pod } from '../api/types/core-v1.js';

/** Amounts by resource name: CPU in thousandths of a core, all else in its own unit. */
export type Resources = Map<string, number>;

/** CPU counts in thousandths, as Quantity.MilliValue; everything is rounded up. */
export function amountOf(resource: string, quantity: string | number): number {
  const value = Quantity.parse(String(quantity));
  return Number(resource === 'cpu' ? value.milliValue() : value.value());
}

export function resourcesOf(list: Readonly<Record<string, string | number>> | undefined): Resources {
  const resources: Resources = new Map();
  for (const [name, quantity] of Object.entries(list ?? {})) resources.set(name, amountOf(name, quantity));
  return resources;
}

export function addResources(into: Resources, more: Resources, sign: 1 | -1 = 1): void {
  for (const [name, amount] of more) into.set(name, (into.get(name) ?? 0) + sign * amount);
}

const requests = new WeakMap<Pod, Resources>();

/**
 * What a pod asks for: its containers and sidecars together, or the most that starting up takes, plus overhead
 * (k8s.io/component-helpers resource.PodRequests). Kept by pod object, which never changes.
 */
export function podRequests(pod: Pod): Resources {
  let known = requests.get(pod);
  if (!known) requests.set(pod, (known = compute(pod)));
  return known;
}

function compute({ spec }: Pod): Resources {
  const total: Resources = new Map();
  for (const container of spec.containers) addResources(total, containerRequests(container));
  const sidecars: Resources = new Map();
  const startUp: Resources = new Map();
  for (const container of spec.initContainers ?? []) {
    const own = containerRequests(container);
    if (container.restartPolicy === 'Always') {
      addResources(sidecars, own);
      maximum(startUp, sidecars);
      continue;
    }
    // An init container runs beside the sidecars that were started before it.
    const together = new Map(sidecars);
    addResources(together, own);
    maximum(startUp, together);
  }
  addResources(total, sidecars);
  maximum(total, startUp);
  for (const [name, quantity] of Object.entries(spec.resources?.requests ?? {})) total.set(name, amountOf(name, quantity));
  addResources(total, resourcesOf(spec.overhead));
  return total;
}

/** What a container that asks for nothing is taken to use when nodes are compared; not when they are filtered. */
const DEFAULT_CPU = 100;
const DEFAULT_MEMORY = 200 * 1024 * 1024;

export interface ScoringRequests {
  cpu: number;
  memory: number;
}

const scoringRequests = new WeakMap<Pod, ScoringRequests>();

/** What a pod counts for when nodes are compared: as podRequests, but no container counts for nothing. */
export function podScoringRequests(pod: Pod): ScoringRequests {
  let known = scoringRequests.get(pod);
  if (known) return known;
  const requested = podRequests(pod);
  const { containers, resources } = pod.spec;
  const missing = (name: 'cpu' | 'memory'): number => (resources?.requests?.[name] === undefined ? containers.filter((c) => c.resources?.requests?.[name] === undefined).length : 0);
  known = { cpu: (requested.get('cpu') ?? 0) + missing('cpu') * DEFAULT_CPU, memory: (requested.get('memory') ?? 0) + missing('memory') * DEFAULT_MEMORY };
  scoringRequests.set(pod, known);
  return known;
}

function containerRequests(container: Container): Resources {
  return resourcesOf(container.resources?.requests);
}

function maximum(into: Resources, other: Resources): void {
  for (const [name, amount] of other) into.set(name, Math.max(into.get(name) ?? 0, amount));
}
