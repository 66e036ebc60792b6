import type { Ids } from '../base/ids.js';
import type { Pod } from '../api/types/core-v1.js';
import type { FilterFailure, NodeFilter, SchedulerPlugin } from './framework.js';
import type { NodeInfo } from './node-info.js';
import type { Snapshot } from './snapshot.js';

export type CycleResult = { readonly node: string } | { readonly failures: ReadonlyMap<string, FilterFailure>; readonly nodes: number };

/** One try to place a pod: the best node, or why no node will do. Pure. */
export function findNode(pod: Pod, snapshot: Snapshot, plugins: readonly SchedulerPlugin[], ids: Pick<Ids, 'integer'>): CycleResult {
  const filters = plugins.map((plugin) => plugin.filter?.(pod, snapshot)).filter((filter) => filter !== undefined);
  const failures = new Map<string, FilterFailure>();
  const feasible: NodeInfo[] = [];
  for (const node of snapshot.nodes()) {
    const failure = firstFailure(filters, node);
    if (failure) failures.set(node.name, failure);
    else feasible.push(node);
  }
  if (feasible.length === 0) return { failures, nodes: snapshot.size };
  return { node: feasible.length === 1 ? (feasible[0] as NodeInfo).name : best(pod, snapshot, plugins, feasible, ids) };
}

/** Why a node will not do; undefined when it does. */
export function firstFailure(filters: readonly NodeFilter[], node: NodeInfo): FilterFailure | undefined {
  for (const filter of filters) {
    const failure = filter(node);
    if (failure) return failure;
  }
  return undefined;
}

/** The node with the highest score; one of them by chance where several have it. */
function best(pod: Pod, snapshot: Snapshot, plugins: readonly SchedulerPlugin[], feasible: readonly NodeInfo[], ids: Pick<Ids, 'integer'>): string {
  const totals = new Map(feasible.map((node) => [node.name, 0]));
  for (const plugin of plugins) {
    const scorer = plugin.score?.(pod, snapshot);
    if (!scorer) continue;
    const scores = new Map(feasible.map((node) => [node.name, scorer.score(node)]));
    scorer.normalize?.(scores);
    for (const [name, score] of scores) totals.set(name, (totals.get(name) ?? 0) + score * scorer.weight);
  }
  const maximum = Math.max(...totals.values());
  const winners = [...totals].filter(([, total]) => total === maximum);
  return (winners[ids.integer(winners.length)] as [string, number])[0];
}
