import type { DeviceClasses } from '../devices/device-classes.js';
import { type SchedulerPlugin, unresolvable, unschedulable } from '../framework.js';
import type { NodeResourcesFitArgs } from '../plugin-args.js';
import { podRequests, podScoringRequests, resourcesOf, type Resources } from '../resources.js';
import { strategyScore } from './resource-scoring.js';

/** Requests must fit into what a node has left; among nodes that fit, the emptier one is liked better, or the fuller one. */
export const nodeResourcesFit = (classes: Pick<DeviceClasses, 'ofResource'>, { scoringStrategy = { type: 'LeastAllocated' }, ignoredResources = [], ignoredResourceGroups = [] }: NodeResourcesFitArgs = {}): SchedulerPlugin => {
  const isIgnored = (name: string): boolean => name.includes('/') && (ignoredResources.includes(name) || ignoredResourceGroups.includes(name.slice(0, name.indexOf('/'))));
  return {
    name: 'NodeResourcesFit',
    helpedBy: ['node-allocatable', 'pod-gone', 'pod-scaled-down'],
    helps: (pod, { node, oldNode }) => {
      if (!node) return true;
      const capacity = resourcesOf(node.status?.allocatable);
      const wanted = podRequests(pod);
      if ([...wanted].some(([name, amount]) => !isIgnored(name) && amount > (capacity.get(name) ?? 0) && !isLeftToDevices(classes, name, capacity))) return false;
      if (!oldNode) return true;
      const before = resourcesOf(oldNode.status?.allocatable);
      return ['pods', ...wanted.keys()].some((name) => (capacity.get(name) ?? 0) > (before.get(name) ?? 0));
    },
    filter: (pod) => {
      const wanted = new Map([...podRequests(pod)].filter(([name, amount]) => amount > 0 && !isIgnored(name)));
      return ({ allocatable, requested, pods }) => {
        const reasons: string[] = [];
        let never = false;
        if (pods.size + 1 > (allocatable.get('pods') ?? 0)) reasons.push('Too many pods');
        for (const [name, amount] of wanted) {
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
      const scoring = podScoringRequests(pod);
      const wanted: Resources = new Map([...podRequests(pod), ['cpu', scoring.cpu], ['memory', scoring.memory]]);
      return { weight: 1, score: (node) => strategyScore(scoringStrategy, node, wanted) };
    },
  };
};

/** Resources that a node does not have itself may be devices there, which DynamicResources looks for. */
function isLeftToDevices(classes: Pick<DeviceClasses, 'ofResource'>, name: string, allocatable: Resources): boolean {
  return (allocatable.get(name) ?? 0) === 0 && classes.ofResource(name) !== undefined;
}
