import type { Pod } from '../api/types/core-v1.js';
import { type CycleResult, findNode, type NoFit } from './cycle.js';
import { fitErrorText } from './fit-error.js';
import { planPreemption } from './preemption.js';
import { makeNode, makePod, makeWorld } from './testing.js';

const nodes = [makeNode('a', { labels: { zone: 'x' } }), makeNode('b', { labels: { zone: 'x' } }), makeNode('c', { labels: { zone: 'y' } })];
const chosen = (result: CycleResult): string | undefined => ('node' in result ? result.node : undefined);
const text = (pod: Pod, world: ReturnType<typeof makeWorld>, budgets: Parameters<typeof planPreemption>[3] = []): string => {
  const fit = findNode(pod, world) as NoFit;
  const preemption = planPreemption(pod, fit, world, budgets);
  return fitErrorText(fit, 'why' in preemption ? preemption.why : '');
};
const app = (name: string): Record<string, string> => ({ app: name });
const near = (name: string, topologyKey = 'kubernetes.io/hostname'): Pod['spec']['affinity'] => ({ podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey, labelSelector: { matchLabels: app(name) } }] } });
const far = (name: string, topologyKey = 'kubernetes.io/hostname'): Pod['spec']['affinity'] => ({ podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey, labelSelector: { matchLabels: app(name) } }] } });

describe('which node a pod gets', () => {
  test.each<[string, Pod, Readonly<Record<string, readonly Pod[]>>, string | undefined]>([
    ['the emptiest', makePod('p'), { a: [makePod('1', { cpu: '1' })], b: [makePod('2', { cpu: '1' })] }, 'c'],
    ['one near its friend', makePod('p', { affinity: near('db') }), { b: [makePod('1', {}, app('db'))] }, 'b'],
    ['one in the zone of its friend', makePod('p', { affinity: near('db', 'zone') }), { c: [makePod('1', {}, app('db'))] }, 'c'],
    ['any, as the first of those that want to be together', makePod('p', { affinity: near('self') }, app('self')), {}, 'a'],
    ['none near nobody', makePod('p', { affinity: near('nobody') }), {}, undefined],
    ['one far from its enemies', makePod('p', { affinity: far('web') }), { a: [makePod('1', {}, app('web'))], b: [makePod('2', {}, app('web'))] }, 'c'],
    ['one where nobody objects', makePod('p', {}, app('noisy')), { a: [makePod('1', { affinity: far('noisy', 'zone') })] }, 'c'],
    ['the one that its required affinity names', makePod('p', { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['b'] }] }] } } } }), {}, 'b'],
  ])('%s', (_, pod, placed, expected) => expect(chosen(findNode(pod, makeWorld(nodes, placed)))).toBe(expected));

  test('spreading by zone looks at zones, not at nodes', () => {
    const constraint = { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' as const, labelSelector: { matchLabels: app('s') } };
    const world = makeWorld(nodes, { a: [makePod('1', {}, app('s'))] });
    expect(chosen(findNode(makePod('p', { topologySpreadConstraints: [constraint] }, app('s')), world))).toBe('c');
    world.snapshot.setPod(makePod('2', {}, app('s')), 'c');
    world.snapshot.setPod(makePod('3', {}, app('s')), 'c');
    expect(chosen(findNode(makePod('p', { topologySpreadConstraints: [constraint] }, app('s')), world))).toBe('b');
  });

  test('pods on their way out do not count where pods are spread', () => {
    const constraint = { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'DoNotSchedule' as const, labelSelector: { matchLabels: app('s') } };
    const leaving = makePod('1', {}, app('s'));
    const world = makeWorld([nodes[0]!, nodes[1]!], { a: [{ ...leaving, metadata: { ...leaving.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }], b: [] });
    expect(world.snapshot.countMatching('ns', { toString: () => 'x', empty: false, matches: () => true } as never).size).toBe(0);
    expect(chosen(findNode(makePod('p', { topologySpreadConstraints: [constraint] }, app('s')), world))).toBeDefined();
  });

  test('counts of pods follow what comes and goes', () => {
    const world = makeWorld(nodes);
    const matcher = { toString: () => 'app=s', empty: false, matches: (labels: Record<string, string> | undefined) => labels?.['app'] === 's' } as never;
    const counts = world.snapshot.countMatching('ns', matcher);
    const pod = makePod('1', {}, app('s'));
    world.snapshot.setPod(pod, 'a');
    expect(counts.get('a')).toBe(1);
    world.snapshot.deletePod(pod);
    expect(counts.get('a')).toBeUndefined();
  });

  test('room that was promised to a more important pod is not given away', () => {
    const world = makeWorld([makeNode('a', { allocatable: { cpu: '1' } })]);
    world.nominator.set(makePod('important', { cpu: '1', priority: 10 }), 'a');
    expect(chosen(findNode(makePod('lesser', { cpu: '1' }), world))).toBeUndefined();
    expect(chosen(findNode(makePod('greater', { cpu: '1', priority: 20 }), world))).toBe('a');
    expect(world.snapshot.node('a')?.pods.size).toBe(0);
  });

  test('of many nodes only some are looked at, from another start each time', () => {
    const many = Array.from({ length: 400 }, (_, i) => makeNode(`n${i}`));
    const world = makeWorld(many);
    expect(chosen(findNode(makePod('p'), { ...world, start: 300 }))).toBe('n300');
  });
});

describe('why a pod gets none', () => {
  const small = [makeNode('a', { allocatable: { cpu: '1' } }), makeNode('b', { allocatable: { cpu: '1' }, taints: [{ key: 'k', effect: 'NoSchedule' }] })];

  test.each<[Pod, Readonly<Record<string, readonly Pod[]>>, string]>([
    [makePod('p', { cpu: '2' }), {}, '0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s). preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.'],
    [makePod('p', { cpu: '1' }), { a: [makePod('1', { cpu: '1' })] }, '0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s). preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.'],
    [makePod('p', { cpu: '1', priority: 5, preemptionPolicy: 'Never' }), { a: [makePod('1', { cpu: '1' })] }, '0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s). preemption: not eligible due to preemptionPolicy=Never.'],
    [makePod('p', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'gone' } }] }), {}, '0/2 nodes are available: persistentvolumeclaim "gone" not found. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.'],
    [makePod('p', { cpu: '2', affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['a'] }] }] } } } }), {}, "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't satisfy plugin(s) [NodeAffinity]. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling."],
  ])('%#', (pod, placed, expected) => expect(text(pod, makeWorld(small, placed))).toBe(expected));

  test('no nodes', () => expect(text(makePod('p'), makeWorld([]))).toBe('no nodes available to schedule pods'));
});

describe('whom a more important pod evicts', () => {
  const full = [makeNode('a', { allocatable: { cpu: '2' } }), makeNode('b', { allocatable: { cpu: '2' } })];
  const started = (pod: Pod, startTime: string): Pod => ({ ...pod, status: { startTime } });
  const plan = (placed: Readonly<Record<string, readonly Pod[]>>, pod = makePod('p', { cpu: '1', priority: 100 }), budgets: Parameters<typeof planPreemption>[3] = []): unknown => {
    const world = makeWorld(full, placed);
    const before = [...world.snapshot.nodes()].map((node) => [node.name, [...node.pods.keys()].sort(), node.requested.get('cpu')]);
    const result = planPreemption(pod, findNode(pod, world) as NoFit, world, budgets);
    expect([...world.snapshot.nodes()].map((node) => [node.name, [...node.pods.keys()].sort(), node.requested.get('cpu')])).toEqual(before);
    return 'candidate' in result ? [result.candidate.node, result.candidate.victims.map(({ metadata }) => metadata.name)] : result.why;
  };

  test('no more than need be, the least important first', () => {
    expect(plan({ a: [makePod('1', { cpu: '1', priority: 1 }), makePod('2', { cpu: '1', priority: 2 })], b: [makePod('3', { cpu: '2', priority: 50 })] })).toEqual(['a', ['1']]);
  });

  test('the one that has run for the shortest time, where all else is equal', () => {
    const long = started(makePod('long', { cpu: '2' }), '2026-01-01T00:00:00Z');
    const short = started(makePod('short', { cpu: '2' }), '2026-01-02T00:00:00Z');
    expect(plan({ a: [long], b: [short] })).toEqual(['b', ['short']]);
  });

  test('nobody whose budget is used up, where somebody else will do', () => {
    const budget = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'b', namespace: 'ns' }, spec: { selector: { matchLabels: app('kept') } }, status: { disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 } };
    expect(plan({ a: [makePod('1', { cpu: '2' }, app('kept'))], b: [makePod('2', { cpu: '2', priority: 9 })] }, undefined, [budget])).toEqual(['b', ['2']]);
  });

  test('nobody as important as itself', () => {
    expect(plan({ a: [makePod('1', { cpu: '2', priority: 100 })], b: [makePod('2', { cpu: '2', priority: 101 })] })).toBe('preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.');
  });

  test('those that its anti-affinity cannot bear', () => {
    const enemy = makePod('1', { cpu: '100m' }, app('web'));
    expect(plan({ a: [enemy], b: [makePod('2', { cpu: '100m', priority: 500 }, app('web'))] }, makePod('p', { priority: 100, affinity: far('web') }))).toEqual(['a', ['1']]);
  });
});
