import { schedulerProfiles } from './configuration.js';
import { findNode } from './cycle.js';
import { makeNode, makePod, makeWorld } from './testing.js';

const config = (profile: object, more: object = {}): object => ({ apiVersion: 'kubescheduler.config.k8s.io/v1', kind: 'KubeSchedulerConfiguration', profiles: [profile], ...more });

/** The node that a pod gets by a profile, on nodes of which `a` is the fuller one. */
function place(profile: object, pod = makePod('p', { cpu: '1' })): unknown {
  const world = makeWorld([makeNode('a'), makeNode('b')], { a: [makePod('there', { cpu: '2' })] });
  const [made] = schedulerProfiles(config(profile));
  const { environment } = world;
  const result = findNode(pod, { ...world, plugins: made!.plugins(environment) });
  return 'node' in result ? result.node : [...result.plugins];
}

test.each<[string, object, unknown]>([
  ['nothing said: the emptier node', {}, 'b'],
  ['the fuller node', { plugins: { score: { disabled: [{ name: '*' }], enabled: [{ name: 'NodeResourcesFit', weight: 1 }] } }, pluginConfig: [{ name: 'NodeResourcesFit', args: { scoringStrategy: { type: 'MostAllocated', resources: [{ name: 'cpu', weight: 1 }] } } }] }, 'a'],
  ['no filter by resources', { plugins: { filter: { disabled: [{ name: 'NodeResourcesFit' }] } } }, 'b'],
])('%s', (_name, profile, expected) => {
  expect(place(profile)).toEqual(expected);
});

test('a filter that is switched off turns nobody away', () => {
  const huge = makePod('p', { cpu: '1000' });
  expect(place({}, huge)).toEqual(['NodeResourcesFit']);
  for (const point of ['multiPoint', 'filter']) expect(place({ plugins: { [point]: { disabled: [{ name: 'NodeResourcesFit' }] } } }, huge)).toEqual(expect.stringMatching(/^[ab]$/));
  expect(place({ plugins: { multiPoint: { disabled: [{ name: '*' }], enabled: [{ name: 'NodeResourcesFit' }] } } }, huge)).toEqual(['NodeResourcesFit']);
});

test.each<[object, string]>([
  [{}, 'a'],
  [{ hardPodAffinityWeight: 0 }, 'b'],
  [{ hardPodAffinityWeight: 100 }, 'a'],
  [{ ignorePreferredTermsOfExistingPods: true }, 'b'],
])('pods that are there and need this one draw it near, with InterPodAffinity %j', (args, expected) => {
  const term = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'db' } } };
  const there = makePod('there', { cpu: '2', affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } });
  const world = makeWorld([makeNode('a'), makeNode('b')], { a: [there] });
  const [profile] = schedulerProfiles(config({ pluginConfig: [{ name: 'InterPodAffinity', args }] }));
  expect(findNode(makePod('p', { cpu: '1' }, { app: 'db' }), { ...world, plugins: profile!.plugins(world.environment) })).toEqual({ node: expected });
});

test.each<[string, object, Parameters<typeof makePod>, unknown]>([
  ['the fuller half is liked by its shape', { name: 'NodeResourcesFit', args: { scoringStrategy: { type: 'RequestedToCapacityRatio', resources: [{ name: 'cpu' }], requestedToCapacityRatio: { shape: [{ utilization: 0, score: 0 }, { utilization: 100, score: 10 }] } } } }, ['p', { cpu: '1' }], 'a'],
  ['the emptier one by the opposite shape', { name: 'NodeResourcesFit', args: { scoringStrategy: { type: 'RequestedToCapacityRatio', resources: [{ name: 'cpu' }], requestedToCapacityRatio: { shape: [{ utilization: 0, score: 10 }, { utilization: 100, score: 0 }] } } } }, ['p', { cpu: '1' }], 'b'],
  ['an extended resource that is not looked at', { name: 'NodeResourcesFit', args: { ignoredResourceGroups: ['example.com'] } }, ['p', { containers: [{ name: 'c', image: 'i', resources: { requests: { 'example.com/x': '1' } } }] }], 'b'],
  ['an extended resource that is', { name: 'NodeResourcesFit', args: { ignoredResources: ['example.com/y'] } }, ['p', { containers: [{ name: 'c', image: 'i', resources: { requests: { 'example.com/x': '1' } } }] }], ['NodeResourcesFit']],
  ['nodes that all pods are limited to', { name: 'NodeAffinity', args: { addedAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['a'] }] }] } } } }, ['p', {}], 'a'],
  ['nodes that all pods are drawn to', { name: 'NodeAffinity', args: { addedAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, preference: { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['a'] }] } }] } } }, ['p', {}], 'a'],
])('%s', (_, pluginConfig, pod, expected) => {
  expect(place({ plugins: { score: { disabled: [{ name: 'NodeResourcesBalancedAllocation' }] } }, pluginConfig: [pluginConfig] }, makePod(...pod))).toEqual(expected);
});

test('the constraints that a profile sets are kept for pods of a Service that have none themselves', () => {
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 's', namespace: 'ns' }, spec: { selector: { app: 's' } } };
  const listers = { services: { get: () => undefined, list: () => [service], byIndex: () => [service] } } as never;
  const labelled = (name: string): ReturnType<typeof makePod> => makePod(name, {}, { app: 's' });
  const world = makeWorld([makeNode('a'), { ...makeNode('b'), spec: { unschedulable: true } }], { a: [labelled('1')] }, listers);
  const constraint = { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'DoNotSchedule' };
  const [profile] = schedulerProfiles(config({ pluginConfig: [{ name: 'PodTopologySpread', args: { defaultingType: 'List', defaultConstraints: [constraint] } }] }));
  const result = findNode(labelled('p'), { ...world, plugins: profile!.plugins(world.environment) });
  expect('node' in result ? result.node : [...result.failures].map(([node, { reasons }]) => [node, ...reasons])).toEqual([['a', "node(s) didn't match pod topology spread constraints"], ['b', 'node(s) were unschedulable']]);
  expect(findNode(labelled('p'), world)).toEqual({ node: 'a' });
});

test('profiles have names and percentages of their own, or those of all', () => {
  const profiles = schedulerProfiles(config({ schedulerName: 'mine', percentageOfNodesToScore: 70 }, { percentageOfNodesToScore: 30, profiles: [{}, { schedulerName: 'mine', percentageOfNodesToScore: 70 }] }));
  expect(profiles.map(({ name, percentageOfNodesToScore }) => [name, percentageOfNodesToScore])).toEqual([['default-scheduler', 30], ['mine', 70]]);
});

test.each<[string, unknown, string]>([
  ['no object', 'x', 'the configuration must be an object'],
  ['another kind', { apiVersion: 'v1', kind: 'Pod' }, 'it must be a KubeSchedulerConfiguration of kubescheduler.config.k8s.io/v1'],
  ['an unknown field', config({ color: 1 }), 'a profile has a field "color" that is not supported'],
  ['a point that is not supported', config({ plugins: { bind: {} } }), 'plugins of default-scheduler has a field "bind" that is not supported'],
  ['an unknown plugin', config({ plugins: { filter: { disabled: [{ name: 'Espresso' }] } } }), 'there is no plugin "Espresso": there are NodeUnschedulable, '],
  ['arguments of a plugin that has none', config({ pluginConfig: [{ name: 'NodePorts', args: {} }] }), 'pluginConfig is read for DefaultPreemption, InterPodAffinity, NodeAffinity, NodeResourcesBalancedAllocation, NodeResourcesFit, PodTopologySpread, VolumeBinding, not for "NodePorts"'],
  ['an argument that is not supported', config({ pluginConfig: [{ name: 'VolumeBinding', args: { shape: [] } }] }), 'args of VolumeBinding has a field "shape" that is not supported'],
  ['a plugin twice', config({ pluginConfig: [{ name: 'VolumeBinding' }, { name: 'VolumeBinding' }] }), 'pluginConfig has VolumeBinding twice'],
  ['constraints without their type', config({ pluginConfig: [{ name: 'PodTopologySpread', args: { defaultConstraints: [{ maxSkew: 1, topologyKey: 'z', whenUnsatisfiable: 'DoNotSchedule' }] } }] }), 'defaultConstraints are for the defaultingType List'],
  ['a constraint with a selector', config({ pluginConfig: [{ name: 'PodTopologySpread', args: { defaultingType: 'List', defaultConstraints: [{ labelSelector: {} }] } }] }), 'a default constraint has a field "labelSelector" that is not supported'],
  ['an unknown strategy', config({ pluginConfig: [{ name: 'NodeResourcesFit', args: { scoringStrategy: { type: 'Chance' } } }] }), 'scoringStrategy knows LeastAllocated, MostAllocated and RequestedToCapacityRatio, not "Chance"'],
  ['a shape without points', config({ pluginConfig: [{ name: 'NodeResourcesFit', args: { scoringStrategy: { type: 'RequestedToCapacityRatio' } } }] }), 'shape must have at least one point'],
  ['points out of order', config({ pluginConfig: [{ name: 'NodeResourcesFit', args: { scoringStrategy: { type: 'RequestedToCapacityRatio', requestedToCapacityRatio: { shape: [{ utilization: 50, score: 1 }, { utilization: 50, score: 2 }] } } } }] }), 'the points of shape must be in order of their utilization'],
  ['no candidates at all', config({ pluginConfig: [{ name: 'DefaultPreemption', args: { minCandidateNodesPercentage: 0, minCandidateNodesAbsolute: 0 } }] }), 'minCandidateNodesPercentage and minCandidateNodesAbsolute cannot both be 0'],
  ['a weight that is none', config({ pluginConfig: [{ name: 'InterPodAffinity', args: { hardPodAffinityWeight: 101 } }] }), 'hardPodAffinityWeight must be a whole number from 0 to 100'],
  ['a percentage that is none', config({ percentageOfNodesToScore: 101 }), 'percentageOfNodesToScore must be a whole number from 0 to 100'],
  ['two profiles of one name', config({}, { profiles: [{}, {}] }), 'two profiles have the schedulerName "default-scheduler"'],
])('%s is refused', (_name, given, message) => {
  expect(() => schedulerProfiles(given)).toThrow(message);
});
