import type { ControllerRevision, StatefulSet, StatefulSetStatus } from '../../api/types/apps-v1.js';
import type { Pod } from '../../api/types/core-v1.js';
import { isPodAvailable, isPodReady } from '../shared/pods.js';
import { isInRange, ordinalOf, replicasOf, revisionOf, startOrdinal } from './identity.js';

/** States of a StatefulSet's pods and what follows from them (k8s.io/kubernetes/pkg/controller/statefulset). Pure. */

export interface Revisions {
  readonly current: ControllerRevision;
  readonly update: ControllerRevision;
  readonly collisionCount: number;
}

export interface Members {
  /** By ordinal from the start; undefined: there is no such pod. */
  readonly replicas: ReadonlyArray<Pod | undefined>;
  /** Beyond the wanted ordinals, highest first. */
  readonly condemned: readonly Pod[];
}

export function membersOf(set: StatefulSet, pods: readonly Pod[]): Members {
  const replicas: Array<Pod | undefined> = Array.from({ length: replicasOf(set) }, () => undefined);
  const condemned: Pod[] = [];
  for (const pod of pods) {
    if (isInRange(set, pod)) replicas[ordinalOf(pod) - startOrdinal(set)] = pod;
    else if (ordinalOf(pod) >= 0) condemned.push(pod);
  }
  return { replicas, condemned: condemned.sort((a, b) => ordinalOf(b) - ordinalOf(a)) };
}

/** Whether a new pod of the ordinal is made of the revision before the update. */
export function usesCurrent(set: StatefulSet, ordinal: number): boolean {
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {};
  if (rollingUpdate) return ordinal < startOrdinal(set) + (rollingUpdate.partition ?? 0);
  return type === 'RollingUpdate' && ordinal < startOrdinal(set) + (set.status?.currentReplicas ?? 0);
}

export function isTerminating({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined;
}

export function isRunningAndReady(pod: Pod): boolean {
  return pod.status?.phase === 'Running' && isPodReady(pod);
}

export function isUnavailable(set: StatefulSet, pod: Pod, nowMs: number): boolean {
  return isTerminating(pod) || !isPodAvailable(pod, set.spec.minReadySeconds ?? 0, nowMs);
}

/** Ordered sets move one pod at a time. */
export function isOrdered({ spec }: StatefulSet): boolean {
  return spec.podManagementPolicy !== 'Parallel';
}

/** The pod that a rolling update replaces next; 'wait' while one is not available, undefined when all is done. */
export function nextToUpdate(set: StatefulSet, replicas: ReadonlyArray<Pod | undefined>, update: string, nowMs: number): Pod | 'wait' | undefined {
  const lowest = set.spec.updateStrategy?.rollingUpdate?.partition ?? 0;
  for (let target = replicas.length - 1; target >= lowest; target--) {
    const pod = replicas[target];
    if (!pod) return 'wait';
    if (revisionOf(pod) !== update && !isTerminating(pod)) return pod;
    if (isUnavailable(set, pod, nowMs)) return 'wait';
  }
  return undefined;
}

export function statusOf(set: StatefulSet, pods: readonly Pod[], { current, update, collisionCount }: Revisions, nowMs: number): StatefulSetStatus {
  const count = { replicas: 0, ready: 0, available: 0, current: 0, updated: 0 };
  for (const pod of pods) {
    if (!pod.status?.phase) continue;
    count.replicas++;
    if (isRunningAndReady(pod)) {
      count.ready++;
      if (isPodAvailable(pod, set.spec.minReadySeconds ?? 0, nowMs)) count.available++;
    }
    if (isTerminating(pod)) continue;
    if (revisionOf(pod) === current.metadata.name) count.current++;
    if (revisionOf(pod) === update.metadata.name) count.updated++;
  }
  return completed(set, {
    observedGeneration: set.metadata.generation,
    replicas: count.replicas,
    readyReplicas: count.ready,
    currentReplicas: count.current,
    updatedReplicas: count.updated,
    currentRevision: current.metadata.name,
    updateRevision: update.metadata.name,
    collisionCount,
    availableReplicas: count.available,
  });
}

/** Once all pods are of the new revision it is the current one. */
function completed(set: StatefulSet, status: StatefulSetStatus): StatefulSetStatus {
  const wanted = replicasOf(set);
  const done = set.spec.updateStrategy?.type === 'RollingUpdate' && status.updatedReplicas === wanted && status.readyReplicas === wanted && status.replicas === wanted;
  return done ? { ...status, currentReplicas: status.updatedReplicas, currentRevision: status.updateRevision } : status;
}

/** Whether the stored status must be written anew. */
export function isInconsistent({ status: old }: StatefulSet, status: StatefulSetStatus): boolean {
  return (
    (status.observedGeneration ?? 0) > (old?.observedGeneration ?? 0) ||
    status.replicas !== (old?.replicas ?? 0) ||
    status.currentReplicas !== (old?.currentReplicas ?? 0) ||
    status.readyReplicas !== (old?.readyReplicas ?? 0) ||
    status.updatedReplicas !== (old?.updatedReplicas ?? 0) ||
    status.availableReplicas !== (old?.availableReplicas ?? 0) ||
    status.currentRevision !== (old?.currentRevision ?? '') ||
    status.updateRevision !== (old?.updateRevision ?? '')
  );
}
