import type { Node, Pod } from '../api/types/core-v1.js';
import type { Change } from './framework.js';
import { makeNode, makePod, makeWorld } from './testing.js';

const near = (app: string): Pod['spec'] => ({ affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app } } }] } }, containers: [] });
const far = (app: string): Pod['spec'] => ({ affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app } } }] } }, containers: [] });
const ports = (hostPort: number): Pod['spec'] => ({ containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 1, hostPort }] }] });
const spread: Pod['spec'] = { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: { app: 's' } } }], containers: [] };
const tainted = (taints: Node['spec']['taints']): Node => makeNode('n', { taints });
const taint = { key: 'k', effect: 'NoSchedule' };

/** Whether a change is worth another try for a pod that a plugin turned down; as kube-scheduler's queueing hints say. */
test.each<[string, string, Pod, Change, boolean]>([
  ['InterPodAffinity', 'a friend comes', makePod('p', near('db')), { event: 'pod-placed', pod: makePod('o', {}, { app: 'db' }) }, true],
  ['InterPodAffinity', 'a stranger comes', makePod('p', near('db')), { event: 'pod-placed', pod: makePod('o', {}, { app: 'x' }) }, false],
  ['InterPodAffinity', 'a friend goes', makePod('p', near('db')), { event: 'pod-gone', pod: makePod('o', {}, { app: 'db' }) }, false],
  ['InterPodAffinity', 'an enemy goes', makePod('p', far('web')), { event: 'pod-gone', pod: makePod('o', {}, { app: 'web' }) }, true],
  ['InterPodAffinity', 'one that hates it goes', makePod('p', {}, { app: 'p' }), { event: 'pod-gone', pod: makePod('o', far('p')) }, true],
  ['InterPodAffinity', 'one becomes a friend', makePod('p', near('db')), { event: 'pod-labels', pod: makePod('o', {}, { app: 'db' }), oldPod: makePod('o') }, true],
  ['InterPodAffinity', 'an enemy is one no more', makePod('p', far('web')), { event: 'pod-labels', pod: makePod('o'), oldPod: makePod('o', {}, { app: 'web' }) }, true],
  ['PodTopologySpread', 'one that counts comes', makePod('p', spread), { event: 'pod-placed', pod: makePod('o', {}, { app: 's' }) }, true],
  ['PodTopologySpread', 'one that does not count goes', makePod('p', spread), { event: 'pod-gone', pod: makePod('o', {}, { app: 'x' }) }, false],
  ['NodePorts', 'its port becomes free', makePod('p', ports(80)), { event: 'pod-gone', pod: makePod('o', ports(80)) }, true],
  ['NodePorts', 'another port becomes free', makePod('p', ports(80)), { event: 'pod-gone', pod: makePod('o', ports(81)) }, false],
  ['NodeResourcesFit', 'a node that is large enough', makePod('p', { cpu: '2' }), { event: 'node-added', node: makeNode('n', { allocatable: { cpu: '2' } }) }, true],
  ['NodeResourcesFit', 'a node that is too small', makePod('p', { cpu: '3' }), { event: 'node-added', node: makeNode('n', { allocatable: { cpu: '2' } }) }, false],
  ['NodeResourcesFit', 'a node that has grown in what it needs', makePod('p', { cpu: '2' }), { event: 'node-allocatable', node: makeNode('n', { allocatable: { cpu: '3' } }), oldNode: makeNode('n', { allocatable: { cpu: '1' } }) }, true],
  ['NodeResourcesFit', 'a node that has grown in something else', makePod('p', { cpu: '2' }), { event: 'node-allocatable', node: makeNode('n', { allocatable: { cpu: '3', memory: '9Gi' } }), oldNode: makeNode('n', { allocatable: { cpu: '3' } }) }, false],
  ['NodeResourcesFit', 'its labels change', makePod('p', { cpu: '2' }), { event: 'pod-labels', pod: makePod('p') }, false],
  ['TaintToleration', 'the taint goes', makePod('p'), { event: 'node-taints', node: tainted([]), oldNode: tainted([taint]) }, true],
  ['TaintToleration', 'another taint comes', makePod('p'), { event: 'node-taints', node: tainted([taint, { key: 'l', effect: 'NoSchedule' }]), oldNode: tainted([taint]) }, false],
  ['NodeAffinity', 'a label that it wants', makePod('p', { nodeSelector: { a: 'b' } }), { event: 'node-labels', node: makeNode('n', { labels: { a: 'b' } }), oldNode: makeNode('n') }, true],
  ['NodeAffinity', 'a label that means nothing to it', makePod('p', { nodeSelector: { a: 'b' } }), { event: 'node-labels', node: makeNode('n', { labels: { a: 'c' } }), oldNode: makeNode('n') }, false],
  ['NodeUnschedulable', 'the node is uncordoned', makePod('p'), { event: 'node-taints', node: makeNode('n'), oldNode: { ...makeNode('n'), spec: { unschedulable: true } } }, true],
])('%s: %s', (name, _, pod, change, expected) => {
  const plugin = makeWorld([]).plugins.find((one) => one.name === name)!;
  expect((change.event === 'node-added' || plugin.helpedBy.includes(change.event)) && (plugin.helps?.(pod, change) ?? true)).toBe(expected);
});
