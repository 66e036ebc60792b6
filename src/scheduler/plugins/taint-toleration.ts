import { normalizeByMaximum, type SchedulerPlugin, unresolvable } from '../framework.js';
import { tolerates } from '../../api/tolerations.js';

const FAILURE = unresolvable('node(s) had untolerated taint(s)');

/** Taints with NoSchedule and NoExecute keep pods off; PreferNoSchedule makes a node less liked. */
export const taintToleration: SchedulerPlugin = {
  name: 'TaintToleration',
  helpedBy: ['node-taints'],
  filter: (pod) => (info) => {
    for (const taint of info.node.spec.taints ?? []) {
      if ((taint.effect === 'NoSchedule' || taint.effect === 'NoExecute') && !tolerates(pod.spec.tolerations, taint)) return FAILURE;
    }
    return undefined;
  },
  score: (pod) => ({
    weight: 3,
    score: ({ node }) => (node.spec.taints ?? []).filter((taint) => taint.effect === 'PreferNoSchedule' && !tolerates(pod.spec.tolerations, taint)).length,
    normalize: (scores) => normalizeByMaximum(scores, true),
  }),
};
