import { MAX_SCORE, type SchedulerPlugin, unresolvable, unschedulable } from '../framework.js';
import { podRequests, podScoringRequests } from '../resources.js';

/** Requests must fit into what a node has left; among nodes that fit, the emptier one is liked better. */
export const nodeResourcesFit: SchedulerPlugin = {
  name: 'NodeResourcesFit',
  helpedBy: ['node-allocatable', 'pod-gone', 'pod-changed'],
  filter: (pod) => {
    const wanted = podRequests(pod);
    return ({ allocatable, requested, pods }) => {
      const reasons: string[] = [];
      let never = false;
      if (pods.size + 1 > (allocatable.get('pods') ?? 0)) reasons.push('Too many pods');
      for (const [name, amount] of wanted) {
        if (amount === 0) continue;
        const capacity = allocatable.get(name) ?? 0;
        if (amount <= capacity - (requested.get(name) ?? 0)) continue;
        reasons.push(`Insufficient ${name}`);
        if (amount > capacity) never = true;
      }
      if (reasons.length === 0) return undefined;
      return never ? unresolvable(...reasons) : unschedulable(...reasons);
    };
  },
  score: (pod) => {
    const wanted = podScoringRequests(pod);
    return {
      weight: 1,
      score: ({ allocatable, scoring }) => {
        const free = (name: 'cpu' | 'memory'): number => {
          const capacity = allocatable.get(name) ?? 0;
          const used = scoring[name] + wanted[name];
          return capacity === 0 || used > capacity ? 0 : Math.floor(((capacity - used) * MAX_SCORE) / capacity);
        };
        return Math.floor((free('cpu') + free('memory')) / 2);
      },
    };
  },
};
