import type { Job, JobCondition } from '../../api/types/batch-v1.js';
import type { Pod } from '../../api/types/core-v1.js';
import type { IndexProgress } from './index-progress.js';
import { hasValidIndex, indexOf, isCountable, isHeld, isIndexed, isPodFailed } from './pods.js';
import { judgeFailure } from './policies.js';

/** Uids that wait in the status to be counted, at most (MaxUncountedPods): a status stays small that way. */
const UNCOUNTED_MAX = 500;

/** Which pods may go, and which of them are counted (KEP-2307). */
export interface Tracked {
  /** Pods that lose their finalizer once the status is written. */
  readonly release: readonly Pod[];
  /** Uids to be noted before that. */
  readonly succeeded: readonly string[];
  readonly failed: readonly string[];
  /** Indexes that are new in the status; they need no uids. */
  readonly indexes: ReadonlySet<number>;
  /** More are left for the next round. */
  readonly full: boolean;
}

export interface Uncounted {
  readonly succeeded: readonly string[];
  readonly failed: readonly string[];
}

/** Pods that have come to an end and are still held. `finished`: the Job's own end. Pure. */
export function trackFinished(job: Job, pods: readonly Pod[], released: ReadonlySet<string>, uncounted: Uncounted, progress: IndexProgress | undefined, finished: JobCondition | undefined): Tracked {
  const known = { succeeded: new Set(uncounted.succeeded), failed: new Set(uncounted.failed) };
  // Of a Job that has failed every pod that hasn't come to its end counts as failed.
  const allFailed = finished !== undefined && finished.type !== 'SuccessCriteriaMet';
  const release: Pod[] = [];
  const succeeded: string[] = [];
  const failed: string[] = [];
  const indexes = new Set<number>();
  const waiting = known.succeeded.size + known.failed.size;
  for (const pod of pods) {
    const uid = pod.metadata.uid as string;
    const hasFailed = isPodFailed(job, pod);
    if (!isHeld(pod, released) || !mayRelease(job, pod, hasFailed, progress, finished)) continue;
    release.push(pod);
    if (pod.status?.phase === 'Succeeded' && !known.failed.has(uid)) {
      if (!isIndexed(job)) {
        if (!known.succeeded.has(uid)) succeeded.push(uid);
      } else if (hasValidIndex(job, pod) && !progress?.succeededBefore.has(indexOf(pod))) indexes.add(indexOf(pod));
    } else if ((hasFailed || allFailed) && !known.failed.has(uid) && isCountable(job, pod) && judgeFailure(job, pod).counts) failed.push(uid);
    if (waiting + succeeded.length + failed.length + indexes.size >= UNCOUNTED_MAX) return { release, succeeded, failed, indexes, full: true };
  }
  return { release, succeeded, failed, indexes, full: false };
}

function mayRelease(job: Job, pod: Pod, hasFailed: boolean, progress: IndexProgress | undefined, finished: JobCondition | undefined): boolean {
  if (job.metadata.deletionTimestamp || finished || pod.status?.phase === 'Succeeded') return true;
  return hasFailed && progress?.delayed.get(indexOf(pod)) !== pod;
}
