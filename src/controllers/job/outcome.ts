import { timeMs } from '../../api/time.js';
import type { Job, JobCondition, JobStatus } from '../../api/types/batch-v1.js';
import type { Pod } from '../../api/types/core-v1.js';
import { newCondition, trueCondition } from './conditions.js';
import type { IndexProgress } from './index-progress.js';
import { isPodFailed, isSuspended } from './pods.js';
import { judgeFailure, successReason } from './policies.js';

/**
 * When a Job as a whole has come to its end, and why. What is found is told first (FailureTarget, SuccessCriteriaMet);
 * Failed and Complete follow once no pod runs any more. Pure. All take `now` as metav1.Time text, or `nowMs`.
 */

/** What an earlier look, the failures, or the deadline say. `failed`: pods that count against the backoff limit. */
export function outcomeOf(job: Job, pods: readonly Pod[], failed: number, startTime: string | undefined, nowMs: number, now: string): JobCondition | undefined {
  const met = trueCondition(job, 'SuccessCriteriaMet');
  if (met) return met;
  const target = trueCondition(job, 'FailureTarget');
  if (target) return newCondition('Failed', 'True', target.reason ?? '', target.message ?? '', now);
  const policy = failJobMessage(job, pods);
  if (policy !== undefined) return failureTarget('PodFailurePolicy', policy, now);
  if (failed > (job.spec.backoffLimit ?? 6) || restartedTooOften(job, pods)) return failureTarget('BackoffLimitExceeded', 'Job has reached the specified backoff limit', now);
  const leftMs = deadlineLeftMs(job, startTime, nowMs);
  return leftMs !== undefined && leftMs <= 0 ? failureTarget('DeadlineExceeded', 'Job was active longer than specified deadline', now) : undefined;
}

/** What the indexes say: too many failed, none left, or enough succeeded for the success policy. */
export function indexOutcome({ spec }: Job, { succeeded, failed }: IndexProgress, now: string): JobCondition | undefined {
  const completions = spec.completions ?? 0;
  const failures = failed?.size ?? 0;
  if (spec.maxFailedIndexes !== undefined && failures > spec.maxFailedIndexes) {
    return failureTarget('MaxFailedIndexesExceeded', 'Job has exceeded the specified maximal number of failed indexes', now);
  }
  if (failures > 0 && failures + succeeded.size >= completions) return failureTarget('FailedIndexes', 'Job has failed indexes', now);
  const message = successReason(spec.successPolicy, completions, succeeded);
  return message === undefined ? undefined : newCondition('SuccessCriteriaMet', 'True', 'SuccessPolicy', message, now);
}

/** Enough completions and nothing left that runs. A Job without `completions` needs one success only. */
export function completion({ spec }: Job, succeeded: number, active: number, now: string): JobCondition | undefined {
  const enough = spec.completions === undefined ? succeeded > 0 : succeeded >= spec.completions;
  return enough && active === 0 ? newCondition('SuccessCriteriaMet', 'True', 'CompletionsReached', 'Reached expected number of succeeded pods', now) : undefined;
}

/** The condition that ends the Job, for one that announces it. */
export function terminalCondition({ type, reason, message }: JobCondition, now: string): JobCondition {
  return newCondition(type === 'SuccessCriteriaMet' || type === 'Complete' ? 'Complete' : 'Failed', 'True', reason ?? '', message ?? '', now);
}

/** Milliseconds until activeDeadlineSeconds is over; undefined when none runs, as while a Job is suspended. */
export function deadlineLeftMs(job: Job, startTime: string | undefined, nowMs: number): number | undefined {
  const deadline = job.spec.activeDeadlineSeconds;
  const started = timeMs(startTime);
  return deadline === undefined || started === undefined || isSuspended(job) ? undefined : started + deadline * 1000 - nowMs;
}

/** The event that tells of the end, and one before it when there was too much of a good thing. */
export function endEvents({ spec }: Job, { succeeded }: JobStatus, { type, reason, message }: JobCondition): Array<readonly ['Normal' | 'Warning', string, string]> {
  if (type !== 'Complete') return [['Warning', reason ?? '', message ?? '']];
  const surplus = spec.completions !== undefined && (succeeded ?? 0) > spec.completions;
  return [
    ...(surplus ? [['Warning', 'TooManySucceededPods', 'Too many succeeded pods running after completion count reached'] as const] : []),
    ['Normal', 'Completed', 'Job completed'],
  ];
}

function failJobMessage(job: Job, pods: readonly Pod[]): string | undefined {
  if (!job.spec.podFailurePolicy) return undefined;
  for (const pod of pods) {
    const message = isPodFailed(job, pod) ? judgeFailure(job, pod).message : undefined;
    if (message !== undefined) return message;
  }
  return undefined;
}

function failureTarget(reason: string, message: string, now: string): JobCondition {
  return newCondition('FailureTarget', 'True', reason, message, now);
}

/** Restarts of containers count as failures of pods that restart on failure. */
function restartedTooOften({ spec }: Job, pods: readonly Pod[]): boolean {
  if (spec.template.spec?.restartPolicy !== 'OnFailure') return false;
  let restarts = 0;
  for (const { status } of pods) {
    if (status?.phase !== 'Running' && status?.phase !== 'Pending') continue;
    for (const { restartCount } of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]) restarts += restartCount;
  }
  return spec.backoffLimit === 0 ? restarts > 0 : restarts >= (spec.backoffLimit ?? 6);
}
