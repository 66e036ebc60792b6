import { formatTime } from '../../api/time.js';
import type { Job, JobCondition } from '../../api/types/batch-v1.js';
import type { Pod } from '../../api/types/core-v1.js';
import type { ControllerContext } from '../../client/controller.js';
import { isPodActive, isPodReady, isPodTerminating } from '../shared/pods.js';
import { JOBS } from '../shared/resources.js';
import type { FailureRecord } from './backoff.js';
import { completion, endEvents } from './outcome.js';
import { plan, type JobPlan, type JobView } from './plan.js';
import type { Deletion, PodKeeper } from './pod-keeper.js';
import { isHeld, isSuspended } from './pods.js';
import { StatusDraft } from './status.js';
import { trackFinished } from './tracking.js';

/**
 * One look at one Job (k8s.io/kubernetes/pkg/controller/job): the plan, what became of it, and the status. A pod that
 * has come to an end is counted once and only once: its uid is written into the status first, then it loses its
 * finalizer, then it becomes a number (KEP-2307).
 */
export class JobSync {
  private readonly now: string;
  private readonly plan: JobPlan;
  private readonly draft: StatusDraft;
  private readonly counts: { active: number; ready: number; terminating: number };
  private job: Job;

  constructor(
    private readonly context: ControllerContext,
    private readonly keeper: PodKeeper,
    private readonly view: JobView,
    private readonly saveBackoff: (record: FailureRecord) => void,
  ) {
    this.job = view.job;
    this.now = formatTime(view.nowMs);
    this.plan = plan(view);
    this.draft = new StatusDraft(view.job, this.plan.startTime);
    const active = view.pods.filter(isPodActive);
    this.counts = { active: active.length, ready: active.filter(isPodReady).length, terminating: view.pods.filter(isPodTerminating).length };
  }

  /** Resolves with when to look again, in milliseconds. Rejects with the first thing that went wrong, after the status is written. */
  async run(): Promise<number | undefined> {
    const { outcome, failure } = this.plan.outcome ? await this.finish(this.plan.outcome) : await this.advance();
    this.draft.setCounts(this.counts);
    await this.track(outcome);
    if (failure !== undefined) throw failure as Error;
    return this.plan.requeueMs;
  }

  /** The Job is through: whatever still runs must go. */
  private async finish(outcome: JobCondition): Promise<{ outcome: JobCondition | undefined; failure: unknown }> {
    const { end } = this.plan;
    const deletion = await this.keeper.end(this.job, end);
    this.without(deletion);
    // Not the end yet as long as something may still run.
    const through = deletion.deleted === end.length && this.view.settled;
    return { outcome: through ? outcome : undefined, failure: deletion.error };
  }

  private async advance(): Promise<{ outcome: JobCondition | undefined; failure: unknown }> {
    const { remove, create, managed, succeeded } = this.plan;
    const deletion = await this.keeper.remove(this.job, remove);
    this.without(deletion);
    const { created, error } = await this.keeper.create(this.job, create);
    this.counts.active += created;
    const outcome = completion(this.job, succeeded, this.counts.active, this.now);
    if (!outcome && managed && this.draft.noteSuspension(this.job, this.now)) {
      const suspended = isSuspended(this.job);
      this.context.events.record(this.job, 'Normal', suspended ? 'Suspended' : 'Resumed', suspended ? 'Job suspended' : 'Job resumed');
    }
    return { outcome, failure: deletion.error ?? error };
  }

  private without({ deleted, ready }: Deletion): void {
    this.counts.active -= deleted;
    this.counts.terminating += deleted;
    this.counts.ready -= ready;
  }

  /** Takes pods that have come to an end into the numbers, and the Job's own end into the conditions. */
  private async track(outcome: JobCondition | undefined): Promise<void> {
    const { draft, view: { pods, released }, plan: { indexes, backoff } } = this;
    const held = new Set(pods.filter((pod) => isHeld(pod, released)).map(uidOf));
    draft.countReleased(held);
    const tracked = trackFinished(this.job, pods, released, draft.uncounted, indexes, outcome);
    draft.noteTracked(tracked);
    if (indexes) draft.noteIndexes(indexes);
    const end = outcome && draft.announce(outcome, this.now);
    if (draft.dirty) {
      await this.write();
      this.saveBackoff(backoff);
    }
    const failure = await this.releaseAll(tracked.release, held);
    draft.countReleased(held);
    const ended = failure === undefined && !tracked.full && end !== undefined && draft.end(end);
    if (draft.dirty) await this.write();
    if (ended) for (const event of endEvents(this.job, draft.toStatus(), end)) this.context.events.record(this.job, ...event);
    if (failure !== undefined) throw failure as Error;
  }

  /** Takes those that were released out of `held`; resolves with the first failure. */
  private async releaseAll(pods: readonly Pod[], held: Set<string>): Promise<unknown> {
    const results = await Promise.allSettled(pods.map(async (pod) => {
      await this.keeper.release(pod);
      held.delete(uidOf(pod));
    }));
    return results.find((result) => result.status === 'rejected')?.reason;
  }

  private async write(): Promise<void> {
    this.job = await this.context.client.resource<Job>(JOBS).updateSubresource({ ...this.job, status: this.draft.toStatus() }, 'status');
    this.draft.dirty = false;
  }
}

function uidOf({ metadata }: Pod): string {
  return metadata.uid as string;
}
