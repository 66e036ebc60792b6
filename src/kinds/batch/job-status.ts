import { duplicate, invalid, OMITTED, Path, required, type FieldError } from '../../api/field.js';
import { timeMs } from '../../api/time.js';
import type { Job, JobStatus } from '../../api/types/batch-v1.js';
import { semanticEqual } from '../common/equality.js';
import { validateNonNegative } from '../shared/simple-checks.js';
import { indexesProblem, overlap } from './indexes.js';

const STATUS = Path.of('status');
const CONDITIONS = STATUS.child('conditions');

type ConditionType = 'Complete' | 'Failed' | 'FailureTarget' | 'SuccessCriteriaMet' | 'Suspended';

export const hasCondition = ({ status }: Job, type: ConditionType, value = 'True'): boolean => (status?.conditions ?? []).some((c) => c.type === type && c.status === value);
const isFinished = (job: Job): boolean => hasCondition(job, 'Complete') || hasCondition(job, 'Failed');

/** Errors of a status update: rules look at what changed, so that old states may stay (KEP-4368). */
export function jobStatusErrors(job: Job, old: Job): FieldError[] {
  return [...countErrors(job), ...transitionErrors(job, old), ...finalErrors(job, old)];
}

function countErrors({ status = {} }: Job): FieldError[] {
  const errors = (['active', 'succeeded', 'failed', 'ready', 'terminating'] as const).flatMap((name) => validateNonNegative(status[name], STATUS.child(name)));
  const seen = new Set<string>();
  for (const list of ['succeeded', 'failed'] as const) {
    (status.uncountedTerminatedPods?.[list] ?? []).forEach((uid, i) => {
      const path = STATUS.child('uncountedTerminatedPods', list).index(i);
      if (uid === '') errors.push(invalid(path, uid, 'must not be empty'));
      else if (seen.has(uid)) errors.push(duplicate(path, uid));
      seen.add(uid);
    });
  }
  return errors;
}

function transitionErrors(job: Job, old: Job): FieldError[] {
  const { spec } = job;
  const status: JobStatus = job.status ?? {};
  const changed = (read: (j: Job) => unknown): boolean => !semanticEqual(read(job), read(old));
  const turned = (...types: ConditionType[]): boolean => types.some((type) => hasCondition(job, type) !== hasCondition(old, type));
  const complete = hasCondition(job, 'Complete');
  const failed = hasCondition(job, 'Failed');
  const finished = isFinished(job);
  const finishedTurned = finished !== isFinished(old);
  const completionTimeChanged = changed((j) => j.status?.completionTime);
  const startTimeChanged = changed((j) => j.status?.startTime);
  const completedChanged = changed((j) => j.status?.completedIndexes ?? '');
  const failedChanged = changed((j) => j.status?.failedIndexes);
  const errors: FieldError[] = [];
  const conditions = (text: string): void => void errors.push(invalid(CONDITIONS, OMITTED, text));

  if (turned('Complete', 'Failed') && complete && failed) conditions('cannot set Complete=True and Failed=true conditions');
  if (turned('Complete', 'FailureTarget') && complete && hasCondition(job, 'FailureTarget')) conditions('cannot set Complete=True and FailureTarget=true conditions');
  if (turned('Complete') || completionTimeChanged) {
    const path = STATUS.child('completionTime');
    if (status.completionTime && !complete) errors.push(invalid(path, status.completionTime, 'cannot set completionTime when there is no Complete=True condition'));
    if (!status.completionTime && complete) errors.push(required(path, 'completionTime is required for Complete jobs'));
  }
  if ((startTimeChanged || completionTimeChanged) && (timeMs(status.completionTime) ?? Infinity) < (timeMs(status.startTime) ?? -Infinity)) {
    errors.push(invalid(STATUS.child('completionTime'), status.completionTime, 'must be equal to or after `startTime`'));
  }
  if ((turned('Failed') || failedChanged) && failed && !hasCondition(job, 'FailureTarget')) conditions('cannot set Failed=True condition without the FailureTarget=true condition');
  if (turned('Complete', 'SuccessCriteriaMet') && complete && !hasCondition(job, 'SuccessCriteriaMet')) conditions('cannot set Complete=True condition without the SuccessCriteriaMet=true condition');
  const active = status.active ?? 0;
  if (finished && active > 0 && (finishedTurned || changed((j) => j.status?.active ?? 0))) errors.push(invalid(STATUS.child('active'), active, 'active>0 is invalid for finished job'));
  const idle = spec.suspend === true && spec.completions === 0;
  if (finished && !status.startTime && (finishedTurned || startTimeChanged) && !idle) errors.push(required(STATUS.child('startTime'), 'startTime is required for finished job'));
  const uncounted = status.uncountedTerminatedPods;
  if (finished && (uncounted?.failed?.length ?? 0) + (uncounted?.succeeded?.length ?? 0) > 0 && (finishedTurned || changed((j) => j.status?.uncountedTerminatedPods))) {
    errors.push(invalid(STATUS.child('uncountedTerminatedPods'), { Succeeded: uncounted?.succeeded ?? null, Failed: uncounted?.failed ?? null }, 'must be empty for finished job'));
  }
  errors.push(...indexErrors(job, { completedChanged, failedChanged }));
  const { ready, terminating } = status;
  if (finished && (terminating ?? 0) > 0 && (finishedTurned || changed((j) => j.status?.terminating))) errors.push(invalid(STATUS.child('terminating'), terminating, 'terminating>0 is invalid for finished job'));
  if ((ready ?? 0) > active && (changed((j) => j.status?.ready) || changed((j) => j.status?.active ?? 0))) errors.push(invalid(STATUS.child('ready'), ready, 'cannot set more ready pods than active'));
  const met = hasCondition(job, 'SuccessCriteriaMet');
  if (met && failed) conditions('cannot set SuccessCriteriaMet=True and Failed=true conditions');
  if (met && hasCondition(job, 'FailureTarget')) conditions('cannot set SuccessCriteriaMet=True and FailureTarget=true conditions');
  if (spec.successPolicy && !met && complete) conditions('cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True');
  return errors;
}

function indexErrors({ spec, status = {} }: Job, { completedChanged, failedChanged }: { completedChanged: boolean; failedChanged: boolean }): FieldError[] {
  const { completions, backoffLimitPerIndex, completionMode } = spec;
  const { completedIndexes = '', failedIndexes } = status;
  const [completedPath, failedPath] = [STATUS.child('completedIndexes'), STATUS.child('failedIndexes')];
  const errors: FieldError[] = [];
  if (completedChanged && completions !== undefined) {
    const problem = indexesProblem(completedIndexes, completions);
    if (problem !== undefined) errors.push(invalid(completedPath, completedIndexes, `error parsing completedIndexes: ${problem}`));
  }
  if (failedChanged && completions !== undefined && backoffLimitPerIndex !== undefined && failedIndexes !== undefined) {
    const problem = indexesProblem(failedIndexes, completions);
    if (problem !== undefined) errors.push(invalid(failedPath, failedIndexes, `error parsing failedIndexes: ${problem}`));
  }
  if (completedChanged && completedIndexes !== '' && completionMode !== 'Indexed') errors.push(invalid(completedPath, completedIndexes, 'cannot set non-empty completedIndexes when non-indexed completion mode'));
  if (failedChanged && backoffLimitPerIndex === undefined && failedIndexes !== undefined) errors.push(invalid(failedPath, failedIndexes, 'cannot set non-null failedIndexes when backoffLimitPerIndex is null'));
  if ((failedChanged || completedChanged) && completions !== undefined && failedIndexes !== undefined) {
    const index = overlap(completedIndexes, failedIndexes, completions);
    if (index !== undefined) errors.push(invalid(failedPath, failedIndexes, `failedIndexes and completedIndexes overlap at index: ${index}`));
  }
  return errors;
}

function finalErrors(job: Job, old: Job): FieldError[] {
  const status: JobStatus = job.status ?? {};
  const before: JobStatus = old.status ?? {};
  const errors: FieldError[] = [];
  for (const type of ['Failed', 'Complete', 'FailureTarget'] as const) {
    if (hasCondition(old, type) && !hasCondition(job, type)) errors.push(invalid(CONDITIONS, OMITTED, `cannot disable the terminal ${type}=True condition`));
  }
  const counted = (name: 'failed' | 'succeeded'): void => {
    if ((status[name] ?? 0) < (before[name] ?? 0)) errors.push(invalid(STATUS.child(name), status[name] ?? 0, `cannot decrease the ${name} counter`));
  };
  counted('failed');
  // Elastic indexed Jobs may shrink.
  if (job.spec.completionMode !== 'Indexed' || job.spec.completions !== job.spec.parallelism) counted('succeeded');
  if (status.completionTime && before.completionTime && status.completionTime !== before.completionTime) errors.push(invalid(STATUS.child('completionTime'), status.completionTime, 'field is immutable'));
  const resuming = hasCondition(old, 'Suspended') && hasCondition(job, 'Suspended', 'False');
  if (before.startTime && before.startTime !== status.startTime && !resuming && !job.spec.suspend) {
    errors.push(invalid(STATUS.child('startTime'), status.startTime ?? null, 'field is immutable for unsuspended job once set'));
  }
  const met = hasCondition(job, 'SuccessCriteriaMet');
  const wasMet = hasCondition(old, 'SuccessCriteriaMet');
  if (wasMet && !met) errors.push(invalid(CONDITIONS, OMITTED, 'cannot disable the SuccessCriteriaMet=True condition'));
  if (hasCondition(old, 'Complete') && !wasMet && met) errors.push(invalid(CONDITIONS, OMITTED, 'cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions'));
  return errors;
}
