import { condition, TestNode } from '../testing/test-node.js';
import { DeclarationError } from '../declared/fields.js';
import { parseStage, type StageDeclaration } from './stage.js';

const POD = { containers: [{ name: 'c', image: 'app' }] };

describe('stages', () => {
  let node: TestNode | undefined;
  const start = async (...stages: StageDeclaration[]): Promise<TestNode> => (node = await new TestNode({ stages }).start());
  afterEach(async () => {
    await node?.stop();
    expect(node?.clock.timers ?? 0).toBe(0);
    node = undefined;
  });
  const status = (name = 'p') => node?.pod(name)?.status?.containerStatuses?.[0];
  const ready = (name = 'p'): boolean => condition(node?.pod(name), 'Ready') === 'True';
  const annotate = async (name: string, annotations: Record<string, string>): Promise<void> => {
    const pods = node?.api.resource({ group: '', version: 'v1', resource: 'pods' });
    const pod = node?.pod(name);
    if (pod) await pods?.update({ ...pod, metadata: { ...pod.metadata, annotations } });
  };

  test.each<[string, unknown, string]>([
    ['without a name', { pods: {} }, 'x needs the field "name"'],
    ['of nothing', { name: 's' }, 'x needs either "pods" or "nodes": which ones it is about ({} for all)'],
    ['without a deed', { name: 's', pods: {} }, 'x needs the field "do": what happens to pods that run'],
    ['with a deed at the wrong moment', { name: 's', pods: {}, on: 'pull', do: { exit: 1 } }, 'x.do cannot have "exit" on pull: there are fail'],
    ['with an unknown moment', { name: 's', pods: {}, on: 'noon' }, 'x.on must be one of pull, start, running, stop, not "noon"'],
    ['with an empty deed of nodes', { name: 's', nodes: {}, do: {} }, 'x.do must have one of network, kubelet, pressure'],
    ['with an unknown field', { name: 's', pods: {}, do: { exit: 1 }, then: 1 }, 'x has no field "then": there are name, pods, nodes, after, jitter, for, times, on, do'],
  ])('%s are refused in one sentence', (_what, stage, message) => {
    expect(() => parseStage(stage, 'x')).toThrow(new DeclarationError(message, '').message.trim());
  });

  test('a slow pull takes its time, and says how long', async () => {
    const { clock } = await start({ name: 'slow', pods: { image: 'app*' }, on: 'pull', after: '2s' });
    await node?.run('p', POD);
    await node?.until(() => node?.events('p').includes('Pulling: Pulling image "app"'));
    await clock.advance(1900);
    expect(status()?.state?.waiting?.reason).toBe('ContainerCreating');
    await clock.advance(100);
    await node?.until(() => ready());
    expect(node?.events('p').find((e) => e.startsWith('Pulled'))).toMatch(/^Pulled: Successfully pulled image "app" in 2s \(2s including waiting\)\. Image size: \d+ bytes\.$/);
  });

  test('a pull can fail, so often as is said, and is tried again with back-off', async () => {
    const { clock } = await start({ name: 'flaky', pods: {}, on: 'pull', times: 2, do: { fail: 'toomanyrequests: You have reached your pull rate limit' } });
    const before = clock.now();
    await node?.run('p', POD);
    await node?.until(() => status()?.state?.waiting?.reason === 'ErrImagePull');
    expect(status()?.state?.waiting?.message).toBe('toomanyrequests: You have reached your pull rate limit');
    await node?.untilLater(() => status()?.state?.waiting?.reason === 'ImagePullBackOff');
    await node?.untilLater(() => ready());
    expect(node?.events('p')).toContain('Failed: Failed to pull image "app": toomanyrequests: You have reached your pull rate limit');
    // Two failures: 10 s and 20 s of back-off.
    expect((node?.clock.now() ?? 0) - before).toBeGreaterThanOrEqual(30_000);
  });

  test('a container is OOMKilled some time after each of its starts', async () => {
    const { clock } = await start({ name: 'leak', pods: { labels: { leaks: 'yes' } }, after: '5s', jitter: '1s', do: { oomKill: true } });
    await node?.run('p', POD, { labels: { leaks: 'yes' } });
    await node?.run('q', POD);
    await node?.until(() => ready('p') && ready('q'));
    await clock.advance(4999);
    expect(status()?.restartCount).toBe(0);
    await clock.advance(1001);
    await node?.until(() => status()?.restartCount === 1);
    expect(status()?.lastState?.terminated).toMatchObject({ reason: 'OOMKilled', exitCode: 137 });
    await node?.untilLater(() => status()?.state?.waiting?.reason === 'CrashLoopBackOff');
    expect(status('q')?.restartCount).toBe(0);
  });

  test('a pod is unready for a while', async () => {
    const { clock } = await start({ name: 'hiccup', pods: {}, after: '3s', for: '4s', times: 1, do: { ready: false } });
    await node?.run('p', POD);
    await node?.until(() => ready());
    await clock.advance(3000);
    await node?.until(() => !ready());
    await clock.advance(4000);
    await node?.until(() => ready());
  });

  test('an annotation set on a running pod happens once; a new value happens anew', async () => {
    await start();
    await node?.run('p', POD);
    await node?.until(() => ready());
    await annotate('p', { 'kubette.dev/exit': '3' });
    await node?.until(() => status()?.restartCount === 1 && ready());
    expect(status()?.lastState?.terminated).toMatchObject({ reason: 'Error', exitCode: 3 });
    await node?.clock.advance(60_000);
    expect(status()?.restartCount).toBe(1);
    await annotate('p', { 'kubette.dev/exit': '4 after 1s' });
    await node?.clock.advance(1000);
    await node?.until(() => status()?.state?.waiting?.reason === 'CrashLoopBackOff' || status()?.restartCount === 2);
    expect(status()?.lastState?.terminated).toMatchObject({ exitCode: 4 });
  });

  test('annotations set readiness and use; those that make no sense are told in an event', async () => {
    await start();
    await node?.run('p', POD, { annotations: { 'kubette.dev/ready': 'false', 'kubette.dev/usage-cpu': '1500m', 'kubette.dev/usage-memory': '1Gi', 'kubette.dev/exit': 'soon', 'kubette.dev/tea': '1' } });
    await node?.until(() => status()?.started);
    expect(ready()).toBe(false);
    expect(node?.kubelet.agent?.stats().pods[0]?.containers[0]).toMatchObject({ cpuNanocores: 1_500_000_000, memoryWorkingSetBytes: 2 ** 30 });
    expect(node?.events('p').filter((e) => e.startsWith('InvalidStage'))).toEqual([
      'InvalidStage: the annotation kubette.dev/exit:.do.exit must be a whole number from 0 to 255, not NaN',
      expect.stringMatching(/^InvalidStage: the annotation kubette\.dev\/tea is unknown: there are kubette\.dev\/pull-delay, /),
    ]);
    await annotate('p', {});
    await node?.until(() => ready());
    expect(node?.kubelet.agent?.stats().pods[0]?.containers[0]?.cpuNanocores).toBeLessThan(5_000_000);
  });

  test('a slow stop counts against the grace period', async () => {
    const { clock } = await start({ name: 'slow', pods: {}, on: 'stop', after: '10s' });
    await node?.run('p', POD);
    await node?.until(() => ready());
    await node?.delete('p');
    await node?.until(() => node?.events('p').includes('Killing: Stopping container c'));
    await clock.advance(9900);
    expect(node?.pod('p')).toBeDefined();
    await node?.untilLater(() => !node?.pod('p'), 3000, 100);
  });

  test('a pod that is deleted does not wait for a slow pull', async () => {
    await start({ name: 'slow', pods: {}, on: 'pull', after: '1h' });
    await node?.run('p', POD);
    await node?.until(() => node?.events('p').includes('Pulling: Pulling image "app"'));
    await node?.delete('p');
    await node?.untilLater(() => !node?.pod('p'), 35_000);
  });

  test('stages can be set and taken away while pods run', async () => {
    await start();
    await node?.run('p', POD);
    await node?.until(() => ready());
    node?.stages.set({ name: 'down', pods: {}, do: { ready: false } });
    await node?.until(() => !ready());
    expect(node?.stages.delete('down')).toBe(true);
    await node?.until(() => ready());
    expect(node?.stages.delete('down')).toBe(false);
  });
});
