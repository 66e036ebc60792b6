import type { FlowSchema, FlowSchemaCondition } from '../../api/types/flowcontrol-v1.js';

const DANGLING = 'Dangling';

/** The condition that says whether a FlowSchema's priority level is there; undefined where it says so already. */
export function planCondition({ spec, status }: FlowSchema, levelExists: boolean, now: string): FlowSchemaCondition | undefined {
  const level = spec?.priorityLevelConfiguration.name ?? '';
  const about = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(level)}`;
  const wanted = levelExists ? { status: 'False', reason: 'Found', message: `${about} and it exists` } : { status: 'True', reason: 'NotFound', message: `${about} but there is no such object` };
  const present = status?.conditions?.find(({ type }) => type === DANGLING);
  if (present?.status === wanted.status && present.reason === wanted.reason && present.message === wanted.message) return undefined;
  const since = present?.status === wanted.status ? (present.lastTransitionTime ?? now) : now;
  return { type: DANGLING, status: wanted.status, lastTransitionTime: since, reason: wanted.reason, message: wanted.message };
}
