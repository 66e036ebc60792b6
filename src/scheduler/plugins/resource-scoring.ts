import { MAX_SCORE } from '../framework.js';
import type { NodeInfo } from '../node-info.js';
import type { ResourceWeight, ScoringStrategy, ShapePoint } from '../plugin-args.js';
import type { Resources } from '../resources.js';

export const CPU_AND_MEMORY: readonly ResourceWeight[] = [{ name: 'cpu', weight: 1 }, { name: 'memory', weight: 1 }];

/** What of a node's resource would be in use with a pod; undefined where it is not to be compared by it. */
export function useOf({ allocatable, requested, scoring }: NodeInfo, name: string, wanted: Resources, withDefaults: boolean): { readonly capacity: number; readonly before: number; readonly after: number } | undefined {
  const capacity = allocatable.get(name) ?? 0;
  const own = wanted.get(name) ?? 0;
  const isPlain = name === 'cpu' || name === 'memory';
  if (capacity === 0 || (own === 0 && !isPlain && name !== 'ephemeral-storage')) return undefined;
  const before = withDefaults && isPlain ? scoring[name] : (requested.get(name) ?? 0);
  return { capacity, before, after: before + own };
}

/** 0 … 100: how much a node is liked for the use of its resources. */
export function strategyScore({ type, resources = CPU_AND_MEMORY, shape = [] }: ScoringStrategy, node: NodeInfo, wanted: Resources): number {
  let sum = 0;
  let weights = 0;
  for (const { name, weight } of resources) {
    const use = useOf(node, name, wanted, true);
    if (!use) continue;
    const score = scoreOf(type, use.after, use.capacity, shape);
    // What has no score by its shape does not count against the others.
    if (type === 'RequestedToCapacityRatio' && score <= 0) continue;
    sum += weight * score;
    weights += weight;
  }
  if (weights === 0) return 0;
  return type === 'RequestedToCapacityRatio' ? Math.round(sum / weights) : Math.floor(sum / weights);
}

function scoreOf(type: ScoringStrategy['type'], used: number, capacity: number, shape: readonly ShapePoint[]): number {
  switch (type) {
    case 'LeastAllocated':
      return used > capacity ? 0 : Math.floor(((capacity - used) * MAX_SCORE) / capacity);
    case 'MostAllocated':
      return Math.floor((Math.min(used, capacity) * MAX_SCORE) / capacity);
    case 'RequestedToCapacityRatio':
      return onShape(used > capacity ? 100 : Math.floor((used * 100) / capacity), shape);
  }
}

/** Straight lines between the points; scores of the shape go to 10. */
function onShape(utilization: number, shape: readonly ShapePoint[]): number {
  const next = shape.findIndex((point) => utilization <= point.utilization);
  const [to, from] = [shape.at(next), shape[next - 1]];
  if (!to) return 0;
  if (next <= 0 || !from) return to.score * 10;
  return from.score * 10 + Math.trunc(((to.score - from.score) * 10 * (utilization - from.utilization)) / (to.utilization - from.utilization));
}
