import { Quantity } from '../api/quantity.js';
import type { Container, Pod, PodStatus } from '../api/types/core-v1.js';

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

const NOTHING: Resources = new Map();
/** What a container that asks for nothing is taken to use when nodes are compared; not when they are filtered. */
const DEFAULTS: Resources = new Map([['cpu', 100], ['memory', 200 * 1024 * 1024]]);

const requests = new WeakMap<Pod, Resources>();

/**
 * What a pod asks for: its containers and sidecars together, or the most that starting up takes, plus overhead
 * (k8s.io/component-helpers resource.PodRequests). Kept by pod object, which never changes.
 */
export function podRequests(pod: Pod): Resources {
  let known = requests.get(pod);
  if (!known) requests.set(pod, (known = compute(pod, NOTHING)));
  return known;
}

/** @param missing what a container counts for that does not name the resource itself */
function compute({ spec, status }: Pod, missing: Resources): Resources {
  const total: Resources = new Map();
  const containerRequests = (container: Container): Resources => withMissing(resizing(resourcesOf(container.resources?.requests), container, status), missing);
  for (const container of spec.containers) addResources(total, containerRequests(container));
  const sidecars: Resources = new Map();
  const startUp: Resources = new Map();
  for (const container of spec.initContainers ?? []) {
    const isSidecar = container.restartPolicy === 'Always';
    const own = isSidecar ? containerRequests(container) : withMissing(resourcesOf(container.resources?.requests), missing);
    if (isSidecar) {
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
  const ofPod = resourcesOf(spec.resources?.requests);
  const effective = status?.resources ? largest(ofPod, resourcesOf(status.resources.requests), resourcesOf(status.allocatedResources), status) : ofPod;
  for (const name of ofPod.keys()) total.set(name, effective.get(name) ?? 0);
  addResources(total, resourcesOf(spec.overhead));
  return total;
}

export interface ScoringRequests {
  cpu: number;
  memory: number;
}

const scoringRequests = new WeakMap<Pod, ScoringRequests>();

/** What a pod counts for when nodes are compared: as podRequests, but no container counts for nothing. */
export function podScoringRequests(pod: Pod): ScoringRequests {
  let known = scoringRequests.get(pod);
  if (known) return known;
  const total = compute(pod, DEFAULTS);
  known = { cpu: total.get('cpu') ?? 0, memory: total.get('memory') ?? 0 };
  scoringRequests.set(pod, known);
  return known;
}

function withMissing(own: Resources, missing: Resources): Resources {
  for (const [name, amount] of missing) if (!own.has(name)) own.set(name, amount);
  return own;
}

/** While a resize is under way a container counts for the most of what it has, was given and wants (KEP-1287). */
function resizing(wanted: Resources, { name }: Container, status: PodStatus | undefined): Resources {
  const known = status?.containerStatuses?.find((other) => other.name === name) ?? status?.initContainerStatuses?.find((other) => other.name === name);
  if (!known?.resources) return wanted;
  return largest(wanted, resourcesOf(known.resources.requests), resourcesOf(known.allocatedResources), status);
}

/** A resize that can never be had is not counted. */
function largest(wanted: Resources, actual: Resources, allocated: Resources, status: PodStatus | undefined): Resources {
  const isInfeasible = status?.conditions?.find(({ type }) => type === 'PodResizePending')?.reason === 'Infeasible';
  const result: Resources = new Map(isInfeasible ? [] : wanted);
  maximum(result, actual);
  maximum(result, allocated);
  return result;
}

function maximum(into: Resources, other: Resources): void {
  for (const [name, amount] of other) into.set(name, Math.max(into.get(name) ?? 0, amount));
}
