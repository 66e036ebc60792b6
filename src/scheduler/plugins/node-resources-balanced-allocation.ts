import { MAX_SCORE, type SchedulerPlugin } from '../framework.js';
import type { NodeInfo } from '../node-info.js';
import type { ResourceWeight } from '../plugin-args.js';
import { podRequests, type Resources } from '../resources.js';
import { CPU_AND_MEMORY, useOf } from './resource-scoring.js';

/** Nodes where a pod brings the use of their resources closer together are liked better. */
export const nodeResourcesBalancedAllocation = (resources: readonly ResourceWeight[] = CPU_AND_MEMORY): SchedulerPlugin => ({
  name: 'NodeResourcesBalancedAllocation',
  helpedBy: [],
  score: (pod) => {
    const wanted = podRequests(pod);
    // Pods that ask for nothing would all go to the same node.
    if (resources.every(({ name }) => (wanted.get(name) ?? 0) === 0)) return undefined;
    return { weight: 1, score: (node) => balance(node, wanted, resources) };
  },
});

/** 75 where nothing changes, up to 100 where shares come closer together, down to 50 where they go apart. */
function balance(node: NodeInfo, wanted: Resources, resources: readonly ResourceWeight[]): number {
  const before: number[] = [];
  const after: number[] = [];
  for (const { name } of resources) {
    const use = useOf(node, name, wanted, false);
    if (!use) continue;
    before.push(Math.min(1, use.before / use.capacity));
    after.push(Math.min(1, use.after / use.capacity));
  }
  return MAX_SCORE / 2 + Math.trunc((MAX_SCORE / 2 + evenness(after) - evenness(before)) / 2);
}

/** 100 where the same share of all is in use, less by how far they lie apart (standard deviation). */
function evenness(shares: readonly number[]): number {
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  const deviation = shares.length === 2 ? Math.abs((shares[0] as number) - (shares[1] as number)) / 2 : shares.length < 2 ? 0 : Math.sqrt(shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / shares.length);
  return Math.trunc((1 - deviation) * MAX_SCORE);
}
