import type { Container, Pod } from '../../api/types/core-v1.js';
import { condition, TestNode } from '../testing/test-node.js';

const PODS = { group: '', version: 'v1', resource: 'pods' };

describe('resize in place', () => {
  let node: TestNode;
  beforeEach(async () => {
    node = await new TestNode({ config: { capacity: { cpu: '2', memory: '1Gi' } }, images: { app: { usage: { memory: '50Mi' } } } }).start();
  });
  afterEach(() => node.stop());

  const container = (cpu: string, memory: string, more: Partial<Container> = {}): Container => ({ name: 'c', image: 'app', resources: { requests: { cpu, memory }, limits: { cpu, memory } }, ...more });
  const run = async (name: string, ...args: Parameters<typeof container>): Promise<void> => {
    await node.run(name, { containers: [container(...args)] }, { generation: 1 });
    await node.until(() => condition(node.pod(name), 'Ready') === 'True');
  };
  const resize = async (name: string, ...args: Parameters<typeof container>): Promise<void> => {
    const pod = node.pod(name) as Pod;
    await node.api.resource<Pod>(PODS).update({ ...pod, metadata: { ...pod.metadata, generation: (pod.metadata.generation ?? 1) + 1 }, spec: { ...pod.spec, containers: [container(...args)] } });
  };
  const status = (name = 'p') => node.pod(name)?.status?.containerStatuses?.[0];
  const pending = (name = 'p') => node.pod(name)?.status?.conditions?.find((c) => c.type === 'PodResizePending');
  const progress = (name = 'p') => node.pod(name)?.status?.conditions?.find((c) => c.type === 'PodResizeInProgress');

  test('changes a running container without a restart', async () => {
    await run('p', '500m', '100Mi');
    await resize('p', '800m', '200Mi');
    await node.until(() => status()?.resources?.limits?.['memory'] === '200Mi');
    expect(status()).toMatchObject({ restartCount: 0, allocatedResources: { cpu: '800m', memory: '200Mi' }, resources: { requests: { cpu: '800m', memory: '200Mi' } } });
    expect([pending(), progress()]).toEqual([undefined, undefined]);
    const text = (generation: number): string => `{"containers":[{"name":"c","resources":{"limits":{"cpu":"800m","memory":"200Mi"},"requests":{"cpu":"800m","memory":"200Mi"}}}],"generation":${generation}}`;
    await node.until(() => node.events('p').some((e) => e.startsWith('ResizeCompleted')));
    expect(node.events('p').filter((e) => e.startsWith('Resize'))).toEqual([`ResizeStarted: Pod resize started: ${text(2)}`, `ResizeCompleted: Pod resize completed: ${text(2)}`]);
  });

  test('restarts a container whose policy asks for it', async () => {
    const more: Partial<Container> = { resizePolicy: [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }, { resourceName: 'cpu', restartPolicy: 'NotRequired' }] };
    await run('p', '500m', '100Mi', more);
    await resize('p', '600m', '100Mi', more);
    await node.until(() => status()?.resources?.limits?.['cpu'] === '600m');
    expect(status()?.restartCount).toBe(0);
    await resize('p', '600m', '200Mi', more);
    await node.untilLater(() => status()?.restartCount === 1 && status()?.resources?.limits?.['memory'] === '200Mi', 60_000, 100);
    expect(node.events('p')).toContain('Killing: Container c resize requires restart');
  });

  test('restarts a sidecar whose policy asks for it, and nothing else', async () => {
    const sidecar = (memory: string): Container => ({ name: 's', image: 'app', restartPolicy: 'Always', resources: { requests: { memory }, limits: { memory } }, resizePolicy: [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }] });
    await node.run('p', { initContainers: [sidecar('100Mi')], containers: [container('100m', '100Mi')] }, { generation: 1 });
    await node.until(() => condition(node.pod('p'), 'Ready') === 'True');
    const pod = node.pod('p') as Pod;
    await node.api.resource<Pod>(PODS).update({ ...pod, metadata: { ...pod.metadata, generation: 2 }, spec: { ...pod.spec, initContainers: [sidecar('200Mi')] } });
    const of = () => node.pod('p')?.status?.initContainerStatuses?.[0];
    await node.untilLater(() => of()?.restartCount === 1 && of()?.resources?.limits?.['memory'] === '200Mi' && of()?.ready, 60_000, 100);
    expect(node.events('p')).toContain('Killing: Container s resize requires restart');
    expect(status()?.restartCount).toBe(0);
  });

  test('is put off while the node has no room, and happens once it has', async () => {
    await run('other', '1500m', '100Mi');
    await run('p', '400m', '100Mi');
    await resize('p', '1', '100Mi');
    await node.until(() => pending());
    expect(pending()).toMatchObject({ status: 'True', reason: 'Deferred', message: 'Node didn\'t have enough resource: cpu, requested: 1000, used: 1500, capacity: 2000', observedGeneration: 2 });
    expect(status()).toMatchObject({ allocatedResources: { cpu: '400m' }, resources: { limits: { cpu: '400m' } } });
    expect(node.events('p').find((e) => e.startsWith('ResizeDeferred'))).toMatch(/^ResizeDeferred: Pod resize OutOfcpu: \{"containers":\[.*"generation":2,"error":"Node didn't have enough resource: cpu, requested: 1000, used: 1500, capacity: 2000"\}$/);
    // New pods are judged by what is allocated, not by what is asked for.
    await run('small', '50m', '100Mi');
    await node.delete('other', 1);
    await node.untilLater(() => status()?.resources?.limits?.['cpu'] === '1', 60_000, 100);
    expect(pending()).toBeUndefined();
  });

  test('does not take memory that is in use', async () => {
    await run('p', '100m', '100Mi');
    await resize('p', '100m', '40Mi');
    await node.until(() => progress()?.reason === 'Error');
    expect(progress()?.message).toBe(`cannot decrease memory limits: attempting to set container "c" memory limit (${40 * 2 ** 20}) below current usage (${50 * 2 ** 20})`);
    expect(status()).toMatchObject({ restartCount: 0, resources: { limits: { memory: '100Mi' } } });
    await resize('p', '100m', '60Mi');
    await node.until(() => status()?.resources?.limits?.['memory'] === '60Mi');
    expect(progress()).toBeUndefined();
  });
});
