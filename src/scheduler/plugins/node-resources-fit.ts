import { MAX_SCORE, type SchedulerPlugin, unresolvable, unschedulable } from '../framework.js';
import { podRequests } from '../resources.js';

/** What pods without requests are taken to use when nodes are compared, not when they are filtered. */
const DEFAULT_CPU = 100;
const DEFAULT_MEMORY = 200 * 1024 * 1024;

/** Requests must fit into what a node has left; among nodes that fit, the emptier one is liked better. */
export const nodeResourcesFit: SchedulerPlugin = {
  name: 'NodeResourcesFit',
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
    const wanted = podRequests(pod);
    return {
      weight: 1,
      score: ({ allocatable, requested }) => {
        const free = (name: string, fallback: number): number => {
          const capacity = allocatable.get(name) ?? 0;
          const used = (requested.get(name) ?? 0) + (wanted.get(name) || fallback);
          return capacity === 0 || used > capacity ? 0 : Math.floor(((capacity - used) * MAX_SCORE) / capacity);
        };
        return Math.floor((free('cpu', DEFAULT_CPU) + free('memory', DEFAULT_MEMORY)) / 2);
      },
    };
  },
};
