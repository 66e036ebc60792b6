import type { Node, Pod } from '../api/types/core-v1.js';
import type { Informer } from '../client/informer.js';
import type { World } from './cycle.js';
import type { SchedulerPlugin } from './framework.js';
import { defaultPlugins, type PluginEnvironment } from './index.js';
import type { Listers } from './listers.js';
import { Nominator } from './nominator.js';
import { Snapshot } from './snapshot.js';
import type { VolumeAssumptions } from './volume-assumptions.js';

/** Worlds for tests of the scheduler. */

const nothing = { get: () => undefined, list: () => [], byIndex: () => [] };

const NO_DEVICES = { claims: { ...nothing } as never, classes: { get: () => undefined, ofResource: () => undefined } as never, slices: { ofNode: () => [], ofPool: () => [] }, allocated: undefined as never };

export function makeNode(name: string, { labels = {}, allocatable = {}, taints }: { labels?: Record<string, string>; allocatable?: Record<string, string>; taints?: Node['spec']['taints'] } = {}): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
    spec: taints ? { taints } : {},
    status: { allocatable: { cpu: '4', memory: '8Gi', pods: '110', ...allocatable } },
  };
}

export function makePod(name: string, spec: Partial<Pod['spec']> & { cpu?: string } = {}, labels: Record<string, string> = {}): Pod {
  const { cpu, ...rest } = spec;
  const requests = cpu === undefined ? {} : { resources: { requests: { cpu } } };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'ns', uid: `uid-${name}`, labels },
    spec: { schedulerName: 'default-scheduler', containers: [{ name: 'c', image: 'i', ...requests }], ...rest },
  };
}

/** Nodes with the pods that are on them, and the default plugins. */
export function makeWorld(nodes: readonly Node[], placed: Readonly<Record<string, readonly Pod[]>> = {}, listers: Partial<Listers> = {}, storage: Partial<Pick<PluginEnvironment, 'assumptions' | 'storageClasses' | 'devices' | 'ids'>> = {}): World & { readonly snapshot: Snapshot; readonly plugins: readonly SchedulerPlugin[]; readonly environment: PluginEnvironment } {
  const snapshot = new Snapshot();
  for (const node of nodes) snapshot.setNode(node);
  for (const [node, pods] of Object.entries(placed)) for (const pod of pods) snapshot.setPod(pod, node);
  const empty = nothing as unknown as Informer<never>;
  const all = { namespaces: empty, services: empty, replicationControllers: empty, replicaSets: empty, statefulSets: empty, disruptionBudgets: empty, csiNodes: empty, volumeAttachments: empty, ...listers } as Listers;
  const assumptions = { claimLister: empty, allVolumes: () => [], volume: () => undefined } as unknown as VolumeAssumptions;
  const environment = { listers: all, assumptions, storageClasses: empty as never, client: undefined as never, clock: undefined as never, ids: { uid: () => 'uid', integer: () => 0 } as never, events: undefined as never, devices: NO_DEVICES, ...storage };
  const plugins = defaultPlugins(environment);
  return { snapshot, plugins, environment, nominator: new Nominator(), ids: { integer: () => 0 }, start: 0 };
}
