import { formatTime } from '../../api/time.js';
import type { Job, JobCondition } from '../../api/types/batch-v1.js';
import type { Pod } from '../../api/types/core-v1.js';
import { inDeletionOrder } from '../shared/pod-ranking.js';
import { isPodActive, isPodTerminating } from '../shared/pods.js';
import { remainingMs, withFinished, type FailureRecord } from './backoff.js';
import { indexesToCreate, indexProgress, type IndexProgress, type NewPod } from './index-progress.js';
import { deadlineLeftMs, indexOutcome, outcomeOf } from './outcome.js';
import { hasLimitPerIndex, indexOf, isCountable, isHeld, isIndexed, isPodFailed, isSuspended, replacesFailedOnly } from './pods.js';
import { judgeFailure } from './policies.js';

/** Pods that are created or deleted in one round at most (MaxPodCreateDeletePerSync). */
const PER_SYNC_MAX = 500;

export interface JobView {
  readonly job: Job;
  /** All that the Job controls. */
  readonly pods: readonly Pod[];
  /** Uids of pods whose finalizer is gone although the cache still shows it. */
  readonly released: ReadonlySet<string>;
  /** Whether the cache shows all that was created and deleted before. */
  readonly settled: boolean;
  readonly backoff: FailureRecord;
  readonly nowMs: number;
}

export interface JobPlan {
  readonly startTime: string | undefined;
  /** The end, if it is reached whatever the deeds below bring. */
  readonly outcome: JobCondition | undefined;
  /** Completions with those that the status doesn't have yet. */
  readonly succeeded: number;
  readonly indexes: IndexProgress | undefined;
  readonly backoff: FailureRecord;
  /** Whether pods are looked after in this round; if not, nothing is said of suspension either. */
  readonly managed: boolean;
  /** Active pods of a Job that is through. They are deleted with their finalizer, so that they count. */
  readonly end: readonly Pod[];
  /** Pods that are too many. They lose the finalizer first, and don't count. */
  readonly remove: readonly Pod[];
  readonly create: readonly NewPod[];
  /** When to look again, if nothing happens before. */
  readonly requeueMs: number | undefined;
}

/** What is to be done for a Job (syncJob and manageJob of k8s.io/kubernetes/pkg/controller/job). Pure. */
export function plan(view: JobView): JobPlan {
  const { job, pods, released, nowMs } = view;
  const { status } = job;
  const now = formatTime(nowMs);
  const fresh = newlyFinished(view);
  const uncounted = status?.uncountedTerminatedPods;
  const failed = (status?.failed ?? 0) + fresh.failed.filter((pod) => judgeFailure(job, pod).counts).length + (uncounted?.failed?.length ?? 0);
  const startTime = status?.startTime ?? (isSuspended(job) ? undefined : now);
  const indexes = isIndexed(job) ? indexProgress(job, pods, released) : undefined;
  const succeeded = indexes ? indexes.succeeded.size : (status?.succeeded ?? 0) + fresh.succeeded.length + (uncounted?.succeeded?.length ?? 0);
  const overall = outcomeOf(job, pods, failed, startTime, nowMs, now);
  const outcome = overall ?? (indexes && indexOutcome(job, indexes, now));
  const managed = !outcome && view.settled && !job.metadata.deletionTimestamp;
  const common = { startTime, outcome, succeeded, indexes, backoff: withFinished(view.backoff, fresh.succeeded, fresh.failed), managed };
  const deeds = managed ? manage(view, common) : { remove: [], create: [] };
  return {
    ...common,
    ...deeds,
    end: outcome ? pods.filter(isPodActive) : [],
    requeueMs: earliest(deeds.waitMs, overall ? undefined : deadlineLeftMs(job, startTime, nowMs)),
  };
}

/** Pods that came to an end since the status was written. */
function newlyFinished({ job, pods, released }: JobView): { succeeded: Pod[]; failed: Pod[] } {
  const uncounted = job.status?.uncountedTerminatedPods;
  const known = { succeeded: new Set(uncounted?.succeeded), failed: new Set(uncounted?.failed) };
  const ours = pods.filter((pod) => isHeld(pod, released) && isCountable(job, pod));
  return {
    succeeded: ours.filter(({ status, metadata }) => status?.phase === 'Succeeded' && !known.succeeded.has(metadata.uid as string)),
    failed: ours.filter((pod) => isPodFailed(job, pod) && !known.failed.has(pod.metadata.uid as string)),
  };
}

interface Deeds {
  readonly remove: readonly Pod[];
  readonly create: readonly NewPod[];
  readonly waitMs?: number;
}

/** Either removes pods or creates some, never both in one round. */
function manage({ job, pods, nowMs }: JobView, { succeeded, indexes, backoff }: Pick<JobPlan, 'succeeded' | 'indexes' | 'backoff'>): Deeds {
  const active = pods.filter(isPodActive);
  if (isSuspended(job)) return { remove: active, create: [] };
  const { completions, parallelism = 1 } = job.spec;
  let wanted: number;
  // Work queues: after the first success whatever still runs may come to its end.
  if (completions === undefined) wanted = succeeded > 0 ? active.length : parallelism;
  else wanted = Math.max(0, Math.min(completions - succeeded, parallelism));
  const remove = surplusPods(job, active, Math.max(0, active.length - wanted)).slice(0, PER_SYNC_MAX);
  if (remove.length > 0) return { remove, create: [] };
  const terminating = replacesFailedOnly(job) ? pods.filter(isPodTerminating).length : 0;
  const missing = Math.min(wanted - active.length - terminating, PER_SYNC_MAX);
  if (missing <= 0) return { remove, create: [] };
  const waitMs = hasLimitPerIndex(job) ? 0 : remainingMs(backoff, nowMs);
  if (waitMs > 0) return { remove, create: [], waitMs };
  if (indexes) return { remove, ...indexesToCreate(job, pods, indexes, missing, nowMs) };
  return { remove, create: Array.from({ length: missing }, () => ({})) };
}

/** Pods to remove, `atLeast` so many: all but one of each index, those of no valid index, then those whose loss hurts least. */
function surplusPods(job: Job, active: readonly Pod[], atLeast: number): Pod[] {
  if (!isIndexed(job)) return atLeast === 0 ? [] : inDeletionOrder(active).slice(0, atLeast);
  const byIndex = new Map<number, Pod[]>();
  for (const pod of active) {
    const same = byIndex.get(indexOf(pod));
    if (same) same.push(pod);
    else byIndex.set(indexOf(pod), [pod]);
  }
  const remove: Pod[] = [];
  const left: Pod[] = [];
  for (const [index, pods] of byIndex) {
    const keep = index >= 0 && index < (job.spec.completions ?? 0) ? 1 : 0;
    const ordered = inDeletionOrder(pods);
    remove.push(...ordered.slice(0, ordered.length - keep));
    left.push(...ordered.slice(ordered.length - keep));
  }
  return remove.length >= atLeast ? remove : [...remove, ...inDeletionOrder(left).slice(0, atLeast - remove.length)];
}

function earliest(...times: ReadonlyArray<number | undefined>): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
