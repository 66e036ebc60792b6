import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '../../api/types/apps-v1.js';
import { timeMs } from '../../api/time.js';
import { findCondition, withoutCondition } from '../shared/conditions.js';
import { maxUnavailable } from './arithmetic.js';
import { sumSpecReplicas, wantedOf } from './replica-sets.js';

/** The status of a Deployment (k8s.io/kubernetes/pkg/controller/deployment, progress.go and sync.go). Pure. */

const NO_DEADLINE = 2 ** 31 - 1;

export function hasProgressDeadline({ spec }: Deployment): boolean {
  return spec.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds !== NO_DEADLINE;
}

export function progressingCondition(deployment: Deployment): DeploymentCondition | undefined {
  return findCondition(deployment.status?.conditions, 'Progressing');
}

export function newCondition(type: string, status: string, reason: string, message: string, now: string): DeploymentCondition {
  return { type, status, lastUpdateTime: now, lastTransitionTime: now, reason, message };
}

/** Leaves the condition alone that says the same already; the time of a transition is that of a change of status. */
export function setCondition(conditions: readonly DeploymentCondition[] | undefined, condition: DeploymentCondition): DeploymentCondition[] {
  const old = findCondition(conditions, condition.type);
  if (old && old.status === condition.status && old.reason === condition.reason) return [...(conditions ?? [])];
  const lastTransitionTime = old?.status === condition.status ? old.lastTransitionTime : condition.lastTransitionTime;
  return [...withoutCondition(conditions, condition.type), { ...condition, lastTransitionTime }];
}

/** Counts and the Available condition; other conditions as they are. `now`: RFC 3339. */
export function calculateStatus(deployment: Deployment, all: readonly ReplicaSet[], fresh: ReplicaSet | undefined, now: string): DeploymentStatus {
  const sum = (read: (status: NonNullable<ReplicaSet['status']>) => number | undefined): number => all.reduce((total, { status }) => total + ((status && read(status)) ?? 0), 0);
  const available = sum((status) => status.availableReplicas);
  const minimum = available >= wantedOf(deployment) - maxUnavailable(deployment);
  const condition = minimum
    ? newCondition('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.', now)
    : newCondition('Available', 'False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.', now);
  return {
    observedGeneration: deployment.metadata.generation,
    ...nonZero('replicas', sum((status) => status.replicas)),
    ...nonZero('updatedReplicas', fresh?.status?.replicas ?? 0),
    ...nonZero('readyReplicas', sum((status) => status.readyReplicas)),
    ...nonZero('availableReplicas', available),
    ...nonZero('unavailableReplicas', Math.max(0, sumSpecReplicas(all) - available)),
    ...terminating(all),
    ...(deployment.status?.collisionCount === undefined ? {} : { collisionCount: deployment.status.collisionCount }),
    conditions: setCondition(deployment.status?.conditions, condition),
  };
}

function nonZero<K extends string>(key: K, value: number): Partial<Record<K, number>> {
  return value === 0 ? {} : ({ [key]: value } as Record<K, number>);
}

/** Unknown as long as one ReplicaSet has not said. */
function terminating(all: readonly ReplicaSet[]): { terminatingReplicas?: number } {
  let count = 0;
  for (const { status } of all) {
    if (!status?.observedGeneration && status?.terminatingReplicas === undefined) continue;
    if (status.terminatingReplicas === undefined) return {};
    count += status.terminatingReplicas;
  }
  return { terminatingReplicas: count };
}

export function isComplete(deployment: Deployment, status: DeploymentStatus | undefined): boolean {
  const wanted = wantedOf(deployment);
  return (
    (status?.updatedReplicas ?? 0) === wanted &&
    (status?.replicas ?? 0) === wanted &&
    (status?.availableReplicas ?? 0) === wanted &&
    (status?.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

function isProgressing({ status: old }: Deployment, status: DeploymentStatus): boolean {
  const count = (of: DeploymentStatus | undefined, key: 'replicas' | 'updatedReplicas' | 'readyReplicas' | 'availableReplicas'): number => of?.[key] ?? 0;
  return (
    count(status, 'updatedReplicas') > count(old, 'updatedReplicas') ||
    count(status, 'replicas') - count(status, 'updatedReplicas') < count(old, 'replicas') - count(old, 'updatedReplicas') ||
    count(status, 'readyReplicas') > count(old, 'readyReplicas') ||
    count(status, 'availableReplicas') > count(old, 'availableReplicas')
  );
}

function isTimedOut({ spec }: Deployment, status: DeploymentStatus, nowMs: number): boolean {
  const condition = findCondition(status.conditions, 'Progressing');
  if (!condition || condition.reason === 'NewReplicaSetAvailable') return false;
  if (condition.reason === 'ProgressDeadlineExceeded') return true;
  return (timeMs(condition.lastUpdateTime) ?? 0) + (spec.progressDeadlineSeconds ?? 0) * 1000 < nowMs;
}

/** The status in the middle of a rollout: counts, and whether it moves on, is through, or hangs. */
export function rolloutStatus(deployment: Deployment, all: readonly ReplicaSet[], fresh: ReplicaSet | undefined, nowMs: number, now: string): DeploymentStatus {
  const status = calculateStatus(deployment, all, fresh, now);
  let conditions = status.conditions ?? [];
  const current = progressingCondition(deployment);
  const deadline = hasProgressDeadline(deployment);
  if (!deadline) conditions = withoutCondition(conditions, 'Progressing');
  const done = (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && current?.reason === 'NewReplicaSetAvailable';
  if (deadline && !done) {
    const subject = fresh ? `ReplicaSet ${JSON.stringify(fresh.metadata.name)}` : `Deployment ${JSON.stringify(deployment.metadata.name)}`;
    if (isComplete(deployment, status)) {
      conditions = setCondition(conditions, newCondition('Progressing', 'True', 'NewReplicaSetAvailable', `${subject} has successfully progressed.`, now));
    } else if (isProgressing(deployment, status)) {
      const condition = newCondition('Progressing', 'True', 'ReplicaSetUpdated', `${subject} is progressing.`, now);
      const lastTransitionTime = current?.status === 'True' ? current.lastTransitionTime : now;
      // The time of the last update moves on with each step, or the deadline would count from the first.
      conditions = [...withoutCondition(conditions, 'Progressing'), { ...condition, lastTransitionTime }];
    } else if (isTimedOut(deployment, status, nowMs)) {
      conditions = setCondition(conditions, newCondition('Progressing', 'False', 'ProgressDeadlineExceeded', `${subject} has timed out progressing.`, now));
    }
  }
  const failure = findCondition(fresh?.status?.conditions, 'ReplicaFailure') ?? all.map((replicaSet) => findCondition(replicaSet.status?.conditions, 'ReplicaFailure')).find(Boolean);
  conditions = failure
    ? setCondition(conditions, { ...failure, lastUpdateTime: failure.lastTransitionTime })
    : withoutCondition(conditions, 'ReplicaFailure');
  return { ...status, conditions };
}

/** How long until a rollout that does not move must be looked at; undefined when it need not. */
export function deadlineMs(deployment: Deployment, status: DeploymentStatus, nowMs: number): number | undefined {
  const condition = progressingCondition(deployment);
  if (!hasProgressDeadline(deployment) || !condition || isComplete(deployment, status) || condition.reason === 'ProgressDeadlineExceeded') return undefined;
  const left = (timeMs(condition.lastUpdateTime) ?? nowMs) + (deployment.spec.progressDeadlineSeconds ?? 0) * 1000 - nowMs;
  return Math.max(left, 0) + 1000;
}
