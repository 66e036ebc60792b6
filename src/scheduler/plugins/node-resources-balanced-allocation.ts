import { MAX_SCORE, type SchedulerPlugin } from '../framework.js';
import type { NodeInfo } from '../node-info.js';
import { podRequests } from '../resources.js';

/** Nodes where a pod brings the use of CPU and memory closer together are liked better. */
export const nodeResourcesBalancedAllocation: SchedulerPlugin = {
  name: 'NodeResourcesBalancedAllocation',
  helpedBy: [],
  score: (pod) => {
    const wanted = podRequests(pod);
    const [cpu, memory] = [wanted.get('cpu') ?? 0, wanted.get('memory') ?? 0];
    // Pods that ask for nothing would all go to the same node.
    if (cpu === 0 && memory === 0) return undefined;
    return {
      weight: 1,
      score: (node) => MAX_SCORE / 2 + Math.trunc((MAX_SCORE / 2 + balance(node, cpu, memory) - balance(node, 0, 0)) / 2),
    };
  },
};

function balance({ allocatable, requested }: NodeInfo, cpu: number, memory: number): number {
  const fractions = ([['cpu', cpu], ['memory', memory]] as const).flatMap(([name, more]) => {
    const capacity = allocatable.get(name) ?? 0;
    return capacity === 0 ? [] : [Math.min(1, ((requested.get(name) ?? 0) + more) / capacity)];
  });
  const [a, b] = fractions;
  const deviation = a === undefined || b === undefined ? 0 : Math.abs((a - b) / 2);
  return Math.trunc((1 - deviation) * MAX_SCORE);
}
