import type { Lease } from '../api/types/coordination-v1.js';
import type { Node, Pod } from '../api/types/core-v1.js';
import { condition, TestNode } from './testing/test-node.js';

describe('a node', () => {
  let node: TestNode;
  beforeEach(async () => {
    node = await new TestNode().start();
  });
  afterEach(() => node.stop());

  test('registers itself as Ready with its capacity, addresses and Lease', () => {
    const object = node.api.find('nodes', 'node-0') as Node;
    expect(object.metadata.labels).toMatchObject({ 'kubernetes.io/hostname': 'node-0', 'topology.kubernetes.io/zone': 'zone-0' });
    expect(object.status?.capacity).toMatchObject({ cpu: '32', memory: '256Gi', pods: '110' });
    expect(object.status?.conditions?.map((c) => `${c.type}=${c.status} ${c.reason}`)).toEqual([
      'MemoryPressure=False KubeletHasSufficientMemory', 'DiskPressure=False KubeletHasNoDiskPressure', 'PIDPressure=False KubeletHasSufficientPID', 'Ready=True KubeletReady',
    ]);
    const lease = node.api.find('leases', 'node-0', 'kube-node-lease') as Lease;
    expect(lease.spec).toMatchObject({ holderIdentity: 'node-0', leaseDurationSeconds: 40 });
  });

  test('renews its Lease every ten seconds until it is cut off', async () => {
    const renewed = (): string | undefined => (node.api.find('leases', 'node-0', 'kube-node-lease') as Lease).spec?.renewTime;
    const first = renewed();
    await node.clock.advance(10_000);
    await node.until(() => renewed() !== first);
    node.kubelet.partition();
    const second = renewed();
    await node.clock.advance(30_000);
    expect(renewed()).toBe(second);
    await node.kubelet.heal();
    expect(renewed()).not.toBe(second);
  });

  test('runs a pod: Pending with ContainerCreating first, then Running and Ready with its address', async () => {
    await node.run('web', { containers: [{ name: 'main', image: 'example.com/app:1' }] });
    const pod = await node.until(() => condition(node.pod('web'), 'Ready') === 'True' && node.pod('web'));
    expect(pod.status).toMatchObject({ phase: 'Running', podIP: '10.244.0.2', hostIP: '172.18.0.2', observedGeneration: 1, startTime: '2026-01-01T00:00:00Z' });
    expect(pod.status?.containerStatuses).toEqual([{
      name: 'main', image: 'example.com/app:1', imageID: expect.stringMatching(/^example\.com\/app@sha256:[0-9a-f]{64}$/), containerID: expect.stringMatching(/^containerd:\/\/[0-9a-f]{64}$/),
      ready: true, started: true, restartCount: 0, state: { running: { startedAt: '2026-01-01T00:00:00Z' } }, lastState: {}, resources: {}, user: { linux: { uid: 0, gid: 0, supplementalGroups: [0] } },
    }]);
    expect(pod.status?.conditions?.map((c) => `${c.type}=${c.status}`)).toEqual(['PodReadyToStartContainers=True', 'Initialized=True', 'Ready=True', 'ContainersReady=True', 'PodScheduled=True']);
    const seen = node.api.history<Pod>('pods').map((e) => `${e.object.status?.phase} ${e.object.status?.containerStatuses?.[0]?.state?.waiting?.reason ?? ''}`);
    expect(seen).toEqual(['Pending ', 'Pending ContainerCreating', 'Running ']);
    await node.until(() => node.events('web').length === 4);
    expect(node.events('web')).toEqual([
      'Pulling: Pulling image "example.com/app:1"',
      expect.stringMatching(/^Pulled: Successfully pulled image "example\.com\/app:1" in 0s \(0s including waiting\)\. Image size: \d+ bytes\.$/),
      'Created: Container created',
      'Started: Container started',
    ]);
  });

  test('writes a status only where it says something new', async () => {
    await node.run('web', { containers: [{ name: 'main', image: 'example.com/app:1' }] });
    const pod = await node.until(() => condition(node.pod('web'), 'Ready') === 'True' && node.pod('web'));
    await node.until(() => node.events('web').length === 4);
    await node.kubelet.worker(pod.metadata.uid ?? '')?.settled();
    expect(node.api.writes.filter((write) => /update pods.*status/.test(write))).toHaveLength(2);
  });

  test('stops a deleted pod within its grace period and removes its object', async () => {
    await node.run('web', { containers: [{ name: 'main', image: 'x' }] });
    await node.until(() => condition(node.pod('web'), 'Ready') === 'True');
    await node.delete('web');
    await node.untilLater(() => !node.pod('web'), 5000);
    expect(node.events('web')).toContain('Killing: Stopping container main');
    const last = node.api.history<Pod>('pods').at(-1)?.object;
    expect(last?.status?.phase).toBe('Failed');
    expect(last?.status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({ exitCode: 143, reason: 'Error' });
    await node.until(() => !node.kubelet.worker(last?.metadata.uid ?? ''));
  });

  test('kills a container that ignores SIGTERM when its grace period is over', async () => {
    const stubborn = new TestNode({ images: { stubborn: () => ({ run: (p) => new Promise(() => p.pids.handle(p.process.pid, () => true)) }) } });
    await stubborn.start();
    await stubborn.run('s', { containers: [{ name: 'main', image: 'stubborn' }], terminationGracePeriodSeconds: 5 });
    await stubborn.until(() => condition(stubborn.pod('s'), 'Ready') === 'True');
    await stubborn.delete('s');
    await stubborn.until(() => stubborn.events('s').some((e) => e.startsWith('Killing')));
    await stubborn.clock.advance(4000);
    expect(stubborn.pod('s')).toBeDefined();
    await stubborn.clock.advance(1000);
    await stubborn.until(() => !stubborn.pod('s'));
    const last = stubborn.api.history<Pod>('pods').at(-1)?.object;
    expect(last?.status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({ exitCode: 137, reason: 'Error' });
    await stubborn.stop();
  });

  test('has no timer for a pod without probes', async () => {
    const before = node.clock.timers;
    await node.run('web', { containers: [{ name: 'main', image: 'x' }] });
    await node.until(() => condition(node.pod('web'), 'Ready') === 'True');
    // One for the node's own report that an image was pulled.
    expect(node.clock.timers - before).toBeLessThanOrEqual(1);
  });
});
