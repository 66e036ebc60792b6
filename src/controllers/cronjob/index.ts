import { ApiError } from '../../api/errors.js';
import { formatTime, timeMs } from '../../api/time.js';
import type { CronJob, CronJobStatus, Job } from '../../api/types/batch-v1.js';
import { deepEqual } from '../../base/freeze.js';
import type { Controller, ControllerContext, ReconcileResult } from '../../client/controller.js';
import { keyOf, splitKey, type Informer } from '../../client/informer.js';
import { isFinished, trueCondition } from '../job/conditions.js';
import { CONTROLLER_INDEX, controllerIndex, controllerOf, controllerRefTo, isControlledBy } from '../shared/controller-ref.js';
import { isNamespaceTerminating, messageOf } from '../shared/pod-control.js';
import { CRON_JOBS, JOBS } from '../shared/resources.js';
import { mostRecent, untilNextMs } from './plan.js';
import { formatInZone, isTimeZone, parseSchedule, type Schedule } from './schedule.js';

const SCHEDULED_ANNOTATION = 'batch.kubernetes.io/cronjob-scheduled-timestamp';

/** Starts Jobs on a schedule (https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/). */
export function cronJobController(): Controller {
  return new CronJobController();
}

/** The mutable part of a status while it is worked out. */
type Status = { -readonly [K in keyof CronJobStatus]: CronJobStatus[K] } & { active: NonNullable<CronJobStatus['active']> };

class CronJobController implements Controller {
  readonly name = 'cronjob-controller';
  private context!: ControllerContext;
  private cronJobs!: Informer<CronJob>;
  private jobs!: Informer<Job>;

  setUp(context: ControllerContext): void {
    this.context = context;
    this.cronJobs = context.informers.for<CronJob>(CRON_JOBS);
    this.jobs = context.informers.for<Job>(JOBS);
    this.jobs.addIndex(CONTROLLER_INDEX, controllerIndex);
    const wake = (cronJob: CronJob): void => context.enqueue(keyOf(cronJob));
    this.cronJobs.addHandler({ onAdd: wake, onUpdate: wake });
    const wakeOwner = (job: Job): void => {
      const owner = controllerOf(job);
      if (owner?.kind === 'CronJob') context.enqueue(`${job.metadata.namespace}/${owner.name}`);
    };
    this.jobs.addHandler({ onAdd: wakeOwner, onUpdate: wakeOwner, onDelete: wakeOwner });
  }

  async reconcile(key: string): Promise<ReconcileResult | void> {
    const { namespace, name } = splitKey(key);
    const cronJob = this.cronJobs.get(name, namespace);
    if (!cronJob) return undefined;
    const jobs = this.jobs.byIndex(CONTROLLER_INDEX, cronJob.metadata.uid as string);
    const status: Status = { ...cronJob.status, active: [...(cronJob.status?.active ?? [])] };
    let requeueAfterMs: number | undefined;
    let clean = true;
    try {
      await this.noteJobs(cronJob, jobs, status);
      requeueAfterMs = await this.schedule(cronJob, status);
      clean = await this.cleanUp(cronJob, jobs, status);
    } finally {
      await this.writeStatus(cronJob, status);
    }
    // The next occasion by itself may be the next run, which may be in a year.
    if (!clean) throw new Error('jobs beyond the history limit could not be deleted');
    return requeueAfterMs === undefined ? undefined : { requeueAfterMs };
  }

  private async noteJobs(cronJob: CronJob, jobs: readonly Job[], status: Status): Promise<void> {
    const { events, client } = this.context;
    const { name, namespace } = cronJob.metadata;
    for (const job of jobs) {
      const active = status.active.some(({ uid }) => uid === job.metadata.uid);
      if (!isFinished(job)) {
        if (active) continue;
        // Our own cache may be behind what we wrote ourselves.
        const fresh = await client.resource<CronJob>(CRON_JOBS).get(name, namespace);
        if (fresh.status?.active?.some(({ uid }) => uid === job.metadata.uid)) throw new StaleError(name);
        events.record(cronJob, 'Warning', 'UnexpectedJob', `Saw a job that the controller did not create or forgot: ${job.metadata.name}`);
        continue;
      }
      const complete = trueCondition(job, 'Complete');
      if (active) {
        status.active = status.active.filter(({ uid }) => uid !== job.metadata.uid);
        events.record(cronJob, 'Normal', 'SawCompletedJob', `Saw completed job: ${job.metadata.name}, condition: ${complete ? 'Complete' : 'Failed'}`);
      }
      const completed = complete && job.status?.completionTime;
      if (completed && (timeMs(completed) ?? 0) > (timeMs(status.lastSuccessfulTime) ?? -1)) status.lastSuccessfulTime = completed;
    }
    for (const { uid, name: jobName = '' } of status.active) {
      if (jobs.some(({ metadata }) => metadata.uid === uid) || (await this.findJob(namespace, jobName))) continue;
      events.record(cronJob, 'Normal', 'MissingJob', `Active job went missing: ${jobName}`);
      status.active = status.active.filter((reference) => reference.uid !== uid);
    }
  }

  private async findJob(namespace: string | undefined, name: string): Promise<Job | undefined> {
    try {
      return await this.context.client.resource<Job>(JOBS).get(name, namespace);
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return undefined;
      throw error;
    }
  }

  /** Starts what is due; resolves with when to look again. */
  private async schedule(cronJob: CronJob, status: Status): Promise<number | undefined> {
    const { spec, metadata } = cronJob;
    if (metadata.deletionTimestamp) return undefined;
    const { events, clock } = this.context;
    if (spec.timeZone !== undefined && !isTimeZone(spec.timeZone)) {
      events.record(cronJob, 'Warning', 'UnknownTimeZone', `invalid timeZone: ${JSON.stringify(spec.timeZone)}: unknown time zone ${spec.timeZone}`);
      return undefined;
    }
    if (spec.suspend) return undefined;
    const schedule = this.parse(cronJob);
    if (!schedule) return undefined;
    const nowMs = clock.now();
    let due;
    try {
      due = mostRecent(cronJob, schedule, nowMs, true);
    } catch (error) {
      events.record(cronJob, 'Warning', 'InvalidSchedule', `invalid schedule: ${spec.schedule} : ${messageOf(error)}`);
      return undefined;
    }
    if (due.dueMs !== undefined) {
      if (due.missed === 'many') {
        events.record(cronJob, 'Warning', 'TooManyMissedTimes', 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew');
      }
      await this.start(cronJob, status, due.dueMs, nowMs);
    }
    return untilNextMs({ ...cronJob, status }, schedule, nowMs);
  }

  private parse(cronJob: CronJob): Schedule | undefined {
    const { schedule, timeZone } = cronJob.spec;
    const { events } = this.context;
    if (schedule.includes('TZ')) {
      const more = 'see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details';
      events.record(cronJob, 'Warning', 'UnsupportedSchedule', `CRON_TZ or TZ used in schedule ${JSON.stringify(schedule)} is not officially supported, ${more}`);
    }
    try {
      return parseSchedule(schedule, timeZone);
    } catch (error) {
      events.record(cronJob, 'Warning', 'UnparseableSchedule', `unparseable schedule: ${JSON.stringify(schedule)} : ${messageOf(error)}`);
      return undefined;
    }
  }

  private async start(cronJob: CronJob, status: Status, dueMs: number, nowMs: number): Promise<void> {
    const { spec, metadata } = cronJob;
    const { events } = this.context;
    if (spec.startingDeadlineSeconds !== undefined && dueMs + spec.startingDeadlineSeconds * 1000 < nowMs) {
      events.record(cronJob, 'Warning', 'MissSchedule', `Missed scheduled time to start a job: ${new Date(dueMs).toUTCString().replace('GMT', '+0000')}`);
      return;
    }
    const name = `${metadata.name}-${Math.floor(dueMs / 60_000)}`;
    if (status.active.some((reference) => reference.name === name) || timeMs(status.lastScheduleTime) === dueMs) return;
    if (spec.concurrencyPolicy === 'Forbid' && status.active.length > 0) {
      events.record(cronJob, 'Normal', 'JobAlreadyActive', 'Not starting job because prior execution is running and concurrency policy is Forbid');
      return;
    }
    if (spec.concurrencyPolicy === 'Replace') {
      for (const { name: active = '' } of status.active) {
        const job = await this.findJob(metadata.namespace, active);
        if (job && !(await this.deleteJob(cronJob, status, job))) throw new Error(`could not replace job ${metadata.namespace}/${active}`);
      }
    }
    const job = await this.createJob(cronJob, name, dueMs, status);
    if (!job) return;
    const { uid, resourceVersion } = job.metadata;
    status.active = [...status.active, { kind: 'Job', namespace: metadata.namespace, name, uid, apiVersion: 'batch/v1', resourceVersion }];
    status.lastScheduleTime = formatTime(dueMs);
  }

  /** Undefined when there is nothing to note: the Job is somebody else's, or noted already. */
  private async createJob(cronJob: CronJob, name: string, dueMs: number, status: Status): Promise<Job | undefined> {
    const { events, client } = this.context;
    const { jobTemplate, timeZone } = cronJob.spec;
    const { namespace } = cronJob.metadata;
    const labels = jobTemplate.metadata?.labels;
    const draft: Job = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: {
        name,
        namespace,
        ...(labels ? { labels } : {}),
        annotations: { ...jobTemplate.metadata?.annotations, [SCHEDULED_ANNOTATION]: formatInZone(dueMs, timeZone) },
        ownerReferences: [controllerRefTo(cronJob)],
      },
      spec: jobTemplate.spec ?? { template: {} },
    };
    try {
      const created = await client.resource<Job>(JOBS).create(draft);
      events.record(cronJob, 'Normal', 'SuccessfulCreate', `Created job ${name}`);
      return created;
    } catch (error) {
      if (error instanceof ApiError && error.reason === 'AlreadyExists') {
        const existing = await client.resource<Job>(JOBS).get(name, namespace);
        return isControlledBy(existing, cronJob) && !status.active.some(({ uid }) => uid === existing.metadata.uid) ? existing : undefined;
      }
      if (!isNamespaceTerminating(error)) events.record(cronJob, 'Warning', 'FailedCreate', `Error creating job: ${messageOf(error)}`);
      throw error;
    }
  }

  /** False when something is left that should have gone. */
  private async cleanUp(cronJob: CronJob, jobs: readonly Job[], status: Status): Promise<boolean> {
    const { failedJobsHistoryLimit, successfulJobsHistoryLimit } = cronJob.spec;
    const complete = await this.removeOldest(cronJob, jobs.filter((job) => trueCondition(job, 'Complete')), successfulJobsHistoryLimit, status);
    const failed = await this.removeOldest(cronJob, jobs.filter((job) => trueCondition(job, 'Failed')), failedJobsHistoryLimit, status);
    return complete && failed;
  }

  private async removeOldest(cronJob: CronJob, jobs: readonly Job[], limit: number | undefined, status: Status): Promise<boolean> {
    if (limit === undefined || jobs.length <= limit) return true;
    const startOf = (job: Job): number => timeMs(job.status?.startTime) ?? Infinity;
    const sorted = jobs.toSorted((a, b) => startOf(a) - startOf(b) || (a.metadata.name < b.metadata.name ? -1 : 1));
    let done = true;
    for (const job of sorted.slice(0, jobs.length - limit)) if (!job.metadata.deletionTimestamp) done = (await this.deleteJob(cronJob, status, job)) && done;
    return done;
  }

  private async deleteJob(cronJob: CronJob, status: Status, job: Job): Promise<boolean> {
    const { name, namespace, uid } = job.metadata;
    const { client, events } = this.context;
    try {
      await client.resource(JOBS).delete({ name, namespace }, { propagationPolicy: 'Background' });
    } catch (error) {
      events.record(cronJob, 'Warning', 'FailedDelete', `Deleted job: ${messageOf(error)}`);
      return false;
    }
    status.active = status.active.filter((reference) => reference.uid !== uid);
    events.record(cronJob, 'Normal', 'SuccessfulDelete', `Deleted job ${name}`);
    return true;
  }

  private async writeStatus(cronJob: CronJob, { active, ...rest }: Status): Promise<void> {
    const status: CronJobStatus = { ...rest, ...(active.length > 0 ? { active } : {}) };
    if (deepEqual(status, cronJob.status ?? {})) return;
    await this.context.client.resource<CronJob>(CRON_JOBS).updateSubresource({ ...cronJob, status }, 'status');
  }
}

/** The cache does not show yet what we wrote: look again. */
class StaleError extends ApiError {
  constructor(name: string) {
    super(409, 'Conflict', `the cache of cronjob ${name} is behind`);
  }
}
