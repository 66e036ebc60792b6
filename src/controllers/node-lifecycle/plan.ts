import type { Node, NodeCondition, Taint } from '../../api/types/core-v1.js';

/** What node conditions mean for taints (k8s.io/kubernetes/pkg/controller/nodelifecycle). Pure. */

export const NOT_READY = 'node.kubernetes.io/not-ready';
export const UNREACHABLE = 'node.kubernetes.io/unreachable';
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';

const NO_SCHEDULE_KEYS: ReadonlyArray<readonly [condition: string, status: string, key: string]> = [
  ['Ready', 'False', NOT_READY],
  ['Ready', 'Unknown', UNREACHABLE],
  ['MemoryPressure', 'True', 'node.kubernetes.io/memory-pressure'],
  ['DiskPressure', 'True', 'node.kubernetes.io/disk-pressure'],
  ['NetworkUnavailable', 'True', 'node.kubernetes.io/network-unavailable'],
  ['PIDPressure', 'True', 'node.kubernetes.io/pid-pressure'],
];
const OURS = new Set([...NO_SCHEDULE_KEYS.map(([, , key]) => key), UNSCHEDULABLE]);

/** The taints that a node should have: those of others as they are, ours as its conditions say. `now`: RFC 3339. */
export function wantedTaints(node: Node, now: string): Taint[] {
  const conditions = new Map((node.status?.conditions ?? []).map((c) => [c.type, c.status]));
  const present = node.spec.taints ?? [];
  const wanted: Taint[] = [];
  for (const [type, status, key] of NO_SCHEDULE_KEYS) {
    if (conditions.get(type) === status) wanted.push({ key, effect: 'NoSchedule' });
  }
  if (node.spec.unschedulable) wanted.push({ key: UNSCHEDULABLE, effect: 'NoSchedule' });
  const ready = conditions.get('Ready');
  if (ready === 'False') wanted.push({ key: NOT_READY, effect: 'NoExecute' });
  if (ready === 'Unknown') wanted.push({ key: UNREACHABLE, effect: 'NoExecute' });
  const isOurs = (taint: Taint): boolean => (taint.effect === 'NoSchedule' && OURS.has(taint.key)) || (taint.effect === 'NoExecute' && (taint.key === NOT_READY || taint.key === UNREACHABLE));
  const kept = present.filter((taint) => !isOurs(taint) || wanted.some((w) => same(w, taint)));
  const added = wanted.filter((w) => !present.some((taint) => same(w, taint))).map((taint) => ({ ...taint, timeAdded: now }));
  return [...kept, ...added];
}

export function same(a: Taint, b: Taint): boolean {
  return a.key === b.key && a.effect === b.effect;
}

/** Conditions of a node that has not been heard of: what it said last is not known to be true any more. */
export function unknownConditions(node: Node, now: string): NodeCondition[] {
  const present = node.status?.conditions ?? [];
  const unknown = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];
  const others = present.filter(({ type }) => !unknown.includes(type));
  const changed = unknown.map((type): NodeCondition => {
    const old = present.find((c) => c.type === type);
    if (!old) {
      return { type, status: 'Unknown', lastHeartbeatTime: node.metadata.creationTimestamp, lastTransitionTime: now, reason: 'NodeStatusNeverUpdated', message: 'Kubelet never posted node status.' };
    }
    if (old.status === 'Unknown') return old;
    return { ...old, status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.', lastTransitionTime: now };
  });
  return [...others, ...changed].sort((a, b) => present.findIndex((c) => c.type === a.type) - present.findIndex((c) => c.type === b.type));
}
