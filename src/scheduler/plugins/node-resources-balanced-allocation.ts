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

/** 100 where the same share of both is in use, less the further apart they are. */
function balance({ allocatable, requested }: NodeInfo, cpu: number, memory: number): number {
  const cpus = allocatable.get('cpu') ?? 0;
  const bytes = allocatable.get('memory') ?? 0;
  if (cpus === 0 || bytes === 0) return MAX_SCORE;
  const cpuShare = Math.min(1, ((requested.get('cpu') ?? 0) + cpu) / cpus);
  const memoryShare = Math.min(1, ((requested.get('memory') ?? 0) + memory) / bytes);
  return Math.trunc((1 - Math.abs(cpuShare - memoryShare) / 2) * MAX_SCORE);
}
