import { ApiError } from '../../api/errors.js';
import { formatTime, timeMs } from '../../api/time.js';
import type { Job, JobCondition, JobStatus } from '../../api/types/batch-v1.js';
import type { Pod } from '../../api/types/core-v1.js';
import type { ControllerContext } from '../../client/controller.js';
import type { Expectations } from '../../client/expectations.js';
import { isNamespaceTerminating, type PodControl } from '../shared/pod-control.js';
import { podsToDelete } from '../shared/pod-ranking.js';
import { isPodActive, isPodReady, isPodTerminating } from '../shared/pods.js';
import { JOBS, PODS } from '../shared/resources.js';
import { slowStart } from '../shared/slow-start.js';
import { remainingMs, withFinished, type FailureRecord } from './backoff.js';
import { ensureCondition, newCondition, trueCondition } from './conditions.js';
import { firstFree, formatIndexes, parseIndexes } from './indexes.js';
import { judgeFailure, successReason } from './policies.js';
import { absoluteFailureCount, failureCount, finishedMs, hasLimitPerIndex, hasValidIndex, indexOf, isIndexed, isPodFailed, isSuspended, isTracked, nextFailures, podOf, replacesFailedOnly, TRACKING_FINALIZER } from './pods.js';

/** Pods that are created or deleted in one round, and uids that wait in the status, at most. */
const PER_SYNC_MAX = 500;

export interface SyncEnvironment {
  readonly context: ControllerContext;
  readonly control: PodControl;
  readonly expectations: Expectations;
  /** Pods whose finalizer is gone although the cache still shows it. */
  readonly released: Set<string>;
  readonly key: string;
  readonly backoff: FailureRecord;
  readonly saveBackoff: (record: FailureRecord) => void;
}

/** The mutable part of a status while it is worked out. */
type Status = { -readonly [K in keyof JobStatus]: JobStatus[K] } & { conditions: JobCondition[]; uncountedTerminatedPods: { succeeded: string[]; failed: string[] } };

/**
 * One look at one Job (k8s.io/kubernetes/pkg/controller/job). A pod that has come to an end is counted once and only
 * once: its uid is written into the status first, then it loses its finalizer, then it becomes a number (KEP-2307).
 */
export class JobSync {
  private readonly nowMs: number;
  private readonly now: string;
  private readonly status: Status;
  private readonly active: readonly Pod[];
  private readonly completions: number;
  private ready: number;
  private terminating: number;
  private activeCount: number;
  private dirty = false;
  private finished: JobCondition | undefined;
  private succeededBefore = new Set<number>();
  private succeededIndexes = new Set<number>();
  private failedIndexes: Set<number> | undefined;
  /** Failed pods that are kept until their index has its next pod, which needs to know their count. */
  private delayed = new Map<number, Pod>();
  private requeueMs: number | undefined;

  constructor(
    private readonly env: SyncEnvironment,
    private job: Job,
    private readonly pods: readonly Pod[],
  ) {
    this.nowMs = env.context.clock.now();
    this.now = formatTime(this.nowMs);
    const { uncountedTerminatedPods: uncounted, conditions } = job.status ?? {};
    this.status = {
      ...job.status,
      conditions: [...(conditions ?? [])],
      uncountedTerminatedPods: { succeeded: [...(uncounted?.succeeded ?? [])], failed: [...(uncounted?.failed ?? [])] },
    };
    this.active = pods.filter(isPodActive);
    this.activeCount = this.active.length;
    this.ready = this.active.filter(isPodReady).length;
    this.terminating = pods.filter(isPodTerminating).length;
    this.completions = job.spec.completions ?? 0;
  }

  /** Resolves with when to look again. */
  async run(): Promise<number | undefined> {
    const { job, status, env } = this;
    const settled = env.expectations.satisfied(env.key);
    const { succeeded: newSucceeded, failed: newFailed } = this.newlyFinished();
    let succeeded = (status.succeeded ?? 0) + newSucceeded.length + status.uncountedTerminatedPods.succeeded.length;
    const failed = (status.failed ?? 0) + newFailed.filter((pod) => judgeFailure(job, pod).counts).length + status.uncountedTerminatedPods.failed.length;
    if (status.startTime === undefined && !isSuspended(job)) status.startTime = this.now;
    const record = withFinished(env.backoff, newSucceeded, newFailed);
    this.finished = this.outcome(failed);
    if (isIndexed(job)) {
      this.readIndexes();
      succeeded = this.succeededIndexes.size;
      this.finished ??= this.indexOutcome();
    }
    let failure: unknown;
    if (this.finished) failure = await this.finish(settled);
    else failure = await this.advance(settled, succeeded, record);
    this.setCounts();
    await this.track(record);
    if (failure !== undefined) throw failure as Error;
    return this.requeueMs;
  }

  private get succeededCondition(): boolean {
    return this.finished?.type === 'SuccessCriteriaMet';
  }

  /** Pods that still carry the finalizer, as far as we know. */
  private isHeld(pod: Pod): boolean {
    return isTracked(pod) && !this.env.released.has(pod.metadata.uid as string);
  }

  private newlyFinished(): { succeeded: Pod[]; failed: Pod[] } {
    const { job, status } = this;
    const known = { succeeded: new Set(status.uncountedTerminatedPods.succeeded), failed: new Set(status.uncountedTerminatedPods.failed) };
    const valid = this.pods.filter((pod) => this.isHeld(pod) && (!isIndexed(job) || hasValidIndex(job, pod)));
    return {
      succeeded: valid.filter((pod) => pod.status?.phase === 'Succeeded' && !known.succeeded.has(pod.metadata.uid as string)),
      failed: valid.filter((pod) => isPodFailed(job, pod) && !known.failed.has(pod.metadata.uid as string)),
    };
  }

  /** Whether the Job as a whole has come to an end, apart from indexes. */
  private outcome(failed: number): JobCondition | undefined {
    const { job } = this;
    const met = trueCondition(job, 'SuccessCriteriaMet');
    if (met) return met;
    const target = trueCondition(job, 'FailureTarget');
    if (target) return newCondition('Failed', 'True', target.reason ?? '', target.message ?? '', this.now);
    const policy = job.spec.podFailurePolicy && this.pods.filter((pod) => isPodFailed(job, pod)).map((pod) => judgeFailure(job, pod).message).find((message) => message !== undefined);
    if (policy !== undefined) return this.failureTarget('PodFailurePolicy', policy);
    if (failed > (job.spec.backoffLimit ?? 6) || this.restartedTooOften()) return this.failureTarget('BackoffLimitExceeded', 'Job has reached the specified backoff limit');
    const deadline = job.spec.activeDeadlineSeconds;
    const started = timeMs(job.status?.startTime);
    if (deadline === undefined || isSuspended(job)) return undefined;
    const leftMs = (started ?? this.nowMs) + deadline * 1000 - this.nowMs;
    if (started !== undefined && leftMs <= 0) return this.failureTarget('DeadlineExceeded', 'Job was active longer than specified deadline');
    this.requeue(leftMs);
    return undefined;
  }

  private failureTarget(reason: string, message: string): JobCondition {
    return newCondition('FailureTarget', 'True', reason, message, this.now);
  }

  /** Restarts of containers count as failures of pods that restart on failure. */
  private restartedTooOften(): boolean {
    const { spec } = this.job;
    if (spec.template.spec?.restartPolicy !== 'OnFailure') return false;
    let restarts = 0;
    for (const { status } of this.pods) {
      if (status?.phase !== 'Running' && status?.phase !== 'Pending') continue;
      for (const { restartCount } of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]) restarts += restartCount;
    }
    return spec.backoffLimit === 0 ? restarts > 0 : restarts >= (spec.backoffLimit ?? 6);
  }

  private readIndexes(): void {
    const { job, completions } = this;
    this.succeededBefore = parseIndexes(job.status?.completedIndexes, completions);
    this.succeededIndexes = new Set(this.succeededBefore);
    for (const pod of this.pods) if (pod.status?.phase === 'Succeeded' && hasValidIndex(job, pod) && isTracked(pod)) this.succeededIndexes.add(indexOf(pod));
    if (!hasLimitPerIndex(job)) return;
    this.failedIndexes = parseIndexes(job.status?.failedIndexes, completions);
    for (const pod of this.pods) if (hasValidIndex(job, pod) && isTracked(pod) && this.indexFailed(pod)) this.failedIndexes.add(indexOf(pod));
    this.findDelayed(this.failedIndexes);
  }

  private indexFailed(pod: Pod): boolean {
    if (!isPodFailed(this.job, pod)) return false;
    const { action, counts } = judgeFailure(this.job, pod);
    return action === 'FailIndex' || (counts && failureCount(pod) >= (this.job.spec.backoffLimitPerIndex ?? 0));
  }

  private findDelayed(failedIndexes: ReadonlySet<number>): void {
    const active = new Set(this.active.map(indexOf));
    for (const pod of this.pods) {
      const index = indexOf(pod);
      if (!this.isHeld(pod) || !hasValidIndex(this.job, pod) || !isPodFailed(this.job, pod)) continue;
      if (this.succeededIndexes.has(index) || failedIndexes.has(index) || active.has(index)) continue;
      const other = this.delayed.get(index);
      if (!other || (absoluteFailureCount(other) <= absoluteFailureCount(pod) && finishedMs(pod) >= finishedMs(other))) this.delayed.set(index, pod);
    }
  }

  private indexOutcome(): JobCondition | undefined {
    const { spec } = this.job;
    const failed = this.failedIndexes?.size ?? 0;
    if (spec.maxFailedIndexes !== undefined && failed > spec.maxFailedIndexes) {
      return this.failureTarget('MaxFailedIndexesExceeded', 'Job has exceeded the specified maximal number of failed indexes');
    }
    if (failed > 0 && failed + this.succeededIndexes.size >= this.completions) return this.failureTarget('FailedIndexes', 'Job has failed indexes');
    const message = successReason(spec.successPolicy, this.completions, this.succeededIndexes);
    return message === undefined ? undefined : newCondition('SuccessCriteriaMet', 'True', 'SuccessPolicy', message, this.now);
  }

  /** The Job is through: whatever still runs must go. */
  private async finish(settled: boolean): Promise<unknown> {
    const { deleted, error } = await this.deletePods(this.active);
    // Not the end yet as long as something may still run.
    if (deleted !== this.active.length || !settled) this.finished = undefined;
    return error;
  }

  private async advance(settled: boolean, succeeded: number, record: FailureRecord): Promise<unknown> {
    const { job } = this;
    const managed = settled && !job.metadata.deletionTimestamp;
    const failure = managed ? await this.manage(succeeded, record) : undefined;
    const complete = (job.spec.completions === undefined ? succeeded > 0 : succeeded >= this.completions) && this.activeCount === 0;
    if (complete) this.finished = newCondition('SuccessCriteriaMet', 'True', 'CompletionsReached', 'Reached expected number of succeeded pods', this.now);
    else if (managed) this.noteSuspension();
    return failure;
  }

  private noteSuspension(): void {
    const suspended = isSuspended(this.job);
    const [status, reason, message] = suspended ? ['True', 'JobSuspended', 'Job suspended'] : ['False', 'JobResumed', 'Job resumed'];
    const conditions = ensureCondition(this.status.conditions, newCondition('Suspended', status as string, reason as string, message as string, this.now));
    if (!conditions) return;
    this.status.conditions = conditions;
    this.dirty = true;
    this.env.context.events.record(this.job, 'Normal', suspended ? 'Suspended' : 'Resumed', message as string);
    if (suspended) delete this.status.startTime;
    else this.status.startTime = this.now;
  }

  /** Creates or deletes pods; resolves with what went wrong. */
  private async manage(succeeded: number, record: FailureRecord): Promise<unknown> {
    const { job } = this;
    if (isSuspended(job)) return this.removePods([...this.active]);
    const parallelism = job.spec.parallelism ?? 1;
    let wanted: number;
    if (job.spec.completions === undefined) wanted = succeeded > 0 ? this.activeCount : parallelism;
    else wanted = Math.max(0, Math.min(this.completions - succeeded, parallelism));
    const surplus = this.surplusPods(Math.max(0, this.activeCount - wanted)).slice(0, PER_SYNC_MAX);
    if (surplus.length > 0) return this.removePods(surplus);
    const missing = wanted - this.activeCount - (replacesFailedOnly(job) ? this.terminating : 0);
    return missing > 0 ? this.createPods(Math.min(missing, PER_SYNC_MAX), record) : undefined;
  }

  private surplusPods(atLeast: number): Pod[] {
    if (!isIndexed(this.job)) return atLeast === 0 ? [] : podsToDelete(this.active, [], atLeast, this.nowMs);
    const byIndex = new Map<number, Pod[]>();
    for (const pod of this.active) byIndex.set(indexOf(pod), [...(byIndex.get(indexOf(pod)) ?? []), pod]);
    const remove: Pod[] = [];
    const left: Pod[] = [];
    for (const [index, pods] of byIndex) {
      const keep = index >= 0 && index < this.completions ? 1 : 0;
      const gone = podsToDelete(pods, [], pods.length - keep, this.nowMs);
      remove.push(...gone);
      left.push(...pods.filter((pod) => !gone.includes(pod)));
    }
    return remove.length >= atLeast ? remove : [...remove, ...podsToDelete(left, [], atLeast - remove.length, this.nowMs)];
  }

  private async createPods(missing: number, record: FailureRecord): Promise<unknown> {
    const { job, env } = this;
    if (!hasLimitPerIndex(job)) {
      const wait = remainingMs(record, this.nowMs);
      if (wait > 0) return this.requeue(wait);
    }
    const indexes = isIndexed(job) ? this.indexesToCreate(missing) : undefined;
    const count = indexes?.length ?? missing;
    if (count === 0) return undefined;
    env.expectations.expectCreations(env.key, count);
    const { succeeded, error } = await slowStart(count, async (i) => {
      const index = indexes?.[i];
      try {
        await env.control.create(job, index === undefined ? podOf(job) : podOf(job, index, this.failuresOf(index)));
      } catch (failure) {
        if (!isNamespaceTerminating(failure)) throw failure;
      }
    });
    this.activeCount += succeeded;
    for (let skipped = count - succeeded; skipped > 0; skipped--) env.expectations.creationObserved(env.key);
    return error;
  }

  private failuresOf(index: number): ReturnType<typeof nextFailures> | undefined {
    if (!hasLimitPerIndex(this.job)) return undefined;
    const replaced = this.delayed.get(index);
    return nextFailures(replaced, replaced !== undefined && judgeFailure(this.job, replaced).counts);
  }

  private indexesToCreate(missing: number): number[] {
    const { job } = this;
    const taken = new Set([...this.succeededIndexes, ...this.active.map(indexOf), ...(this.failedIndexes ?? [])]);
    if (replacesFailedOnly(job)) for (const pod of this.pods) if (isPodTerminating(pod)) taken.add(indexOf(pod));
    const indexes = firstFree(taken, missing, this.completions);
    if (!hasLimitPerIndex(job)) return indexes;
    const waits = new Map(indexes.map((index) => [index, this.indexWait(index)]));
    const now = indexes.filter((index) => waits.get(index) === 0);
    if (now.length === 0 && indexes.length > 0) this.requeue(Math.min(...waits.values()));
    return now;
  }

  private indexWait(index: number): number {
    const last = this.delayed.get(index);
    return last ? remainingMs({ failures: absoluteFailureCount(last) + 1, lastMs: finishedMs(last) }, this.nowMs) : 0;
  }

  /** Deletes pods that are not to be counted. */
  private async removePods(pods: readonly Pod[]): Promise<unknown> {
    const { env } = this;
    if (pods.length === 0) return undefined;
    env.expectations.expectDeletions(env.key, pods.map(({ metadata }) => metadata.uid as string));
    // A pod that goes with its finalizer would be counted as failed.
    const releases = await Promise.allSettled(pods.map(async (pod) => isTracked(pod) && this.releasePod(pod)));
    const released = pods.filter((_, i) => releases[i]?.status === 'fulfilled');
    const { error, gone } = await this.deletePods(released);
    for (const pod of [...gone, ...pods.filter((other) => !released.includes(other))]) env.expectations.deletionObserved(env.key, pod.metadata.uid as string);
    return error ?? releases.find((result) => result.status === 'rejected')?.reason;
  }

  private async deletePods(pods: readonly Pod[]): Promise<{ deleted: number; gone: Pod[]; error?: unknown }> {
    const gone: Pod[] = [];
    const results = await Promise.allSettled(
      pods.map(async (pod) => {
        try {
          if (!(await this.env.control.delete(this.job, pod))) gone.push(pod);
        } catch (error) {
          gone.push(pod);
          throw error;
        }
      }),
    );
    const failure = results.find((result) => result.status === 'rejected');
    const deleted = results.filter((result) => result.status === 'fulfilled').length;
    this.activeCount -= deleted;
    this.terminating += deleted;
    this.ready -= pods.filter(isPodReady).length;
    return { deleted, gone, ...(failure ? { error: failure.reason as unknown } : {}) };
  }

  private setCounts(): void {
    const { status } = this;
    const changed = this.activeCount !== (status.active ?? 0) || this.ready !== status.ready || this.terminating !== status.terminating;
    this.dirty ||= changed;
    status.active = this.activeCount;
    status.ready = this.ready;
    status.terminating = this.terminating;
  }

  /** Takes pods that have come to an end into the numbers, and the Job's own end into the conditions. */
  private async track(record: FailureRecord): Promise<void> {
    const held = new Set(this.pods.filter((pod) => this.isHeld(pod)).map(({ metadata }) => metadata.uid as string));
    if (this.countReleased(held)) this.dirty = true;
    const { release, full } = this.noteFinished();
    if (isIndexed(this.job)) this.noteIndexes();
    this.noteOutcome();
    if (this.dirty) {
      await this.write();
      this.env.saveBackoff(record);
    }
    const results = await Promise.allSettled(release.map(async (pod) => (await this.releasePod(pod)) && held.delete(pod.metadata.uid as string)));
    if (this.countReleased(held)) this.dirty = true;
    const failure = results.find((result) => result.status === 'rejected');
    const ended = !failure && !full && this.enactEnd();
    if (this.dirty) await this.write();
    if (ended) this.recordEnd();
    if (failure) throw failure.reason as Error;
  }

  /** Pods that may lose their finalizer; their uids are noted where they are to be counted. */
  private noteFinished(): { release: Pod[]; full: boolean } {
    const { job, status } = this;
    const { succeeded, failed } = status.uncountedTerminatedPods;
    const known = { succeeded: new Set(succeeded), failed: new Set(failed) };
    const ended = this.finished !== undefined && !this.succeededCondition;
    const release: Pod[] = [];
    let indexes = 0;
    for (const pod of this.pods) {
      const uid = pod.metadata.uid as string;
      const hasFailed = isPodFailed(job, pod);
      if (!this.isHeld(pod) || !this.mayRelease(pod, hasFailed)) continue;
      release.push(pod);
      if (pod.status?.phase === 'Succeeded' && !known.failed.has(uid)) {
        if (isIndexed(job)) {
          if (hasValidIndex(job, pod) && !this.succeededBefore.has(indexOf(pod))) {
            this.succeededIndexes.add(indexOf(pod));
            indexes++;
            this.dirty = true;
          }
        } else if (!known.succeeded.has(uid)) {
          succeeded.push(uid);
          this.dirty = true;
        }
      } else if ((hasFailed || ended) && !known.failed.has(uid) && (!isIndexed(job) || hasValidIndex(job, pod)) && judgeFailure(job, pod).counts) {
        failed.push(uid);
        this.dirty = true;
      }
      if (indexes + succeeded.length + failed.length >= PER_SYNC_MAX) return { release, full: true };
    }
    return { release, full: false };
  }

  private mayRelease(pod: Pod, hasFailed: boolean): boolean {
    if (this.job.metadata.deletionTimestamp || this.finished || pod.status?.phase === 'Succeeded') return true;
    return hasFailed && this.delayed.get(indexOf(pod)) !== pod;
  }

  private noteIndexes(): void {
    const { status } = this;
    const completed = formatIndexes(this.succeededIndexes);
    const failed = this.failedIndexes && formatIndexes(this.failedIndexes);
    if (completed !== (status.completedIndexes ?? '') || failed !== status.failedIndexes) this.dirty = true;
    status.succeeded = this.succeededIndexes.size;
    status.completedIndexes = completed;
    if (failed !== undefined) status.failedIndexes = failed;
  }

  /** The outcome is told before the end itself: pods may still be on their way out. */
  private noteOutcome(): void {
    const { finished, status } = this;
    if (!finished || (finished.type !== 'FailureTarget' && finished.type !== 'SuccessCriteriaMet')) return;
    const told = status.conditions.some(({ type, status: is }) => type === finished.type && is === 'True');
    if (!told) {
      status.conditions = [...status.conditions, finished];
      this.dirty = true;
    }
    this.finished = newCondition(finished.type === 'FailureTarget' ? 'Failed' : 'Complete', 'True', finished.reason ?? '', finished.message ?? '', this.now);
  }

  private enactEnd(): boolean {
    const { finished, status } = this;
    const { succeeded, failed } = status.uncountedTerminatedPods;
    if (!finished || succeeded.length + failed.length > 0 || this.terminating > 0) return false;
    status.conditions = ensureCondition(status.conditions, finished) ?? status.conditions;
    if (finished.type === 'Complete') status.completionTime = finished.lastTransitionTime;
    this.dirty = true;
    return true;
  }

  private recordEnd(): void {
    const { events } = this.env.context;
    const { finished, job, status } = this;
    if (!finished) return;
    if (finished.type !== 'Complete') return events.record(job, 'Warning', finished.reason ?? '', finished.message ?? '');
    if (job.spec.completions !== undefined && (status.succeeded ?? 0) > this.completions) {
      events.record(job, 'Warning', 'TooManySucceededPods', 'Too many succeeded pods running after completion count reached');
    }
    events.record(job, 'Normal', 'Completed', 'Job completed');
  }

  /** Uids of pods without finalizer become numbers. */
  private countReleased(held: ReadonlySet<string>): boolean {
    const { status } = this;
    const uncounted = status.uncountedTerminatedPods;
    const left = { succeeded: uncounted.succeeded.filter((uid) => held.has(uid)), failed: uncounted.failed.filter((uid) => held.has(uid)) };
    const succeeded = uncounted.succeeded.length - left.succeeded.length;
    const failed = uncounted.failed.length - left.failed.length;
    status.succeeded = (status.succeeded ?? 0) + succeeded;
    status.failed = (status.failed ?? 0) + failed;
    status.uncountedTerminatedPods = left;
    return succeeded + failed > 0;
  }

  private async releasePod(pod: Pod): Promise<boolean> {
    const { name, namespace, uid } = pod.metadata;
    const { released, context } = this.env;
    released.add(uid as string);
    try {
      const body = { metadata: { uid, '$deleteFromPrimitiveList/finalizers': [TRACKING_FINALIZER] } };
      await context.client.resource<Pod>(PODS).patch({ name, namespace }, { type: 'strategic', body });
    } catch (error) {
      released.delete(uid as string);
      if (!(error instanceof ApiError) || error.code !== 404) throw error;
    }
    return true;
  }

  private async write(): Promise<void> {
    const { uncountedTerminatedPods: { succeeded, failed }, active, succeeded: total, failed: failures, completedIndexes, conditions, ...rest } = this.status;
    const status: JobStatus = {
      ...rest,
      ...(conditions.length > 0 ? { conditions } : {}),
      ...(active ? { active } : {}),
      ...(total ? { succeeded: total } : {}),
      ...(failures ? { failed: failures } : {}),
      ...(completedIndexes ? { completedIndexes } : {}),
      uncountedTerminatedPods: { ...(succeeded.length > 0 ? { succeeded } : {}), ...(failed.length > 0 ? { failed } : {}) },
    };
    this.job = await this.env.context.client.resource<Job>(JOBS).updateSubresource({ ...this.job, status }, 'status');
    this.dirty = false;
  }

  private requeue(ms: number): undefined {
    if (this.requeueMs === undefined || ms < this.requeueMs) this.requeueMs = ms;
    return undefined;
  }
}
