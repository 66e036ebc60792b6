import type { Pod } from '../../api/types/core-v1.js';
import { isCriticalPod } from './pod-helpers.js';
import { podRequests, resourceAmount } from './resources.js';

/** What the event and the status of a pod say that makes way. */
export const PREEMPTED = {
  reason: 'Preempting', message: 'Preempted in order to admit critical pod',
  disruption: 'Pod was preempted by Kubelet to accommodate a critical pod.',
} as const;

/** A resource of which the node has too little left; CPU in thousandths. */
export interface Insufficiency {
  readonly resource: string;
  readonly requested: bigint;
  readonly used: bigint;
  readonly capacity: bigint;
}

type Requirement = Pick<Insufficiency, 'resource'> & { readonly quantity: bigint };

/**
 * The pods of a node that make way for a critical one, as few and as small as will do: BestEffort pods before Burstable
 * before Guaranteed ones. Throws Error with the kubelet's text when all of them together would not do.
 */
export function podsToPreempt(pod: Pod, others: readonly Pod[], insufficient: readonly Insufficiency[]): Pod[] {
  const requirements = insufficient.map(({ resource, requested, used, capacity }): Requirement => ({ resource, quantity: requested - (capacity - used) }));
  const candidates = others.filter((other) => isPreemptable(pod, other));
  const ofClass = (name: string): Pod[] => candidates.filter((other) => (other.status?.qosClass ?? 'BestEffort') === name);
  const [bestEffort, burstable, guaranteed] = [ofClass('BestEffort'), ofClass('Burstable'), ofClass('Guaranteed')];
  const unmet = remaining(requirements, [...bestEffort, ...burstable, ...guaranteed]);
  if (unmet.length > 0) throw new Error(`preemption: error finding a set of pods to preempt: no set of running pods found to reclaim resources: ${text(unmet)}`);
  const fromGuaranteed = closest(guaranteed, remaining(requirements, [...bestEffort, ...burstable]));
  const fromBurstable = closest(burstable, remaining(requirements, [...bestEffort, ...fromGuaranteed]));
  return [...closest(bestEffort, remaining(requirements, [...fromBurstable, ...fromGuaranteed])), ...fromBurstable, ...fromGuaranteed];
}

function isPreemptable(preemptor: Pod, other: Pod): boolean {
  if (isCriticalPod(preemptor) && !isCriticalPod(other)) return true;
  const [own, its] = [preemptor.spec.priority, other.spec.priority];
  return own !== undefined && its !== undefined && own > its;
}

function requestOf(pod: Pod, resource: string): bigint {
  return resource === 'pods' ? 1n : resourceAmount(resource, podRequests(pod)[resource]);
}

/** What is still missing once these pods are gone. */
function remaining(requirements: readonly Requirement[], pods: readonly Pod[]): Requirement[] {
  return requirements
    .map(({ resource, quantity }) => ({ resource, quantity: pods.reduce((left, pod) => left - requestOf(pod, resource), quantity) }))
    .filter(({ quantity }) => quantity > 0n);
}

/** Takes the pod that comes closest to what is missing, again and again until nothing is. */
function closest(pods: readonly Pod[], requirements: readonly Requirement[]): Pod[] {
  const left = [...pods];
  const chosen: Pod[] = [];
  let missing = requirements;
  while (missing.length > 0) {
    const best = left.reduce((a, b) => {
      const nearer = distance(b, missing) - distance(a, missing);
      return nearer < 0 || (nearer === 0 && isSmaller(b, a)) ? b : a;
    });
    left.splice(left.indexOf(best), 1);
    chosen.push(best);
    missing = remaining(missing, [best]);
  }
  return chosen;
}

/** How much of what is missing a pod leaves missing; every resource weighs the same. */
function distance(pod: Pod, requirements: readonly Requirement[]): number {
  return requirements.reduce((sum, { resource, quantity }) => sum + Math.max(0, Number(quantity - requestOf(pod, resource)) / Number(quantity)) ** 2, 0);
}

function isSmaller(a: Pod, b: Pod): boolean {
  for (const resource of ['memory', 'cpu']) {
    const [own, its] = [requestOf(a, resource), requestOf(b, resource)];
    if (own !== its) return own < its;
  }
  return true;
}

function text(requirements: readonly Requirement[]): string {
  return `[${requirements.map(({ resource, quantity }) => `(res: ${resource}, q: ${quantity}), `).join('')}]`;
}
