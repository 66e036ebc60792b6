import type { Job } from '../../api/types/batch-v1.js';
import type { Pod } from '../../api/types/core-v1.js';
import { isPodActive, isPodTerminating } from '../shared/pods.js';
import { remainingMs } from './backoff.js';
import { firstFree, parseIndexes } from './indexes.js';
import { absoluteFailureCount, failureCount, finishedMs, hasLimitPerIndex, hasValidIndex, indexOf, isHeld, isPodFailed, isTracked, nextFailures, replacesFailedOnly, type IndexFailures } from './pods.js';
import { judgeFailure } from './policies.js';

/** How far the completion indexes of an Indexed Job have come (KEP-2214, KEP-3850). Pure. */
export interface IndexProgress {
  /** As the status has them. */
  readonly succeededBefore: ReadonlySet<number>;
  /** With those that pods have added since. */
  readonly succeeded: ReadonlySet<number>;
  /** Undefined without backoffLimitPerIndex. */
  readonly failed: ReadonlySet<number> | undefined;
  /** Failed pods that are kept until their index has its next pod, which needs to know their count. */
  readonly delayed: ReadonlyMap<number, Pod>;
}

/** A pod to create; without index for NonIndexed completion. */
export interface NewPod {
  readonly index?: number;
  readonly failures?: IndexFailures;
}

export function indexProgress(job: Job, pods: readonly Pod[], released: ReadonlySet<string>): IndexProgress {
  const completions = job.spec.completions ?? 0;
  const succeededBefore = parseIndexes(job.status?.completedIndexes, completions);
  const ours = pods.filter((pod) => isTracked(pod) && hasValidIndex(job, pod));
  const succeeded = new Set([...succeededBefore, ...ours.filter(({ status }) => status?.phase === 'Succeeded').map(indexOf)]);
  if (!hasLimitPerIndex(job)) return { succeededBefore, succeeded, failed: undefined, delayed: new Map() };
  const failed = new Set([...parseIndexes(job.status?.failedIndexes, completions), ...ours.filter((pod) => failsIndex(job, pod)).map(indexOf)]);
  const settled = new Set([...succeeded, ...failed, ...pods.filter(isPodActive).map(indexOf)]);
  return { succeededBefore, succeeded, failed, delayed: delayedPods(ours.filter((pod) => isHeld(pod, released) && isPodFailed(job, pod) && !settled.has(indexOf(pod)))) };
}

function failsIndex(job: Job, pod: Pod): boolean {
  if (!isPodFailed(job, pod)) return false;
  const { action, counts } = judgeFailure(job, pod);
  return action === 'FailIndex' || (counts && failureCount(pod) >= (job.spec.backoffLimitPerIndex ?? 0));
}

/** Of each index the pod that knows of the most failures, the latest of equals. */
function delayedPods(failed: readonly Pod[]): Map<number, Pod> {
  const delayed = new Map<number, Pod>();
  for (const pod of failed) {
    const other = delayed.get(indexOf(pod));
    if (!other || (absoluteFailureCount(other) <= absoluteFailureCount(pod) && finishedMs(pod) >= finishedMs(other))) delayed.set(indexOf(pod), pod);
  }
  return delayed;
}

/** Pods for the lowest indexes that lack one, `missing` at most; `waitMs` when all of those must still back off. */
export function indexesToCreate(job: Job, pods: readonly Pod[], progress: IndexProgress, missing: number, nowMs: number): { create: NewPod[]; waitMs?: number } {
  const taken = new Set([...progress.succeeded, ...pods.filter(isPodActive).map(indexOf), ...(progress.failed ?? [])]);
  if (replacesFailedOnly(job)) for (const pod of pods) if (isPodTerminating(pod)) taken.add(indexOf(pod));
  const free = firstFree(taken, missing, job.spec.completions ?? 0);
  if (!hasLimitPerIndex(job)) return { create: free.map((index) => ({ index })) };
  const waits = free.map((index) => indexWaitMs(progress.delayed.get(index), nowMs));
  const create = free.filter((_, i) => waits[i] === 0).map((index) => ({ index, failures: failuresAfter(job, progress.delayed.get(index)) }));
  return create.length === 0 && free.length > 0 ? { create, waitMs: Math.min(...waits) } : { create };
}

function failuresAfter(job: Job, replaced: Pod | undefined): IndexFailures {
  return nextFailures(replaced, replaced !== undefined && judgeFailure(job, replaced).counts);
}

function indexWaitMs(last: Pod | undefined, nowMs: number): number {
  return last ? remainingMs({ failures: absoluteFailureCount(last) + 1, lastMs: finishedMs(last) }, nowMs) : 0;
}
