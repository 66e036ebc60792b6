import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../api/types/core-v1.js';
import type { Lister } from '../../client/informer.js';
import { findNode } from '../cycle.js';
import { fitErrorText } from '../fit-error.js';
import type { PluginEnvironment } from '../scheduler.js';
import { makeNode, makePod, makeWorld } from '../testing.js';

const DRIVER = 'csi.example.com';
const BOUND = { 'pv.kubernetes.io/bind-completed': 'yes' };
const volume = (name: string, driver = DRIVER): PersistentVolume => ({ apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name }, spec: { csi: { driver, volumeHandle: name } } });
/** A claim of the volume of its own name, or one that waits for its consumer. */
const claim = (name: string, isBound = true): PersistentVolumeClaim => ({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name, namespace: 'ns', ...(isBound ? { annotations: BOUND } : {}) }, spec: isBound ? { volumeName: name } : { storageClassName: 'late' } });
const using = (name: string, ...claims: string[]): Pod => makePod(name, { volumes: claims.map((claimName, i) => ({ name: `v${i}`, persistentVolumeClaim: { claimName } })) });

function lister<T extends { readonly metadata: { readonly name: string } }>(objects: readonly T[], indexed: (object: T) => string = () => ''): Lister<T> {
  return { get: (name) => objects.find(({ metadata }) => metadata.name === name), list: () => [...objects], byIndex: (_, value) => objects.filter((object) => indexed(object) === value) };
}

const volumes = lister([volume('one'), volume('two'), volume('three'), volume('other', 'other.example.com')]);
const storage = {
  assumptions: { claimLister: lister([claim('one'), claim('two'), claim('three'), claim('other'), claim('late', false)]), allVolumes: () => volumes.list(), volume: (name: string) => volumes.get(name), selectedNode: () => undefined } as unknown as PluginEnvironment['assumptions'],
  storageClasses: lister([{ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name: 'late' }, provisioner: DRIVER, volumeBindingMode: 'WaitForFirstConsumer' }]) as unknown as PluginEnvironment['storageClasses'],
};
const csiNode = (count?: number): object => ({ metadata: { name: 'a' }, spec: { drivers: [{ name: DRIVER, nodeID: 'a', ...(count === undefined ? {} : { allocatable: { count } }) }] } });
const attachment = (persistentVolumeName: string, nodeName = 'a'): object => ({ metadata: { name: `at-${persistentVolumeName}` }, spec: { attacher: DRIVER, nodeName, source: { persistentVolumeName } } });
const FULL = '0/1 nodes are available: 1 node(s) exceed max volume count.';

test.each<[string, { limit: number | undefined; pod: Pod; there?: readonly Pod[]; attached?: readonly object[] }, string | undefined]>([
  ['room for one more', { limit: 2, pod: using('p', 'two'), there: [using('1', 'one')] }, undefined],
  ['no room', { limit: 1, pod: using('p', 'two'), there: [using('1', 'one')] }, FULL],
  ['more than there is room for at all', { limit: 1, pod: using('p', 'one', 'two') }, FULL],
  ['no volume of this driver at all', { limit: 0, pod: using('p', 'one') }, FULL],
  ['a volume that is there already', { limit: 1, pod: using('p', 'one'), there: [using('1', 'one')] }, undefined],
  ['a volume that two pods there share counts once', { limit: 2, pod: using('p', 'two'), there: [using('1', 'one'), using('2', 'one')] }, undefined],
  ['a volume that is yet to be made', { limit: 1, pod: using('p', 'late'), there: [using('1', 'one')] }, FULL],
  ['a volume that is attached though nobody uses it', { limit: 1, pod: using('p', 'two'), attached: [attachment('one')] }, FULL],
  ['a volume that is attached and used counts once', { limit: 2, pod: using('p', 'two'), there: [using('1', 'one')], attached: [attachment('one')] }, undefined],
  ['a volume that is attached to another node', { limit: 1, pod: using('p', 'two'), attached: [attachment('one', 'b')] }, undefined],
  ['a volume of another driver', { limit: 0, pod: using('p', 'other') }, undefined],
  ['no limit', { limit: undefined, pod: using('p', 'one', 'two', 'three') }, undefined],
])('%s', (_name, { limit, pod, there = [], attached = [] }, expected) => {
  const nodes = lister([csiNode(limit) as never]);
  const attachments = lister(attached as never[], ({ spec }: { spec: { nodeName: string } }) => spec.nodeName);
  const world = makeWorld([makeNode('a')], { a: there }, { csiNodes: nodes, volumeAttachments: attachments }, storage);
  const result = findNode(pod, world);
  expect('node' in result ? undefined : fitErrorText(result, '')).toBe(expected);
});
