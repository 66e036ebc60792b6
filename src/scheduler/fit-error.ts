import type { NoFit } from './cycle.js';

/**
 * `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint(s).` and what came of attempts to make
 * room (empty where room is being made): the message of FailedScheduling events and of the PodScheduled condition.
 */
export function fitErrorText({ failures, nodes, before }: NoFit, after: string): string {
  if (nodes === 0) return 'no nodes available to schedule pods';
  const counts = new Map<string, number>();
  for (const { reasons } of failures.values()) for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const reasons = before === undefined ? [...counts].map(([reason, count]) => `${count} ${reason}`).sort().join(', ') : before;
  return `0/${nodes} nodes are available:${reasons ? ` ${reasons}.` : ''}${after ? ` ${after}` : ''}`;
}
