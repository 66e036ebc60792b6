import { condition, TestNode } from '../testing/test-node.js';

describe('a node under declared pressure', () => {
  let node: TestNode;
  beforeEach(async () => {
    node = await new TestNode({ images: { big: { usage: { memory: '200Mi' } }, small: { usage: { memory: '10Mi' } } } }).start();
  });
  afterEach(async () => {
    await node.stop();
    expect(node.clock.timers).toBe(0);
  });

  const run = async (name: string, image: string, memory?: string, spec: object = {}): Promise<void> => {
    await node.run(name, { containers: [{ name: 'c', image, ...(memory ? { resources: { requests: { memory } } } : {}) }], ...spec });
    await node.until(() => condition(node.pod(name), 'Ready') === 'True');
  };
  const ready = (name: string): boolean => condition(node.pod(name), 'Ready') === 'True';

  test('evicts the pod that uses most beyond its request, then the next; the system\'s own stay', async () => {
    await run('modest', 'big', '1Gi');
    await run('greedy', 'big', '100Mi');
    await run('system', 'big', undefined, { priority: 2_000_001_000 });
    await node.kubelet.setPressure({ memory: true });
    await node.untilLater(() => node.pod('greedy')?.status?.phase === 'Failed', 5000, 100);
    const message = 'The node was low on resource: memory. Threshold quantity: 100Mi, available: 80Mi. Container c was using 200Mi, request is 100Mi, has larger consumption of memory. ';
    expect(node.pod('greedy')?.status).toMatchObject({ phase: 'Failed', reason: 'Evicted', message });
    expect(node.pod('greedy')?.status?.conditions?.find((c) => c.type === 'DisruptionTarget')).toMatchObject({ status: 'True', reason: 'TerminationByKubelet', message });
    expect(node.events('greedy')).toContain(`Evicted: ${message}`);
    expect([ready('modest'), ready('system')]).toEqual([true, true]);
    await node.untilLater(() => node.pod('modest')?.status?.reason === 'Evicted', 12_000, 100);
    expect(node.pod('modest')?.status?.message).toBe('The node was low on resource: memory. Threshold quantity: 100Mi, available: 80Mi. ');
    await node.clock.advance(60_000);
    expect(ready('system')).toBe(true);
    expect(node.events('node-0')).toContain('NodeHasInsufficientMemory: Node node-0 status is now: NodeHasInsufficientMemory');
  });

  test('of pods that use more than they asked for, the least important goes first, then the one that uses most beyond its request', async () => {
    await run('some', 'big', '150Mi');
    await run('most', 'big', '50Mi');
    await run('important', 'big', undefined, { priority: 1000 });
    await node.kubelet.setPressure({ memory: true });
    const evicted = (): string[] => ['some', 'most', 'important'].filter((name) => node.pod(name)?.status?.reason === 'Evicted');
    for (const expected of [['most'], ['some', 'most'], ['some', 'most', 'important']]) {
      await node.untilLater(() => evicted().length === expected.length, 15_000, 100);
      expect(evicted()).toEqual(expected);
    }
  });

  test('turns new pods away: with memory pressure those without requests, else all', async () => {
    await node.kubelet.setPressure({ memory: true });
    await node.run('best-effort', { containers: [{ name: 'c', image: 'small' }] });
    await node.until(() => node.pod('best-effort')?.status?.phase === 'Failed');
    expect(node.pod('best-effort')?.status).toMatchObject({ reason: 'Evicted', message: 'Pod was rejected: The node had condition: [MemoryPressure]. ' });
    await node.run('tolerant', { containers: [{ name: 'c', image: 'small' }], tolerations: [{ key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' }] });
    await node.until(() => ready('tolerant'));
    await node.kubelet.setPressure({ memory: false, disk: true });
    await node.run('late', { containers: [{ name: 'c', image: 'small', resources: { requests: { cpu: '1' } } }] });
    await node.until(() => node.pod('late')?.status?.message === 'Pod was rejected: The node had condition: [DiskPressure]. ');
    await node.kubelet.setPressure({ disk: false });
    await run('after', 'small');
  });
});
