import { invalid, notSupported, Path, required, type FieldError } from '../../api/field.js';
import type { CronJob, CronJobSpec, JobTemplateSpec } from '../../api/types/batch-v1.js';
import type { Strategy } from '../../registry/kind.js';
import { goSelector } from '../common/go-map.js';
import { age, boolCell, containerCells, selectorCell } from '../common/printing.js';
import { podNameWarnings, prepareTemplate } from '../common/workload.js';
import { defineKind, statusStrategy } from '../define-kind.js';
import { validateNonNegative } from '../shared/simple-checks.js';
import { podTemplateValidationOptions } from '../shared/validation-options.js';
import { jobSpecErrors, jobTemplateDefaults } from './job-spec.js';
import { jobSpecWarnings } from './job.js';
import { isTimeZone, scheduleProblem } from './schedule.js';

const SPEC = Path.of('spec');
const JOB_SPEC = SPEC.child('jobTemplate', 'spec');
const CONCURRENCY = ['Allow', 'Forbid', 'Replace'];
/** Eleven characters of a time stamp follow in the names of its Jobs. */
const MAX_NAME = 52;

function defaults(cronJob: CronJob): void {
  cronJob.spec ??= {} as CronJobSpec;
  const { spec } = cronJob;
  spec.jobTemplate ??= {} as JobTemplateSpec;
  spec.jobTemplate.spec ??= {} as NonNullable<JobTemplateSpec['spec']>;
  jobTemplateDefaults(spec.jobTemplate.spec);
  spec.concurrencyPolicy ||= 'Allow';
  spec.suspend ??= false;
  spec.successfulJobsHistoryLimit ??= 3;
  spec.failedJobsHistoryLimit ??= 1;
}

function scheduleErrors({ schedule, timeZone }: CronJobSpec, old?: CronJobSpec): FieldError[] {
  const path = SPEC.child('schedule');
  if (!schedule) return [required(path)];
  const problem = scheduleProblem(schedule);
  const errors = problem === undefined ? [] : [invalid(path, schedule, problem)];
  if (!schedule.includes('TZ')) return errors;
  const allowed = old?.schedule.includes('TZ') ?? false;
  if (!allowed) errors.push(invalid(path, schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'));
  else if (timeZone !== undefined) errors.push(invalid(path, schedule, 'cannot use both timeZone field and TZ or CRON_TZ in schedule'));
  return errors;
}

function timeZoneErrors(zone: string | undefined): FieldError[] {
  const path = SPEC.child('timeZone');
  if (zone === undefined) return [];
  if (zone === '') return [invalid(path, zone, 'timeZone must be nil or non-empty string')];
  const unknown = invalid(path, zone, `unknown time zone ${zone}`);
  if (zone.split('/').some((part) => part === '.' || part === '..' || !/^[A-Za-z._0-9+][A-Za-z._0-9+-]{0,13}$/.test(part))) return [unknown];
  const local = zone.toLowerCase() === 'local' ? [invalid(path, zone, 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones')] : [];
  return isTimeZone(zone) ? local : [...local, unknown];
}

function specErrors({ spec }: CronJob, old?: CronJob): FieldError[] {
  const errors = [...scheduleErrors(spec, old?.spec), ...validateNonNegative(spec.startingDeadlineSeconds, SPEC.child('startingDeadlineSeconds'))];
  if (!old || old.spec.timeZone !== spec.timeZone) errors.push(...timeZoneErrors(spec.timeZone));
  if (!CONCURRENCY.includes(spec.concurrencyPolicy ?? '')) errors.push(notSupported(SPEC.child('concurrencyPolicy'), spec.concurrencyPolicy, CONCURRENCY));
  const job = spec.jobTemplate.spec;
  if (job) {
    const before = old?.spec.jobTemplate.spec?.template;
    errors.push(...jobSpecErrors(job, JOB_SPEC, podTemplateValidationOptions(before)));
    if (job.selector) errors.push(invalid(JOB_SPEC.child('selector'), goSelector(job.selector), '`selector` will be auto-generated'));
    if (job.manualSelector) errors.push(notSupported(JOB_SPEC.child('manualSelector'), true, ['nil', 'false']));
  }
  return [...errors, ...validateNonNegative(spec.successfulJobsHistoryLimit, SPEC.child('successfulJobsHistoryLimit')), ...validateNonNegative(spec.failedJobsHistoryLimit, SPEC.child('failedJobsHistoryLimit'))];
}

const jobWarnings = ({ spec }: CronJob): string[] => (spec.jobTemplate.spec ? jobSpecWarnings(spec.jobTemplate.spec, JOB_SPEC) : []);

const strategy: Strategy<CronJob> = {
  generation: 'spec',
  defaults,
  prepareForCreate(cronJob) {
    cronJob.status = {};
    prepareTemplate(cronJob.spec.jobTemplate.spec?.template);
  },
  prepareForUpdate: (cronJob, old) => prepareTemplate(cronJob.spec.jobTemplate.spec?.template, old.spec.jobTemplate.spec?.template),
  validate(cronJob) {
    const { name } = cronJob.metadata;
    return [...specErrors(cronJob), ...(Buffer.byteLength(name) > MAX_NAME ? [invalid(Path.of('metadata', 'name'), name, `must be no more than ${MAX_NAME} characters`)] : [])];
  },
  validateUpdate: specErrors,
  warnings(cronJob, old) {
    if (!old) return [...podNameWarnings(cronJob), ...jobWarnings(cronJob)];
    return [
      ...(cronJob.metadata.generation === old.metadata.generation ? [] : jobWarnings(cronJob)),
      ...(cronJob.spec.schedule.includes('TZ')
        ? ['cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details']
        : []),
    ];
  },
  resetFields: [['status']],
};

/** CronJobs: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ */
export const cronJobKind = defineKind<CronJob>(
  { group: 'batch', version: 'v1', kind: 'CronJob' },
  {
    strategy,
    subresources: { status: { type: 'object', strategy: statusStrategy(strategy, { validateUpdate: () => [] }) as Strategy } },
    cells: ({ metadata, spec, status }, nowMs) => [
      metadata.name,
      spec.schedule,
      spec.timeZone ?? '<none>',
      boolCell(spec.suspend),
      (status?.active ?? []).length,
      status?.lastScheduleTime ? age(status.lastScheduleTime, nowMs) : '<none>',
      age(metadata.creationTimestamp, nowMs),
      ...containerCells(spec.jobTemplate.spec?.template.spec?.containers),
      selectorCell(spec.jobTemplate.spec?.selector),
    ],
  },
);
