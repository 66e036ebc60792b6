import type { Job, JobCondition } from '../../api/types/batch-v1.js';

/** Conditions of Jobs. Pure. */

export function newCondition(type: string, status: string, reason: string, message: string, now: string): JobCondition {
  return { type, status, lastProbeTime: now, lastTransitionTime: now, reason, message };
}

export function trueCondition({ status }: Job, type: string): JobCondition | undefined {
  return status?.conditions?.find((condition) => condition.type === type && condition.status === 'True');
}

export function isFinished(job: Job): boolean {
  return (trueCondition(job, 'Complete') ?? trueCondition(job, 'Failed')) !== undefined;
}

/** The conditions with this one in its place; undefined when it stands there already, or is false and absent. */
export function ensureCondition(conditions: readonly JobCondition[], condition: JobCondition): JobCondition[] | undefined {
  const at = conditions.findIndex(({ type }) => type === condition.type);
  const old = conditions[at];
  if (!old) return condition.status === 'False' ? undefined : [...conditions, condition];
  if (old.status === condition.status && old.reason === condition.reason && old.message === condition.message) return undefined;
  return conditions.map((each, i) => (i === at ? condition : each));
}
