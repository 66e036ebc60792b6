import type { Pod } from '../../api/types/core-v1.js';
import { deepEqual } from '../../base/freeze.js';
import { isKubeletCondition } from '../status/conditions.js';
import { isTerminalPhase } from './pod-helpers.js';

/** Whether a pod has changed in something that this node acts upon. */
export function asksForWork(before: Pod, now: Pod): boolean {
  const { metadata: a } = before;
  const { metadata: b } = now;
  return a.generation !== b.generation || a.deletionTimestamp !== b.deletionTimestamp || a.deletionGracePeriodSeconds !== b.deletionGracePeriodSeconds
    || isTerminalPhase(before.status?.phase) !== isTerminalPhase(now.status?.phase)
    || before.spec !== now.spec && !deepEqual(before.spec, now.spec) || !deepEqual(a.labels, b.labels) || !deepEqual(a.annotations, b.annotations);
}

/** Whether conditions that others set have changed: readiness gates look at them. */
export function gatesChanged(before: Pod, now: Pod): boolean {
  const foreign = (pod: Pod): unknown => (pod.status?.conditions ?? []).filter((c) => !isKubeletCondition(c.type));
  return !deepEqual(foreign(before), foreign(now));
}
