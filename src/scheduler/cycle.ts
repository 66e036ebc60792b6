import type { Ids } from '../base/ids.js';
import type { Pod } from '../api/types/core-v1.js';
import { type FilterFailure, type NodeFilter, type SchedulerPlugin, unresolvable } from './framework.js';
import type { NodeInfo } from './node-info.js';
import type { DefaultPreemptionArgs } from './plugin-args.js';
import type { Nominator } from './nominator.js';
import type { Snapshot } from './snapshot.js';

export interface NoFit {
  /** Why each node will not do. */
  readonly failures: ReadonlyMap<string, FilterFailure>;
  readonly nodes: number;
  /** What is wrong with the pod itself; then no node was looked at. */
  readonly before: string | undefined;
  /** Names of the plugins that said no. */
  readonly plugins: ReadonlySet<string>;
}

export type CycleResult = { readonly node: string } | NoFit;

export interface World {
  readonly snapshot: Snapshot;
  readonly plugins: readonly SchedulerPlugin[];
  readonly nominator: Nominator;
  readonly ids: Pick<Ids, 'integer'>;
  /** Where to begin among many nodes, so that all get their turn. */
  readonly start: number;
  /** How many of the nodes to look at until enough fit, in percent; 0 or nothing leaves it to the size of the cluster. */
  readonly percentage?: number | undefined;
  readonly preemption?: DefaultPreemptionArgs | undefined;
}

/** Below this many nodes all are looked at. */
const MIN_FEASIBLE = 100;
const MIN_PERCENTAGE = 5;

/** One try to place a pod: the best node, or why no node will do. */
export function findNode(pod: Pod, world: World): CycleResult {
  const { snapshot, plugins } = world;
  for (const plugin of plugins) {
    const failure = plugin.preFilter?.(pod);
    if (!failure) continue;
    const failures = new Map([...snapshot.nodes()].map(({ name }) => [name, failure]));
    return { failures, nodes: snapshot.size, before: failure.reasons.join(', '), plugins: new Set([plugin.name]) };
  }
  const filters = new Filters(pod, world);
  const promised = world.nominator.get(pod) ?? pod.status?.nominatedNodeName;
  const promisedNode = promised === undefined ? undefined : snapshot.node(promised);
  if (promisedNode && !filters.check(promisedNode)) return { node: promisedNode.name };

  const { nodes, failures, failedPlugins } = eligible(pod, world);
  const wanted = enough(nodes.length, world.percentage);
  const feasible: NodeInfo[] = [];
  for (let i = 0; i < nodes.length && feasible.length < wanted; i++) {
    const node = nodes[(world.start + i) % nodes.length] as NodeInfo;
    const failure = filters.check(node);
    if (failure) failures.set(node.name, failure);
    else feasible.push(node);
  }
  if (feasible.length === 0) return { failures, nodes: snapshot.size, before: undefined, plugins: new Set([...failedPlugins, ...filters.failedPlugins]) };
  return { node: feasible.length === 1 ? (feasible[0] as NodeInfo).name : best(pod, world, feasible) };
}

/** The filters of a pod's plugins, made once and asked of many nodes. */
export class Filters {
  readonly failedPlugins = new Set<string>();
  private readonly filters: ReadonlyArray<{ readonly name: string; readonly filter: NodeFilter }>;

  constructor(
    private readonly pod: Pod,
    private readonly world: Pick<World, 'snapshot' | 'plugins' | 'nominator'>,
  ) {
    this.filters = world.plugins.flatMap((plugin) => {
      const filter = plugin.filter?.(pod, world.snapshot);
      return filter ? [{ name: plugin.name, filter }] : [];
    });
  }

  /** Why a node will not do, as it is and with those to whom it is promised; undefined when it does. */
  check(node: NodeInfo): FilterFailure | undefined {
    const rivals = this.world.nominator.rivals(node.name, this.pod);
    if (rivals.length > 0) {
      rivals.forEach((rival) => this.move(rival, node, 1));
      const failure = this.firstFailure(node);
      rivals.forEach((rival) => this.move(rival, node, -1));
      if (failure) return failure;
    }
    return this.firstFailure(node);
  }

  /** Thinks a pod onto a node or away from it. */
  move(pod: Pod, node: NodeInfo, sign: 1 | -1): void {
    if (sign === 1) node.add(pod);
    else node.remove(pod);
    for (const { filter } of this.filters) filter.changed?.(pod, node, sign);
  }

  private firstFailure(node: NodeInfo): FilterFailure | undefined {
    for (const { name, filter } of this.filters) {
      const failure = filter(node);
      if (!failure) continue;
      this.failedPlugins.add(name);
      return failure;
    }
    return undefined;
  }
}

/** The nodes that come into question; the others have failed already. */
function eligible(pod: Pod, { snapshot, plugins }: World): { nodes: NodeInfo[]; failures: Map<string, FilterFailure>; failedPlugins: string[] } {
  const failures = new Map<string, FilterFailure>();
  const limits = plugins.flatMap((plugin) => {
    const names = plugin.nodes?.(pod);
    return names ? [{ plugin: plugin.name, names }] : [];
  });
  if (limits.length === 0) return { nodes: [...snapshot.nodes()], failures, failedPlugins: [] };
  const failedPlugins = limits.map(({ plugin }) => plugin).sort();
  const failure = unresolvable(`node(s) didn't satisfy plugin(s) [${failedPlugins.join(' ')}]`);
  const nodes: NodeInfo[] = [];
  for (const node of snapshot.nodes()) {
    if (limits.every(({ names }) => names.has(node.name))) nodes.push(node);
    else failures.set(node.name, failure);
  }
  return { nodes, failures, failedPlugins };
}

/** How many feasible nodes are enough to choose from; `configured` is a percentage, 0 for none. */
function enough(nodes: number, configured = 0): number {
  if (nodes < MIN_FEASIBLE) return nodes;
  const percentage = configured || Math.max(MIN_PERCENTAGE, 50 - Math.floor(nodes / 125));
  return Math.max(MIN_FEASIBLE, Math.floor((nodes * percentage) / 100));
}

/** The node with the highest score; one of them by chance where several have it. */
function best(pod: Pod, { snapshot, plugins, ids }: World, feasible: readonly NodeInfo[]): string {
  const totals = feasible.map(() => 0);
  for (const plugin of plugins) {
    const scorer = plugin.score?.(pod, snapshot, feasible);
    if (!scorer) continue;
    const scores = feasible.map((node) => scorer.score(node));
    scorer.normalize?.(scores);
    for (let i = 0; i < totals.length; i++) totals[i] = (totals[i] as number) + (scores[i] as number) * scorer.weight;
  }
  const maximum = totals.reduce((most, total) => Math.max(most, total), -Infinity);
  const winners = feasible.filter((_, i) => totals[i] === maximum);
  return (winners[ids.integer(winners.length)] as NodeInfo).name;
}
