import type { Job, JobCondition, JobStatus } from '../../api/types/batch-v1.js';
import { ensureCondition, newCondition } from './conditions.js';
import type { IndexProgress } from './index-progress.js';
import { formatIndexes } from './indexes.js';
import { terminalCondition } from './outcome.js';
import { isSuspended } from './pods.js';
import type { Tracked, Uncounted } from './tracking.js';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The status of a Job while it is worked out. `dirty`: it differs from what was written last. */
export class StatusDraft {
  dirty = false;
  private readonly status: Mutable<JobStatus>;
  private conditions: JobCondition[];
  private waiting: Uncounted;

  constructor({ status }: Job, startTime: string | undefined) {
    this.status = { ...status, startTime };
    this.conditions = [...(status?.conditions ?? [])];
    this.waiting = { succeeded: status?.uncountedTerminatedPods?.succeeded ?? [], failed: status?.uncountedTerminatedPods?.failed ?? [] };
  }

  get uncounted(): Uncounted {
    return this.waiting;
  }

  setCounts(counts: { readonly active: number; readonly ready: number; readonly terminating: number }): void {
    const { status } = this;
    this.dirty ||= counts.active !== (status.active ?? 0) || counts.ready !== status.ready || counts.terminating !== status.terminating;
    Object.assign(status, counts);
  }

  /** Tells of suspension and its end; true when that is news. A resumed Job's deadline starts anew. */
  noteSuspension(job: Job, now: string): boolean {
    const suspended = isSuspended(job);
    const condition = suspended ? newCondition('Suspended', 'True', 'JobSuspended', 'Job suspended', now) : newCondition('Suspended', 'False', 'JobResumed', 'Job resumed', now);
    const conditions = ensureCondition(this.conditions, condition);
    if (!conditions) return false;
    this.conditions = conditions;
    this.status.startTime = suspended ? undefined : now;
    this.dirty = true;
    return true;
  }

  noteTracked({ succeeded, failed, indexes }: Tracked): void {
    if (succeeded.length + failed.length + indexes.size === 0) return;
    this.waiting = { succeeded: [...this.waiting.succeeded, ...succeeded], failed: [...this.waiting.failed, ...failed] };
    this.dirty = true;
  }

  noteIndexes({ succeeded, failed }: IndexProgress): void {
    const { status } = this;
    const completedIndexes = formatIndexes(succeeded);
    const failedIndexes = failed && formatIndexes(failed);
    this.dirty ||= completedIndexes !== (status.completedIndexes ?? '') || failedIndexes !== status.failedIndexes;
    Object.assign(status, { succeeded: succeeded.size, completedIndexes, failedIndexes });
  }

  /** Announces the end; returns the condition that ends the Job once nothing of it is left. */
  announce(outcome: JobCondition, now: string): JobCondition {
    const interim = outcome.type === 'FailureTarget' || outcome.type === 'SuccessCriteriaMet';
    if (interim && !this.conditions.some(({ type, status }) => type === outcome.type && status === 'True')) {
      this.conditions = [...this.conditions, outcome];
      this.dirty = true;
    }
    return terminalCondition(outcome, now);
  }

  /** Ends the Job unless pods still terminate or wait to be counted; returns whether. */
  end(condition: JobCondition): boolean {
    const { status, waiting } = this;
    if (waiting.succeeded.length + waiting.failed.length > 0 || (status.terminating ?? 0) > 0) return false;
    this.conditions = ensureCondition(this.conditions, condition) ?? this.conditions;
    if (condition.type === 'Complete') status.completionTime = condition.lastTransitionTime;
    this.dirty = true;
    return true;
  }

  /** Uids of pods that are no longer held become numbers. */
  countReleased(held: ReadonlySet<string>): void {
    const { status, waiting } = this;
    const left = { succeeded: waiting.succeeded.filter((uid) => held.has(uid)), failed: waiting.failed.filter((uid) => held.has(uid)) };
    const succeeded = waiting.succeeded.length - left.succeeded.length;
    const failed = waiting.failed.length - left.failed.length;
    if (succeeded + failed === 0) return;
    status.succeeded = (status.succeeded ?? 0) + succeeded;
    status.failed = (status.failed ?? 0) + failed;
    this.waiting = left;
    this.dirty = true;
  }

  /** As it goes over the wire: without what Go's omitempty leaves out. */
  toStatus(): JobStatus {
    const { startTime, active, succeeded, failed, completedIndexes, failedIndexes, ...rest } = this.status;
    const { waiting, conditions } = this;
    return {
      ...rest,
      ...(startTime === undefined ? {} : { startTime }),
      ...(conditions.length > 0 ? { conditions } : {}),
      ...(active ? { active } : {}),
      ...(succeeded ? { succeeded } : {}),
      ...(failed ? { failed } : {}),
      ...(completedIndexes ? { completedIndexes } : {}),
      ...(failedIndexes === undefined ? {} : { failedIndexes }),
      uncountedTerminatedPods: {
        ...(waiting.succeeded.length > 0 ? { succeeded: [...waiting.succeeded] } : {}),
        ...(waiting.failed.length > 0 ? { failed: [...waiting.failed] } : {}),
      },
    };
  }
}
