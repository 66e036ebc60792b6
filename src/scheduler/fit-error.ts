import type { FilterFailure } from './framework.js';

/**
 * `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint(s).` and what preemption found:
 * the message of FailedScheduling events and of the PodScheduled condition.
 */
export function fitErrorText(failures: ReadonlyMap<string, FilterFailure>, nodes: number, preemption: string): string {
  const counts = new Map<string, number>();
  for (const { reasons } of failures.values()) for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const head = `0/${nodes} nodes are available`;
  const reasons = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  const why = reasons.length > 0 ? `: ${reasons.join(', ')}.` : '.';
  return nodes === 0 ? 'no nodes available to schedule pods' : `${head}${why} no new claims to deallocate, ${preemption}`;
}

/** What is said where eviction can help nobody, or nobody could be found to evict. */
export function preemptionText(failures: ReadonlyMap<string, FilterFailure>, nodes: number): string {
  let hopeless = 0;
  for (const { unresolvable } of failures.values()) if (unresolvable) hopeless++;
  const tried = failures.size - hopeless;
  const parts = [
    ...(tried > 0 ? [`${tried} No preemption victims found for incoming pod`] : []),
    ...(hopeless > 0 ? [`${hopeless} Preemption is not helpful for scheduling`] : []),
  ].sort();
  return `preemption: 0/${nodes} nodes are available: ${parts.join(', ')}.`;
}
