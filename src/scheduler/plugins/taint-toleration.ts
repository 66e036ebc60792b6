import type { Node, Pod } from '../../api/types/core-v1.js';
import { normalizeByMaximum, type SchedulerPlugin, unresolvable } from '../framework.js';
import { tolerates } from '../../api/tolerations.js';

const FAILURE = unresolvable('node(s) had untolerated taint(s)');

/** Taints with NoSchedule and NoExecute keep pods off; PreferNoSchedule makes a node less liked. */
export const taintToleration: SchedulerPlugin = {
  name: 'TaintToleration',
  helpedBy: ['node-taints', 'pod-tolerations'],
  helps: (pod, { pod: itself, node }) => (itself ? itself.metadata.uid === pod.metadata.uid : !node || isTolerated(pod, node)),
  filter: (pod) => (info) => (isTolerated(pod, info.node) ? undefined : FAILURE),
  score: (pod) => ({
    weight: 3,
    score: ({ node }) => (node.spec.taints ?? []).filter((taint) => taint.effect === 'PreferNoSchedule' && !tolerates(pod.spec.tolerations, taint)).length,
    normalize: (scores) => normalizeByMaximum(scores, true),
  }),
};

function isTolerated(pod: Pod, { spec }: Node): boolean {
  return (spec.taints ?? []).every((taint) => (taint.effect !== 'NoSchedule' && taint.effect !== 'NoExecute') || tolerates(pod.spec.tolerations, taint));
}
