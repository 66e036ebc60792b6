import type { Node, NodeAffinity, NodeSelectorTerm, Pod } from '../../api/types/core-v1.js';
import { normalizeByMaximum, type SchedulerPlugin, unresolvable } from '../framework.js';
import { matchesNodeSelectorTerm, matchesRequiredNodeAffinity } from '../../api/node-selector.js';

const FAILURE = unresolvable("node(s) didn't match Pod's node affinity/selector");

const ENFORCED = unresolvable("node(s) didn't match scheduler-enforced node affinity");

/** nodeSelector and node affinity; `added` is what a profile demands and prefers for all its pods. */
export const nodeAffinity = (added: NodeAffinity = {}): SchedulerPlugin => {
  const terms = added.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const isAllowed = (node: Node): boolean => !terms || terms.some((term) => matchesNodeSelectorTerm(term, node));
  const matchesPod = (pod: Pod, node: Node): boolean => isAllowed(node) && matchesRequiredNodeAffinity(pod.spec, node);
  return {
    name: 'NodeAffinity',
    helpedBy: ['node-labels'],
    helps: (pod, { node, oldNode }) => !node || (matchesPod(pod, node) && !(oldNode && matchesPod(pod, oldNode))),
    preFilter: (pod) => (namedNodes(pod)?.size === 0 ? unresolvable('pod affinity terms conflict') : undefined),
    nodes: namedNodes,
    filter: (pod) => {
      const matches = requiredNodeMatcher(pod);
      if (!terms) return matches && (({ node }) => (matches(node) ? undefined : FAILURE));
      return ({ node }) => (isAllowed(node) ? (!matches || matches(node) ? undefined : FAILURE) : ENFORCED);
    },
    score: (pod) => {
      const preferred = [...(added.preferredDuringSchedulingIgnoredDuringExecution ?? []), ...(pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [])];
      if (preferred.length === 0) return undefined;
      return {
        weight: 2,
        score: ({ node }) => preferred.reduce((sum, { weight, preference }) => sum + (matchesPreference(preference, node) ? weight : 0), 0),
        normalize: (scores) => normalizeByMaximum(scores),
      };
    },
  };
};

/** What a pod demands of its node by selector and required affinity; undefined when it demands nothing. */
export function requiredNodeMatcher(pod: Pod): ((node: Node) => boolean) | undefined {
  const { nodeSelector, affinity } = pod.spec;
  if (!nodeSelector && !affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution) return undefined;
  return (node) => matchesRequiredNodeAffinity(pod.spec, node);
}

/** The nodes that required affinity names, as DaemonSets do for their pods; undefined where some term names none. */
function namedNodes({ spec }: Pod): ReadonlySet<string> | undefined {
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  if (terms.length === 0) return undefined;
  const names = new Set<string>();
  for (const { matchFields = [] } of terms) {
    const lists = matchFields.filter(({ key, operator }) => key === 'metadata.name' && operator === 'In').map(({ values = [] }) => values);
    const [first, ...others] = lists;
    if (!first) return undefined;
    for (const name of first) if (others.every((list) => list.includes(name))) names.add(name);
  }
  return names;
}

/** An empty preference is liked everywhere. */
function matchesPreference(term: NodeSelectorTerm, node: Node): boolean {
  return (!term.matchExpressions?.length && !term.matchFields?.length) || matchesNodeSelectorTerm(term, node);
}
