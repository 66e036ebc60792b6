import type { CronJob } from '../../api/types/batch-v1.js';
import { timeMs } from '../../api/time.js';
import type { Schedule } from './schedule.js';

/** The times of a CronJob (k8s.io/kubernetes/pkg/controller/cronjob, utils.go). Pure. */

/** Never exactly at the time: clocks differ a little. */
const DELTA_MS = 100;
const MANY = 100;

export interface DueTime {
  /** The latest time that has come and was not served; undefined when there is none. */
  readonly dueMs: number | undefined;
  readonly earliestMs: number;
  readonly missed: 'none' | 'few' | 'many';
}

/** Throws an Error for a schedule whose times are less than a second apart. */
export function mostRecent(cronJob: CronJob, schedule: Schedule, nowMs: number, withDeadline: boolean): DueTime {
  const { metadata, spec, status } = cronJob;
  let earliestMs = timeMs(status?.lastScheduleTime) ?? timeMs(metadata.creationTimestamp) ?? nowMs;
  if (withDeadline && spec.startingDeadlineSeconds !== undefined) earliestMs = Math.max(earliestMs, nowMs - spec.startingDeadlineSeconds * 1000);
  const first = schedule.next(earliestMs);
  const second = first === undefined ? undefined : schedule.next(first);
  if (first === undefined || nowMs < first) return { dueMs: undefined, earliestMs, missed: 'none' };
  if (second === undefined || nowMs < second) return { dueMs: first, earliestMs, missed: 'none' };
  const between = Math.round((second - first) / 1000);
  if (between < 1) throw new Error('time difference between two schedules is less than 1 second');
  const count = Math.floor((nowMs - first) / 1000 / between) + 1;
  let dueMs: number | undefined;
  for (let time = schedule.next(first + (count - 2) * between * 1000); time !== undefined && time <= nowMs; time = schedule.next(time)) dueMs = time;
  return { dueMs, earliestMs, missed: count > MANY ? 'many' : 'few' };
}

/** How long until the CronJob must be looked at for its schedule. */
export function untilNextMs(cronJob: CronJob, schedule: Schedule, nowMs: number): number | undefined {
  let from = nowMs;
  try {
    const { dueMs, earliestMs, missed } = mostRecent(cronJob, schedule, nowMs, false);
    from = dueMs ?? (missed === 'none' ? earliestMs : nowMs);
  } catch {
    // A schedule that fires all the time: from now on.
  }
  const next = schedule.next(from);
  return next === undefined ? undefined : next + DELTA_MS - nowMs;
}
