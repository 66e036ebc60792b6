import { matchesNodeSelectorTerm } from '../../api/node-selector.js';
import type { Node, NodeSelector } from '../../api/types/core-v1.js';
import type { CounterSet, Device, ResourceSlice } from '../../api/types/resource-v1.js';

/** A device where it is offered. */
export interface OfferedDevice {
  readonly id: string;
  readonly device: Device;
  readonly slice: ResourceSlice;
  readonly pool: Pool;
}

/** The devices of a driver that one node can use, in the order in which they are tried. */
export interface Pool {
  readonly driver: string;
  readonly name: string;
  /** Not all of its slices are there (yet). */
  readonly isIncomplete: boolean;
  /** Its slices contradict each other. */
  readonly isInvalid: boolean;
  readonly devices: readonly OfferedDevice[];
  /** Those of slices that the node has nothing to do with: they may use up counters all the same. */
  readonly elsewhere: readonly ResourceSlice[];
  readonly counterSets: ReadonlyMap<string, CounterSet>;
}

/** Where slices are looked up. */
export interface SliceIndex {
  /** Slices of this node alone, and those of no single node (name ''). */
  ofNode(name: string): readonly ResourceSlice[];
  ofPool(driver: string, pool: string): readonly ResourceSlice[];
}

export const deviceId = (driver: string, pool: string, device: string): string => `${driver}/${pool}/${device}`;

/** The pools of a node, by driver and name; those with devices that must be prepared before pods are bound come last. */
export function gatherPools(node: Node, slices: SliceIndex): Pool[] {
  const { name } = node.metadata;
  const byPool = new Map<string, ResourceSlice[]>();
  for (const slice of [...slices.ofNode(name), ...slices.ofNode('')]) if (concerns(slice, node)) addSlice(byPool, slice);
  const pools = [...byPool.values()].flatMap((own) => buildPool(own, slices) ?? []);
  const waits = ({ devices }: Pool): number => (devices.some(({ device }) => device.bindingConditions !== undefined) ? 1 : 0);
  return pools.sort((a, b) => waits(a) - waits(b) || compare(a.driver, b.driver) || compare(a.name, b.name));
}

export function nodeMatches(node: Node, { nodeName, allNodes, nodeSelector }: { readonly nodeName?: string | undefined; readonly allNodes?: boolean | undefined; readonly nodeSelector?: NodeSelector | undefined }): boolean {
  if (nodeName) return node.metadata.name === nodeName;
  return allNodes === true || matchesSelector(node, nodeSelector);
}

export function matchesSelector(node: Node, selector: NodeSelector | undefined): boolean {
  return selector !== undefined && selector.nodeSelectorTerms.some((term) => matchesNodeSelectorTerm(term, node));
}

function concerns({ spec }: ResourceSlice, node: Node): boolean {
  if (spec.sharedCounters?.length) return true;
  if (spec.perDeviceNodeSelection) return (spec.devices ?? []).some((device) => nodeMatches(node, device));
  return nodeMatches(node, spec);
}

/** Only the newest generation of a pool counts. */
function addSlice(pools: Map<string, ResourceSlice[]>, slice: ResourceSlice): void {
  const { driver, pool } = slice.spec;
  const key = `${driver}/${pool.name}`;
  const known = pools.get(key);
  const generation = known?.[0]?.spec.pool.generation ?? -1;
  if (pool.generation === generation) known?.push(slice);
  else if (pool.generation > generation) pools.set(key, [slice]);
}

function buildPool(own: readonly ResourceSlice[], index: SliceIndex): Pool | undefined {
  const [first] = own;
  if (!first) return undefined;
  const { driver, pool } = first.spec;
  const empty = { driver, name: pool.name, devices: [], elsewhere: [], counterSets: new Map<string, CounterSet>(), isIncomplete: false, isInvalid: false };
  let all = own;
  if (own.length !== pool.resourceSliceCount) {
    const known = index.ofPool(driver, pool.name);
    // A newer generation of which this node has nothing is on its way.
    if (known.some(({ spec }) => spec.pool.generation > pool.generation)) return undefined;
    all = known.filter(({ spec }) => spec.pool.generation === pool.generation);
    if (all.length !== pool.resourceSliceCount) return { ...empty, isIncomplete: true };
  }
  const sorted = own.toSorted((a, b) => compare(a.metadata.name, b.metadata.name));
  const counterSets = new Map<string, CounterSet>();
  for (const set of sorted.flatMap(({ spec }) => spec.sharedCounters ?? [])) {
    if (counterSets.has(set.name)) return { ...empty, isInvalid: true };
    counterSets.set(set.name, set);
  }
  const result: Pool & { devices: OfferedDevice[] } = { ...empty, devices: [], counterSets, elsewhere: all.filter((slice) => !own.includes(slice)) };
  for (const slice of sorted) for (const device of slice.spec.devices ?? []) result.devices.push({ id: deviceId(driver, pool.name, device.name), device, slice, pool: result });
  const isConsistent = new Set(result.devices.map(({ id }) => id)).size === result.devices.length && all.every(({ spec }) => (spec.devices ?? []).every((device) => countsKnown(device, counterSets)));
  return isConsistent ? result : { ...empty, isInvalid: true };
}

function countsKnown({ consumesCounters = [] }: Device, sets: ReadonlyMap<string, CounterSet>): boolean {
  return consumesCounters.every(({ counterSet, counters }) => {
    const known = sets.get(counterSet)?.counters;
    return known !== undefined && Object.keys(counters).every((name) => Object.hasOwn(known, name));
  });
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
