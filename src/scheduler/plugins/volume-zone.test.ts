import type { PersistentVolume, PersistentVolumeClaim } from '../../api/types/core-v1.js';
import type { Lister } from '../../client/informer.js';
import { findNode } from '../cycle.js';
import { fitErrorText } from '../fit-error.js';
import type { PluginEnvironment } from '../scheduler.js';
import { makeNode, makePod, makeWorld } from '../testing.js';

const ZONE = 'topology.kubernetes.io/zone';
const OLD_ZONE = 'failure-domain.beta.kubernetes.io/zone';
const WRONG = '0/1 nodes are available: 1 node(s) had no available volume zone.';
const claim: PersistentVolumeClaim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'c', namespace: 'ns', annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } }, spec: { volumeName: 'v' } };
const pod = makePod('p', { volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'c' } }] });

test.each<[string, Readonly<Record<string, string>>, Record<string, string>, string | undefined]>([
  ['in its zone', { [ZONE]: 'x' }, { [ZONE]: 'x' }, undefined],
  ['in another zone', { [ZONE]: 'x' }, { [ZONE]: 'y' }, WRONG],
  ['in one of its zones', { [ZONE]: 'x__y' }, { [ZONE]: 'y' }, undefined],
  ['in none of its zones', { [ZONE]: 'x__y' }, { [ZONE]: 'z' }, WRONG],
  ['in a cluster without zones', { [ZONE]: 'x' }, {}, undefined],
  ['in its zone, which the volume gives by the old label', { [OLD_ZONE]: 'x' }, { [ZONE]: 'x' }, undefined],
  ['in another zone than the old label says', { [OLD_ZONE]: 'x' }, { [ZONE]: 'y' }, WRONG],
  ['in its zone, but not in its region', { [ZONE]: 'x', 'topology.kubernetes.io/region': 'r' }, { [ZONE]: 'x', 'topology.kubernetes.io/region': 's' }, WRONG],
  ['anywhere, for it has no zone', {}, { [ZONE]: 'y' }, undefined],
])('a volume and a node %s', (_where, volumeLabels, nodeLabels, expected) => {
  const volume: PersistentVolume = { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'v', labels: { ...volumeLabels } }, spec: { csi: { driver: 'csi.example.com', volumeHandle: 'v' } } };
  const claims: Lister<PersistentVolumeClaim> = { get: () => claim, list: () => [claim], byIndex: () => [] };
  const assumptions = { claimLister: claims, allVolumes: () => [volume], volume: () => volume, selectedNode: () => undefined } as unknown as PluginEnvironment['assumptions'];
  const result = findNode(pod, makeWorld([makeNode('a', { labels: nodeLabels })], {}, {}, { assumptions }));
  expect('node' in result ? undefined : fitErrorText(result, '')).toBe(expected);
});
