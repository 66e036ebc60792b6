import type { PodCondition, PodStatus } from '../../../api/types/core-v1.js';

/** Sets a condition of a pod; its transition time moves only when its status changes. */
export function setPodCondition(status: PodStatus, condition: Omit<PodCondition, 'lastTransitionTime'>, now: string): void {
  const conditions = (status.conditions ??= []);
  const i = conditions.findIndex((other) => other.type === condition.type);
  const old = conditions[i];
  const unmoved = old?.status === condition.status && old.lastTransitionTime ? old.lastTransitionTime : now;
  const next: PodCondition = { ...condition, lastTransitionTime: unmoved };
  if (old) conditions[i] = next;
  else conditions.push(next);
}

export function isPodReady(status: PodStatus | undefined): boolean {
  return (status?.conditions ?? []).some((condition) => condition.type === 'Ready' && condition.status === 'True');
}
