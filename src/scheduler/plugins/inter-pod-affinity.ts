import type { Pod } from '../../api/types/core-v1.js';
import { affinityTerms, type AffinityTerm } from '../affinity-terms.js';
import { MAX_SCORE, type NodeFilter, type SchedulerPlugin, unresolvable, unschedulable } from '../framework.js';
import type { Listers } from '../listers.js';
import type { NodeInfo } from '../node-info.js';
import type { InterPodAffinityArgs } from '../plugin-args.js';
import type { Snapshot } from '../snapshot.js';

const AFFINITY = unresolvable("node(s) didn't match pod affinity rules");
const ANTI_AFFINITY = unschedulable("node(s) didn't match pod anti-affinity rules");
const EXISTING = unschedulable("node(s) didn't satisfy existing pods anti-affinity rules");

/** How much each value of a topology key counts. */
class TopologyCounts {
  private readonly counts = new Map<string, Map<string, number>>();

  get empty(): boolean {
    return this.counts.size === 0;
  }

  add(node: NodeInfo, key: string, by: number): void {
    const value = labelOf(node, key);
    if (value === undefined) return;
    const values = this.counts.get(key) ?? new Map<string, number>();
    this.counts.set(key, values);
    const sum = (values.get(value) ?? 0) + by;
    if (sum !== 0) values.set(value, sum);
    else if (values.delete(value) && values.size === 0) this.counts.delete(key);
  }

  get(node: NodeInfo, key: string): number {
    const value = labelOf(node, key);
    return value === undefined ? 0 : (this.counts.get(key)?.get(value) ?? 0);
  }

  keys(): IterableIterator<string> {
    return this.counts.keys();
  }

  sum(node: NodeInfo): number {
    let sum = 0;
    for (const key of this.counts.keys()) sum += this.get(node, key);
    return sum;
  }
}

/** Pods that want to be near others, or far from them (https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity). */
export function interPodAffinity({ namespaces }: Pick<Listers, 'namespaces'>, { hardPodAffinityWeight = 1, ignorePreferredTermsOfExistingPods = false }: InterPodAffinityArgs = {}): SchedulerPlugin {
  const namespaceLabels = (name: string): Readonly<Record<string, string>> | undefined => namespaces.get(name)?.metadata.labels;
  const matches = (term: AffinityTerm, pod: Pod): boolean => term.matches(pod, namespaceLabels);

  function filter(pod: Pod, snapshot: Snapshot): NodeFilter | undefined {
    const { required, requiredAnti } = affinityTerms(pod);
    const matchesAll = (other: Pod): boolean => required.length > 0 && required.every((term) => matches(term, other));
    const near = new TopologyCounts();
    const far = new TopologyCounts();
    const repelled = new TopologyCounts();
    const repels = (other: Pod, node: NodeInfo, sign: number): void => {
      for (const term of affinityTerms(other).requiredAnti) if (matches(term, pod)) repelled.add(node, term.topologyKey, sign);
    };
    const wanted = (other: Pod, node: NodeInfo, sign: number): void => {
      if (matchesAll(other)) for (const term of required) near.add(node, term.topologyKey, sign);
      for (const term of requiredAnti) if (matches(term, other)) far.add(node, term.topologyKey, sign);
    };
    for (const { pod: one, byNode } of snapshot.affinityGroups()) {
      const terms = affinityTerms(one).requiredAnti.filter((term) => matches(term, pod));
      if (terms.length > 0) for (const [node, count] of onNodes(byNode, snapshot)) for (const { topologyKey } of terms) repelled.add(node, topologyKey, count);
    }
    if (required.length === 0 && requiredAnti.length === 0 && repelled.empty) return undefined;
    if (required.length > 0) for (const [node, count] of countOf(required, matchesAll, snapshot)) for (const { topologyKey } of required) near.add(node, topologyKey, count);
    for (const term of requiredAnti) for (const [node, count] of countOf([term], (other) => matches(term, other), snapshot)) far.add(node, term.topologyKey, count);

    const hasFriends = (node: NodeInfo): boolean => {
      if (required.some(({ topologyKey }) => labelOf(node, topologyKey) === undefined)) return false;
      if (required.every(({ topologyKey }) => near.get(node, topologyKey) > 0)) return true;
      // The first of a group that wants to be together has nobody to be with.
      return near.empty && matchesAll(pod);
    };
    const check: NodeFilter = (node) => {
      if (!hasFriends(node)) return AFFINITY;
      if (requiredAnti.some(({ topologyKey }) => far.get(node, topologyKey) > 0)) return ANTI_AFFINITY;
      for (const key of repelled.keys()) if (repelled.get(node, key) > 0) return EXISTING;
      return undefined;
    };
    check.changed = (other, node, sign) => {
      repels(other, node, sign);
      wanted(other, node, sign);
    };
    return check;
  }

  return {
    name: 'InterPodAffinity',
    helpedBy: ['node-labels', 'pod-gone', 'pod-placed', 'pod-labels'],
    helps: (pod, { event, pod: other, oldPod }) => {
      if (!other || other.metadata.uid === pod.metadata.uid) return true;
      const { required, requiredAnti } = affinityTerms(pod);
      const attracts = (candidate: Pod): boolean => required.length > 0 && required.every((term) => matches(term, candidate));
      const repels = (candidate: Pod): boolean => requiredAnti.some((term) => matches(term, candidate));
      if (event === 'pod-placed') return attracts(other);
      if (event === 'pod-gone') return repels(other) || affinityTerms(other).requiredAnti.some((term) => matches(term, pod));
      return oldPod !== undefined && ((attracts(other) && !attracts(oldPod)) || (repels(oldPod) && !repels(other)));
    },
    filter,
    score: (pod, snapshot) => {
      const { preferred, preferredAnti } = affinityTerms(pod);
      const prefers = preferred.length > 0 || preferredAnti.length > 0;
      if (ignorePreferredTermsOfExistingPods && !prefers) return undefined;
      const counts = new TopologyCounts();
      for (const { pod: one, byNode } of snapshot.affinityGroups()) {
        const terms = affinityTerms(one);
        const weighed = [...terms.required.map((term) => [term, hardPodAffinityWeight] as const), ...terms.preferred.map((term) => [term, term.weight] as const), ...terms.preferredAnti.map((term) => [term, -term.weight] as const)].filter(([term]) => matches(term, pod));
        if (weighed.length > 0) for (const [node, count] of onNodes(byNode, snapshot)) for (const [{ topologyKey }, weight] of weighed) counts.add(node, topologyKey, weight * count);
      }
      for (const [term, sign] of [...preferred.map((one) => [one, 1] as const), ...preferredAnti.map((one) => [one, -1] as const)]) {
        for (const [node, count] of countOf([term], (other) => matches(term, other), snapshot)) counts.add(node, term.topologyKey, sign * term.weight * count);
      }
      if (counts.empty) return undefined;
      return { weight: 2, score: (node) => counts.sum(node), normalize: spreadOut };
    },
  };
}

/** How many pods that all of the terms match are on each node. */
function* countOf(terms: readonly AffinityTerm[], matchesAll: (other: Pod) => boolean, snapshot: Snapshot): Generator<readonly [NodeInfo, number]> {
  // Which namespaces are meant by their labels can change at any time: such pods are counted anew.
  if (terms.some(({ key }) => key === undefined)) {
    for (const node of snapshot.nodes()) {
      let count = 0;
      for (const other of node.pods.values()) if (matchesAll(other)) count++;
      if (count > 0) yield [node, count];
    }
    return;
  }
  yield* onNodes(snapshot.count(`affinity ${terms.map(({ key }) => key).join(' & ')}`, matchesAll), snapshot);
}

function* onNodes(byNode: ReadonlyMap<string, number>, snapshot: Snapshot): Generator<readonly [NodeInfo, number]> {
  for (const [name, count] of byNode) {
    const node = snapshot.node(name);
    if (node) yield [node, count];
  }
}

/** The lowest score becomes 0, the highest 100. */
function spreadOut(scores: number[]): void {
  const lowest = Math.min(...scores);
  const range = Math.max(...scores) - lowest;
  for (const [i, score] of scores.entries()) scores[i] = range === 0 ? 0 : Math.floor((MAX_SCORE * (score - lowest)) / range);
}

function labelOf({ node }: NodeInfo, key: string): string | undefined {
  const { labels } = node.metadata;
  return labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
}
