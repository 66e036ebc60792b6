import { LabelMatcher, labelMatcherOf } from '../../api/label-selector.js';
import type { Node, Pod, TopologySpreadConstraint } from '../../api/types/core-v1.js';
import { defaultSelector } from '../default-selector.js';
import { MAX_SCORE, type NodeFilter, type NodeScore, type SchedulerPlugin, unresolvable, unschedulable } from '../framework.js';
import type { Listers } from '../listers.js';
import type { NodeInfo } from '../node-info.js';
import type { Snapshot } from '../snapshot.js';
import { tolerates } from '../../api/tolerations.js';
import { requiredNodeMatcher } from './node-affinity.js';

const MISSING_LABEL = unresolvable("node(s) didn't match pod topology spread constraints (missing required label)");
const SKEW = unschedulable("node(s) didn't match pod topology spread constraints");
const HOSTNAME = 'kubernetes.io/hostname';

/** What pods of Services and controllers are spread by when they do not say themselves. */
const DEFAULTS: readonly TopologySpreadConstraint[] = [
  { topologyKey: HOSTNAME, whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 3 },
  { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 5 },
];

interface Constraint {
  readonly topologyKey: string;
  readonly maxSkew: number;
  readonly minDomains: number;
  readonly selector: LabelMatcher;
  /** Whether a node counts for this constraint. */
  readonly includes: (node: Node) => boolean;
}

/** Pods spread over topologies as evenly as they ask for (https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/). */
export function podTopologySpread(listers: Listers, configured?: readonly TopologySpreadConstraint[]): SchedulerPlugin {
  const defaults = configured ?? DEFAULTS;
  /** Constraints of the pod's own, or those of all pods, for what its Services and its controller select. */
  const hard = (pod: Pod): Constraint[] => {
    const own = pod.spec.topologySpreadConstraints ?? [];
    if (own.length > 0 || !configured?.length) return constraintsOf(pod, own, 'DoNotSchedule');
    const selector = defaultSelector(pod, listers);
    return selector.empty ? [] : constraintsOf(pod, configured, 'DoNotSchedule').map((constraint) => ({ ...constraint, selector }));
  };
  return {
    name: 'PodTopologySpread',
    helpedBy: ['node-labels', 'node-taints', 'node-gone', 'pod-gone', 'pod-placed', 'pod-labels'],
    helps: (pod, { pod: other, oldPod, node, oldNode }) => {
      const constraints = hard(pod);
      if (other) {
        if (other.metadata.uid === pod.metadata.uid) return true;
        if (other.metadata.namespace !== pod.metadata.namespace) return false;
        return constraints.some(({ selector }) => selector.matches(other.metadata.labels) !== (oldPod !== undefined && selector.matches(oldPod.metadata.labels)));
      }
      return !node || hasAllKeys(node, constraints) || (oldNode !== undefined && hasAllKeys(oldNode, constraints));
    },
    filter: (pod, snapshot) => hardFilter(pod, snapshot, hard(pod)),
    score: (pod, snapshot, feasible) => {
      const own = pod.spec.topologySpreadConstraints ?? [];
      if (own.length > 0) return softScore(pod, snapshot, feasible, constraintsOf(pod, own, 'ScheduleAnyway'), true);
      const selector = defaultSelector(pod, listers);
      if (selector.empty) return undefined;
      const constraints = constraintsOf(pod, defaults, 'ScheduleAnyway').map((constraint) => ({ ...constraint, selector }));
      return softScore(pod, snapshot, feasible, constraints, configured !== undefined);
    },
  };
}

function hardFilter(pod: Pod, snapshot: Snapshot, constraints: readonly Constraint[]): NodeFilter | undefined {
  if (constraints.length === 0) return undefined;
  const namespace = pod.metadata.namespace ?? '';
  const domains = constraints.map((constraint) => domainCounts(constraint, constraints, snapshot, namespace));
  const minima: Array<number | undefined> = [];
  const check: NodeFilter = ({ node }) => {
    for (const [i, { topologyKey, maxSkew, minDomains, selector }] of constraints.entries()) {
      const value = labelOf(node, topologyKey);
      if (value === undefined) return MISSING_LABEL;
      const counts = domains[i] as Map<string, number>;
      const lowest = counts.size < minDomains ? 0 : (minima[i] ??= minimum(counts.values()));
      const self = selector.matches(pod.metadata.labels) ? 1 : 0;
      if ((counts.get(value) ?? 0) + self - (counts.size === 0 ? 0 : lowest) > maxSkew) return SKEW;
    }
    return undefined;
  };
  check.changed = (other, { node }, sign) => {
    if (other.metadata.namespace !== namespace || !hasAllKeys(node, constraints)) return;
    for (const [i, { topologyKey, selector, includes }] of constraints.entries()) {
      const value = labelOf(node, topologyKey);
      const counts = domains[i] as Map<string, number>;
      if (value !== undefined && selector.matches(other.metadata.labels) && includes(node)) {
        counts.set(value, (counts.get(value) ?? 0) + sign);
        minima[i] = undefined;
      }
    }
  };
  return check;
}

function minimum(counts: Iterable<number>): number {
  let least = Infinity;
  for (const count of counts) if (count < least) least = count;
  return least;
}

function domainCounts({ topologyKey, selector, includes }: Constraint, all: readonly Constraint[], snapshot: Snapshot, namespace: string): Map<string, number> {
  const counts = new Map<string, number>();
  const matching = snapshot.countMatching(namespace, selector);
  for (const { name, node } of snapshot.nodes()) {
    if (!hasAllKeys(node, all) || !includes(node)) continue;
    const value = labelOf(node, topologyKey) as string;
    counts.set(value, (counts.get(value) ?? 0) + (matching.get(name) ?? 0));
  }
  return counts;
}

function softScore(pod: Pod, snapshot: Snapshot, feasible: readonly NodeInfo[], constraints: readonly Constraint[], needsAllKeys: boolean): NodeScore | undefined {
  if (constraints.length === 0) return undefined;
  const namespace = pod.metadata.namespace ?? '';
  const qualifies = (node: Node): boolean => !needsAllKeys || hasAllKeys(node, constraints);
  const ignored = new Set(feasible.filter(({ node }) => !qualifies(node)).map(({ name }) => name));
  const scored = constraints.map((constraint) => {
    const { topologyKey, selector, includes } = constraint;
    const matching = snapshot.countMatching(namespace, selector);
    if (topologyKey === HOSTNAME) {
      return { constraint, weight: Math.log(feasible.length - ignored.size + 2), count: ({ name }: NodeInfo) => matching.get(name) ?? 0 };
    }
    const sums = new Map<string, number>();
    for (const { node } of feasible) if (qualifies(node)) sums.set(labelOf(node, topologyKey) ?? '', 0);
    for (const { name, node } of snapshot.nodes()) {
      const value = labelOf(node, topologyKey) ?? '';
      const sum = sums.get(value);
      if (sum !== undefined && qualifies(node) && includes(node)) sums.set(value, sum + (matching.get(name) ?? 0));
    }
    return { constraint, weight: Math.log(sums.size + 2), count: ({ node }: NodeInfo) => sums.get(labelOf(node, topologyKey) ?? '') ?? 0 };
  });
  const isIgnored = (i: number): boolean => ignored.has((feasible[i] as NodeInfo).name);
  return {
    weight: 2,
    score: (node) => {
      if (ignored.has(node.name)) return 0;
      let score = 0;
      for (const { constraint, weight, count } of scored) {
        if (labelOf(node.node, constraint.topologyKey) !== undefined) score += count(node) * weight + constraint.maxSkew - 1;
      }
      return Math.round(score);
    },
    normalize: (scores) => {
      const considered = ignored.size === 0 ? scores : scores.filter((_, i) => !isIgnored(i));
      const lowest = considered.reduce((least, score) => Math.min(least, score), Infinity);
      const highest = considered.reduce((most, score) => Math.max(most, score), 0);
      for (const [i, score] of scores.entries()) {
        if (ignored.size > 0 && isIgnored(i)) scores[i] = 0;
        else scores[i] = highest === 0 ? MAX_SCORE : Math.floor((MAX_SCORE * (highest + lowest - score)) / highest);
      }
    },
  };
}

function constraintsOf(pod: Pod, constraints: readonly TopologySpreadConstraint[], action: string): Constraint[] {
  const affinity = requiredNodeMatcher(pod);
  return constraints
    .filter(({ whenUnsatisfiable }) => whenUnsatisfiable === action)
    .map(({ topologyKey, maxSkew, minDomains = 1, labelSelector, matchLabelKeys = [], nodeAffinityPolicy = 'Honor', nodeTaintsPolicy = 'Ignore' }) => ({
      topologyKey,
      maxSkew,
      minDomains,
      selector: withLabels(labelMatcherOf(labelSelector), matchLabelKeys, pod),
      includes: (node) => {
        if (nodeAffinityPolicy === 'Honor' && affinity && !affinity(node)) return false;
        if (nodeTaintsPolicy !== 'Honor') return true;
        return (node.spec.taints ?? []).every((taint) => taint.effect === 'PreferNoSchedule' || tolerates(pod.spec.tolerations, taint));
      },
    }));
}

/** Narrows a selector to pods with the same values of these labels (KEP-3243). */
function withLabels(selector: LabelMatcher, keys: readonly string[], { metadata }: Pod): LabelMatcher {
  const own = keys.flatMap((key) => {
    const value = metadata.labels !== undefined && Object.hasOwn(metadata.labels, key) ? metadata.labels[key] : undefined;
    return value === undefined ? [] : [{ key, operator: '=' as const, values: [value] }];
  });
  return own.length === 0 || selector.matchesNothing ? selector : LabelMatcher.of([...own, ...selector.requirements]);
}

function hasAllKeys(node: Node, constraints: readonly Constraint[]): boolean {
  return constraints.every(({ topologyKey }) => labelOf(node, topologyKey) !== undefined);
}

function labelOf({ metadata }: Node, key: string): string | undefined {
  return metadata.labels !== undefined && Object.hasOwn(metadata.labels, key) ? metadata.labels[key] : undefined;
}

