import type { DeviceClasses } from '../devices/device-classes.js';
import { MAX_SCORE, type SchedulerPlugin, unresolvable, unschedulable } from '../framework.js';
import type { ScoringStrategy } from '../plugin-args.js';
import { podRequests, podScoringRequests, resourcesOf, type Resources } from '../resources.js';

const BOTH = [{ name: 'cpu', weight: 1 }, { name: 'memory', weight: 1 }] as const;

/** Requests must fit into what a node has left; among nodes that fit, the emptier one is liked better, or the fuller one. */
export const nodeResourcesFit = (classes: Pick<DeviceClasses, 'ofResource'>, { type, resources = BOTH }: ScoringStrategy = { type: 'LeastAllocated' }): SchedulerPlugin => ({
  name: 'NodeResourcesFit',
  helpedBy: ['node-allocatable', 'pod-gone', 'pod-scaled-down'],
  helps: (pod, { node, oldNode }) => {
    if (!node) return true;
    const capacity = resourcesOf(node.status?.allocatable);
    const wanted = podRequests(pod);
    if ([...wanted].some(([name, amount]) => amount > (capacity.get(name) ?? 0) && !isLeftToDevices(classes, name, capacity))) return false;
    if (!oldNode) return true;
    const before = resourcesOf(oldNode.status?.allocatable);
    return ['pods', ...wanted.keys()].some((name) => (capacity.get(name) ?? 0) > (before.get(name) ?? 0));
  },
  filter: (pod) => {
    const wanted = podRequests(pod);
    return ({ allocatable, requested, pods }) => {
      const reasons: string[] = [];
      let never = false;
      if (pods.size + 1 > (allocatable.get('pods') ?? 0)) reasons.push('Too many pods');
      for (const [name, amount] of wanted) {
        if (amount === 0) continue;
        const capacity = allocatable.get(name) ?? 0;
        if (amount <= capacity - (requested.get(name) ?? 0) || isLeftToDevices(classes, name, allocatable)) continue;
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
        let sum = 0;
        let weights = 0;
        for (const { name, weight } of resources) {
          const capacity = allocatable.get(name) ?? 0;
          if (capacity === 0) continue;
          const used = scoring[name] + wanted[name];
          weights += weight;
          if (type === 'MostAllocated') sum += weight * Math.floor((Math.min(used, capacity) * MAX_SCORE) / capacity);
          else if (used <= capacity) sum += weight * Math.floor(((capacity - used) * MAX_SCORE) / capacity);
        }
        return weights === 0 ? 0 : Math.floor(sum / weights);
      },
    };
  },
});

/** Resources that a node does not have itself may be devices there, which DynamicResources looks for. */
function isLeftToDevices(classes: Pick<DeviceClasses, 'ofResource'>, name: string, allocatable: Resources): boolean {
  return (allocatable.get(name) ?? 0) === 0 && classes.ofResource(name) !== undefined;
}
