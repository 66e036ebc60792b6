import { labelMatcherOf } from '../api/label-selector.js';
import { timeMs } from '../api/time.js';
import type { Pod } from '../api/types/core-v1.js';
import type { PodDisruptionBudget } from '../api/types/policy-v1.js';
import { Filters, type NoFit, type World } from './cycle.js';
import { type FilterFailure, priorityOf, unresolvable } from './framework.js';
import type { NodeInfo } from './node-info.js';
import type { DefaultPreemptionArgs } from './plugin-args.js';

/**
 * Who has to go so that a more important pod finds room
 * (https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/). Pure but for thinking pods away
 * from their nodes and back.
 */

export interface Candidate {
  readonly node: string;
  /** The most important first. */
  readonly victims: readonly Pod[];
  /** How many of them go against a PodDisruptionBudget. */
  readonly violations: number;
}

/** Either whom to evict, or why nobody, as FailedScheduling says it. */
export type Preemption = { readonly candidate: Candidate } | { readonly why: string; readonly eligible: boolean };

const NO_VICTIMS = unresolvable('No preemption victims found for incoming pod');
/** kube-scheduler's, where a profile says nothing. */
const DEFAULT_ARGS: DefaultPreemptionArgs = { minCandidateNodesPercentage: 10, minCandidateNodesAbsolute: 100 };

export function planPreemption(pod: Pod, { failures, nodes }: NoFit, world: Pick<World, 'snapshot' | 'plugins' | 'nominator' | 'ids' | 'preemption'>, budgets: readonly PodDisruptionBudget[]): Preemption {
  const why = ineligible(pod, failures, world);
  if (why !== undefined) return { why: `preemption: ${why}`, eligible: false };
  const potential = [...failures].flatMap(([name, { unresolvable: hopeless }]) => {
    const node = hopeless ? undefined : world.snapshot.node(name);
    return node ? [node] : [];
  });
  const filters = potential.length > 0 ? new Filters(pod, world) : undefined;
  const { minCandidateNodesPercentage, minCandidateNodesAbsolute } = world.preemption ?? DEFAULT_ARGS;
  const wanted = Math.max(minCandidateNodesAbsolute, Math.floor((potential.length * minCandidateNodesPercentage) / 100));
  const start = potential.length > 0 ? world.ids.integer(potential.length) : 0;
  const candidates: Candidate[] = [];
  const reasons = new Map<string, FilterFailure>();
  for (let i = 0; i < potential.length && filters; i++) {
    const node = potential[(start + i) % potential.length] as NodeInfo;
    const result = victimsOn(node, pod, filters, budgets);
    if ('reasons' in result) reasons.set(node.name, result);
    else candidates.push(result);
    if (candidates.length >= wanted && candidates.some(({ violations }) => violations === 0)) break;
  }
  const [first] = candidates;
  if (!first) return { why: `preemption: ${notHelpful(reasons, nodes)}`, eligible: true };
  return { candidate: candidates.length === 1 ? first : leastHarm(candidates) };
}

function ineligible(pod: Pod, failures: ReadonlyMap<string, FilterFailure>, { snapshot, nominator }: Pick<World, 'snapshot' | 'nominator'>): string | undefined {
  if (pod.spec.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.';
  const promised = nominator.get(pod) ?? pod.status?.nominatedNodeName;
  if (!promised || failures.get(promised)?.unresolvable) return undefined;
  const leaving = [...(snapshot.node(promised)?.pods.values() ?? [])].some((other) => priorityOf(other) < priorityOf(pod) && isBeingPreempted(other));
  return leaving ? 'not eligible due to a terminating pod on the nominated node.' : undefined;
}

function isBeingPreempted({ metadata, status }: Pod): boolean {
  if (!metadata.deletionTimestamp) return false;
  const condition = status?.conditions?.find(({ type }) => type === 'DisruptionTarget');
  return condition?.status === 'True' && condition.reason === 'PreemptionByScheduler';
}

/** As few pods of a node as make room, the least important first; or why all of them would not do. */
function victimsOn(node: NodeInfo, pod: Pod, filters: Filters, budgets: readonly PodDisruptionBudget[]): Candidate | FilterFailure {
  const lesser = [...node.pods.values()].filter((other) => priorityOf(other) < priorityOf(pod)).sort(byImportance);
  if (lesser.length === 0) return NO_VICTIMS;
  const gone = new Set(lesser);
  lesser.forEach((other) => filters.move(other, node, -1));
  try {
    const failure = filters.check(node);
    if (failure) return failure;
    let violations = 0;
    const { violating, others } = byBudget(lesser, budgets);
    const spare = (other: Pod): boolean => {
      filters.move(other, node, 1);
      gone.delete(other);
      if (!filters.check(node)) return true;
      filters.move(other, node, -1);
      gone.add(other);
      return false;
    };
    for (const other of violating) if (!spare(other)) violations++;
    others.forEach(spare);
    return { node: node.name, victims: [...gone].sort(byImportance), violations };
  } finally {
    for (const other of gone) filters.move(other, node, 1);
  }
}

/** Higher priority, then longer running. */
function byImportance(a: Pod, b: Pod): number {
  return priorityOf(b) - priorityOf(a) || startOf(a) - startOf(b);
}

function startOf({ status }: Pod): number {
  return timeMs(status?.startTime) ?? Infinity;
}

function byBudget(pods: readonly Pod[], budgets: readonly PodDisruptionBudget[]): { violating: Pod[]; others: Pod[] } {
  const left = budgets.map((budget) => ({ budget, matcher: labelMatcherOf(budget.spec.selector), allowed: budget.status?.disruptionsAllowed ?? 0 }));
  const violating: Pod[] = [];
  const others: Pod[] = [];
  for (const pod of pods) {
    let violates = false;
    for (const entry of left) {
      const { budget, matcher } = entry;
      if (budget.metadata.namespace !== pod.metadata.namespace || matcher.empty || !pod.metadata.labels || !matcher.matches(pod.metadata.labels)) continue;
      if (Object.hasOwn(budget.status?.disruptedPods ?? {}, pod.metadata.name)) continue;
      if (--entry.allowed < 0) violates = true;
    }
    (violates ? violating : others).push(pod);
  }
  return { violating, others };
}

/** Fewest broken budgets, then the least important victims, the fewest, and those that have run for the shortest time. */
function leastHarm(candidates: readonly Candidate[]): Candidate {
  const measures: ReadonlyArray<(candidate: Candidate) => number> = [
    ({ violations }) => violations,
    ({ victims }) => priorityOf(victims[0] as Pod),
    ({ victims }) => victims.reduce((sum, victim) => sum + priorityOf(victim) + 2 ** 31, 0),
    ({ victims }) => victims.length,
    ({ victims }) => {
      const highest = priorityOf(victims[0] as Pod);
      return -Math.min(...victims.filter((victim) => priorityOf(victim) === highest).map(startOf));
    },
  ];
  let left = candidates;
  for (const measure of measures) {
    const least = Math.min(...left.map(measure));
    left = left.filter((candidate) => measure(candidate) === least);
    if (left.length === 1) break;
  }
  return left[0] as Candidate;
}

function notHelpful(reasons: ReadonlyMap<string, FilterFailure>, nodes: number): string {
  const counts = new Map<string, number>();
  for (const { reasons: texts } of reasons.values()) for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  if (reasons.size < nodes) counts.set('Preemption is not helpful for scheduling', nodes - reasons.size);
  return `0/${nodes} nodes are available: ${[...counts].map(([text, count]) => `${count} ${text}`).sort().join(', ')}.`;
}
