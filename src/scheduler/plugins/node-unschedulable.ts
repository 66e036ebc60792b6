import { tolerates } from '../../api/tolerations.js';
import { type SchedulerPlugin, unresolvable } from '../framework.js';

const TAINT = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
const FAILURE = unresolvable('node(s) were unschedulable');

/** Keeps pods off cordoned nodes, unless they tolerate that. */
export const nodeUnschedulable: SchedulerPlugin = {
  name: 'NodeUnschedulable',
  helpedBy: ['node-taints', 'pod-tolerations'],
  helps: (pod, { pod: itself, node }) => (itself ? itself.metadata.uid === pod.metadata.uid && tolerates(itself.spec.tolerations, TAINT) : !node?.spec.unschedulable),
  filter: (pod) => {
    if (tolerates(pod.spec.tolerations, TAINT)) return undefined;
    return ({ node }) => (node.spec.unschedulable ? FAILURE : undefined);
  },
};
