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
  ['arguments that are not supported', config({ pluginConfig: [{ name: 'NodeAffinity', args: {} }] }), 'pluginConfig is read for NodeResourcesFit and InterPodAffinity, not for "NodeAffinity"'],
  ['a weight that is none', config({ pluginConfig: [{ name: 'InterPodAffinity', args: { hardPodAffinityWeight: 101 } }] }), 'hardPodAffinityWeight must be a whole number from 0 to 100'],
  ['a percentage that is none', config({ percentageOfNodesToScore: 101 }), 'percentageOfNodesToScore must be a whole number from 0 to 100'],
  ['two profiles of one name', config({}, { profiles: [{}, {}] }), 'two profiles have the schedulerName "default-scheduler"'],
])('%s is refused', (_name, given, message) => {
  expect(() => schedulerProfiles(given)).toThrow(message);
});
