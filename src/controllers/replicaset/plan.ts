import type { ReplicaSet, ReplicaSetCondition, ReplicaSetStatus } from '../../api/types/apps-v1.js';
import type { Pod } from '../../api/types/core-v1.js';
import { withCondition, withoutCondition, findCondition } from '../shared/conditions.js';
import { podsToDelete } from '../shared/pod-ranking.js';
import { isPodAvailable, isPodReady } from '../shared/pods.js';

/** Pods that are created or deleted in one round at most. */
export const BURST_REPLICAS = 500;

export interface ReplicaPlan {
  readonly create: number;
  readonly delete: readonly Pod[];
}

/** What must be done about the number of pods. `related`: pods of the ReplicaSets of the same Deployment. Pure. */
export function planReplicas(wanted: number, active: readonly Pod[], related: () => readonly Pod[], nowMs: number): ReplicaPlan {
  const difference = active.length - wanted;
  if (difference < 0) return { create: Math.min(-difference, BURST_REPLICAS), delete: [] };
  if (difference === 0) return { create: 0, delete: [] };
  return { create: 0, delete: podsToDelete(active, related(), Math.min(difference, BURST_REPLICAS), nowMs) };
}

export interface Observed {
  readonly replicaSet: ReplicaSet;
  readonly active: readonly Pod[];
  /** Undefined where the kind has no such field. */
  readonly terminating: number | undefined;
  /** Why pods could not be created or deleted. */
  readonly failure: string | undefined;
  readonly nowMs: number;
  /** RFC 3339, for new conditions. */
  readonly now: string;
}

/** The status that follows from the pods. Pure. */
export function statusOf({ replicaSet, active, terminating, failure, nowMs, now }: Observed): ReplicaSetStatus {
  const { spec, status } = replicaSet;
  const labels = Object.entries(spec.template?.metadata?.labels ?? {});
  let fullyLabeled = 0;
  let ready = 0;
  let available = 0;
  for (const pod of active) {
    if (labels.every(([key, value]) => pod.metadata.labels?.[key] === value)) fullyLabeled++;
    if (!isPodReady(pod)) continue;
    ready++;
    if (isPodAvailable(pod, spec.minReadySeconds ?? 0, nowMs)) available++;
  }
  const conditions = conditionsOf(status?.conditions, failure, active.length - (spec.replicas ?? 1), now);
  return {
    replicas: active.length,
    ...(fullyLabeled > 0 ? { fullyLabeledReplicas: fullyLabeled } : {}),
    ...(ready > 0 ? { readyReplicas: ready } : {}),
    ...(available > 0 ? { availableReplicas: available } : {}),
    ...(terminating === undefined ? {} : { terminatingReplicas: terminating }),
    observedGeneration: replicaSet.metadata.generation,
    ...(conditions.length > 0 ? { conditions } : {}),
  };
}

function conditionsOf(old: readonly ReplicaSetCondition[] | undefined, failure: string | undefined, difference: number, now: string): ReplicaSetCondition[] {
  if (failure === undefined) return withoutCondition(old, 'ReplicaFailure');
  if (findCondition(old, 'ReplicaFailure')) return [...(old ?? [])];
  const reason = difference < 0 ? 'FailedCreate' : difference > 0 ? 'FailedDelete' : '';
  return withCondition<ReplicaSetCondition>(old, { type: 'ReplicaFailure', status: 'True', lastTransitionTime: now, reason, message: failure });
}

/** Whether two statuses say the same, absent counts being zero. */
export function sameStatus(a: ReplicaSetStatus | undefined, b: ReplicaSetStatus): boolean {
  if (!a) return false;
  return (
    a.replicas === b.replicas &&
    (a.fullyLabeledReplicas ?? 0) === (b.fullyLabeledReplicas ?? 0) &&
    (a.readyReplicas ?? 0) === (b.readyReplicas ?? 0) &&
    (a.availableReplicas ?? 0) === (b.availableReplicas ?? 0) &&
    a.terminatingReplicas === b.terminatingReplicas &&
    a.observedGeneration === b.observedGeneration &&
    JSON.stringify(a.conditions ?? []) === JSON.stringify(b.conditions ?? [])
  );
}
