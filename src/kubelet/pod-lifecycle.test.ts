import type { Container, ContainerStatus, Pod } from '../api/types/core-v1.js';
import type { ImageProgram } from './runtimes/simulated/program.js';
import { condition, TestNode } from './testing/test-node.js';

/** Ends with a code after some time. */
const ending = (code: number, afterMs = 0): ImageProgram => ({
  run: (process) => new Promise((resolve) => void process.clock.after(afterMs, () => resolve(code))),
});

const images = {
  ok: () => ending(0),
  bad: () => ending(1),
  'ok-later': () => ending(0, 5000),
  talker: (): ImageProgram => ({ run: async (process) => {
    process.stdout.write('hello\n');
    process.stderr.write('oops\n');
    await process.fs.writeFile('/dev/termination-log', 'I am done');
    return 3;
  } }),
};

describe('containers that end', () => {
  let node: TestNode;
  beforeEach(async () => {
    node = await new TestNode({ images }).start();
  });
  afterEach(() => node.stop());
  const status = (name: string, container = 0): ContainerStatus | undefined => node.pod(name)?.status?.containerStatuses?.[container];

  test('a pod that must not restart succeeds when its containers do', async () => {
    await node.run('job', { containers: [{ name: 'c', image: 'ok' }], restartPolicy: 'Never' });
    const pod = await node.untilLater(() => node.pod('job')?.status?.phase === 'Succeeded' && node.pod('job'));
    expect(pod.status?.containerStatuses?.[0]).toMatchObject({ ready: false, started: false, restartCount: 0, state: { terminated: { exitCode: 0, reason: 'Completed' } } });
    expect(pod.status?.conditions?.map((c) => `${c.type}=${c.status} ${c.reason ?? ''}`)).toEqual([
      'PodReadyToStartContainers=False ', 'Initialized=True PodCompleted', 'Ready=False PodCompleted', 'ContainersReady=False PodCompleted', 'PodScheduled=True ',
    ]);
    expect(pod.status?.podIP).toBe('10.244.0.2');
  });

  test('a pod that must not restart fails when one of its containers does', async () => {
    await node.run('job', { containers: [{ name: 'a', image: 'ok' }, { name: 'b', image: 'bad' }], restartPolicy: 'Never' });
    const pod = await node.untilLater(() => node.pod('job')?.status?.phase === 'Failed' && node.pod('job'));
    expect(pod.status?.containerStatuses?.map((c) => c.state?.terminated?.reason)).toEqual(['Completed', 'Error']);
    expect(condition(pod, 'Ready')).toBe('False');
  });

  test('a crashing container is restarted at once, then after 10 s, 20 s, … with CrashLoopBackOff between', async () => {
    await node.run('crash', { containers: [{ name: 'c', image: 'bad' }] });
    const waiting = await node.untilLater(() => status('crash')?.state?.waiting?.reason === 'CrashLoopBackOff' && node.pod('crash'), 5000, 1);
    const [container] = waiting.status?.containerStatuses ?? [];
    expect(container).toMatchObject({ restartCount: 1, ready: false, lastState: { terminated: { exitCode: 1, reason: 'Error' } } });
    expect(container?.state?.waiting?.message).toBe(`back-off 10s restarting failed container=c pod=crash_default(${waiting.metadata.uid})`);
    expect(waiting.status?.phase).toBe('Running');
    expect(condition(waiting, 'Ready')).toBe('False');
    const at = node.clock.now();
    await node.untilLater(() => (status('crash')?.restartCount ?? 0) === 2, 60_000, 100);
    expect(node.clock.now() - at).toBeGreaterThan(9500);
    expect(node.clock.now() - at).toBeLessThan(10_500);
    await node.untilLater(() => status('crash')?.state?.waiting?.message?.startsWith('back-off 20s') ?? false, 1000, 10);
    expect(node.events('crash')).toContain(`BackOff: Back-off restarting failed container c in pod crash_default(${waiting.metadata.uid})`);
  });

  test('with OnFailure only a failed container is restarted', async () => {
    await node.run('mixed', { containers: [{ name: 'a', image: 'ok' }, { name: 'b', image: 'bad' }], restartPolicy: 'OnFailure' });
    await node.untilLater(() => (status('mixed', 1)?.restartCount ?? 0) > 0, 5000, 10);
    expect(status('mixed', 0)).toMatchObject({ restartCount: 0, state: { terminated: { reason: 'Completed' } } });
    expect(node.pod('mixed')?.status?.phase).toBe('Running');
  });

  test('what a container wrote to its termination log becomes its message', async () => {
    await node.run('talk', { containers: [{ name: 'c', image: 'talker' }], restartPolicy: 'Never' });
    await node.untilLater(() => node.pod('talk')?.status?.phase === 'Failed');
    expect(status('talk')?.state?.terminated).toMatchObject({ exitCode: 3, reason: 'Error', message: 'I am done' });
  });

  test('a pod that is active for too long fails with DeadlineExceeded', async () => {
    await node.run('slow', { containers: [{ name: 'c', image: 'x' }], activeDeadlineSeconds: 60 });
    await node.until(() => condition(node.pod('slow'), 'Ready') === 'True');
    await node.clock.advance(59_000);
    expect(node.pod('slow')?.status?.phase).toBe('Running');
    const pod = await node.untilLater(() => node.pod('slow')?.status?.phase === 'Failed' && node.pod('slow'), 2000);
    expect(pod.status).toMatchObject({ reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' });
  });
});

describe('init containers', () => {
  let node: TestNode;
  beforeEach(async () => {
    node = await new TestNode({ images }).start();
  });
  afterEach(() => node.stop());
  const init = (name: string, at: number): ContainerStatus | undefined => node.pod(name)?.status?.initContainerStatuses?.[at];
  const app: Container[] = [{ name: 'app', image: 'x' }];

  test('run one after the other before the regular ones', async () => {
    await node.run('p', { initContainers: [{ name: 'one', image: 'ok-later' }, { name: 'two', image: 'ok-later' }], containers: app });
    const first = await node.until(() => init('p', 0)?.state?.running && node.pod('p'));
    expect(init('p', 1)?.state?.waiting?.reason).toBe('PodInitializing');
    expect(first.status?.containerStatuses?.[0]?.state?.waiting?.reason).toBe('PodInitializing');
    expect(first.status?.conditions?.find((c) => c.type === 'Initialized')).toMatchObject({ status: 'False', reason: 'ContainersNotInitialized', message: 'containers with incomplete status: [one two]' });
    await node.untilLater(() => init('p', 1)?.state?.running, 10_000);
    expect(init('p', 0)?.state?.terminated?.reason).toBe('Completed');
    const pod = await node.untilLater(() => condition(node.pod('p'), 'Ready') === 'True' && node.pod('p'), 10_000);
    expect(condition(pod, 'Initialized')).toBe('True');
    expect(pod.status?.initContainerStatuses?.map((c) => c.ready)).toEqual([true, true]);
  });

  test('one that fails for good fails the pod', async () => {
    await node.run('p', { initContainers: [{ name: 'one', image: 'bad' }], containers: app, restartPolicy: 'Never' });
    const pod = await node.untilLater(() => node.pod('p')?.status?.phase === 'Failed' && node.pod('p'), 5000, 10);
    expect(pod.status?.initContainerStatuses?.[0]?.state?.terminated?.exitCode).toBe(1);
  });

  test('one that fails is tried again where the pod restarts', async () => {
    await node.run('p', { initContainers: [{ name: 'one', image: 'bad' }], containers: app });
    await node.untilLater(() => init('p', 0)?.state?.waiting?.reason === 'CrashLoopBackOff', 5000, 10);
    expect(node.pod('p')?.status?.phase).toBe('Pending');
  });

  test('a sidecar stays while the regular containers run, and stops after them', async () => {
    const order: string[] = [];
    const noting = (name: string): ImageProgram => ({ run: (p) => new Promise((resolve) => p.pids.handle(p.process.pid, (signal) => {
      if (signal !== 'SIGTERM') return false;
      order.push(name);
      resolve(0);
      return true;
    })) });
    const own = await new TestNode({ images: { main: () => noting('main'), side: () => noting('side') } }).start();
    await own.run('p', { initContainers: [{ name: 's', image: 'side', restartPolicy: 'Always' }], containers: [{ name: 'm', image: 'main' }] });
    const pod = await own.until(() => condition(own.pod('p'), 'Ready') === 'True' && own.pod('p'));
    expect(pod.status?.initContainerStatuses?.[0]).toMatchObject({ ready: true, started: true });
    await own.delete('p');
    await own.until(() => !own.pod('p'));
    expect(order).toEqual(['main', 'side']);
    await own.stop();
  });
});

describe('images', () => {
  let node: TestNode;
  beforeEach(async () => {
    node = await new TestNode({ images }).start();
  });
  afterEach(() => node.stop());
  const waiting = (name: string): ContainerStatus['state'] => node.pod(name)?.status?.containerStatuses?.[0]?.state;

  test('an image that is there already is not pulled again, unless the policy says Always', async () => {
    await node.run('a', { containers: [{ name: 'c', image: 'x' }] });
    await node.until(() => condition(node.pod('a'), 'Ready') === 'True');
    await node.run('b', { containers: [{ name: 'c', image: 'x', imagePullPolicy: 'IfNotPresent' }] });
    await node.run('c', { containers: [{ name: 'c', image: 'x', imagePullPolicy: 'Always' }] });
    await node.until(() => node.events('b').length === 3 && node.events('c').length === 4);
    expect(node.events('b')[0]).toBe('Pulled: Container image "x" already present on machine and can be accessed by the pod');
    expect(node.events('c')[0]).toBe('Pulling: Pulling image "x"');
  });

  test('a registry that does not exist gives ErrImagePull, then ImagePullBackOff with the reason', async () => {
    await node.run('p', { containers: [{ name: 'c', image: 'registry.invalid/app:1' }] });
    await node.until(() => waiting('p')?.waiting?.reason === 'ErrImagePull');
    await node.untilLater(() => waiting('p')?.waiting?.reason === 'ImagePullBackOff', 3000);
    expect(waiting('p')?.waiting?.message).toMatch(/^Back-off pulling image "registry\.invalid\/app:1": ErrImagePull: failed to pull and unpack image "registry\.invalid\/app:1": .*lookup registry\.invalid: no such host$/);
    expect(node.events('p')).toEqual(expect.arrayContaining(['Failed: Error: ErrImagePull', 'BackOff: Back-off pulling image "registry.invalid/app:1"', 'Failed: Error: ImagePullBackOff']));
    await node.untilLater(() => node.events('p').filter((e) => e.startsWith('Pulling')).length >= 1 && node.clock.now() > Date.UTC(2026, 0, 1, 0, 0, 12), 20_000);
    expect(node.pod('p')?.status?.phase).toBe('Pending');
  });

  test('policy Never and names that are none are refused with their own reasons', async () => {
    await node.run('never', { containers: [{ name: 'c', image: 'y', imagePullPolicy: 'Never' }] });
    await node.run('name', { containers: [{ name: 'c', image: 'Not A Name' }] });
    await node.until(() => waiting('never')?.waiting && waiting('name')?.waiting?.reason === 'InvalidImageName');
    await node.until(() => waiting('never')?.waiting?.reason === 'ErrImageNeverPull');
    expect(waiting('never')?.waiting?.message).toBe('Container image "y" is not present with pull policy of Never');
  });
});

describe('admission', () => {
  test('a pod the node has no room for fails with OutOfcpu', async () => {
    const node = await new TestNode({ config: { capacity: { cpu: '1', memory: '1Gi', pods: '2' } } }).start();
    const containers = (cpu: string): Container[] => [{ name: 'c', image: 'x', resources: { requests: { cpu } } }];
    await node.run('a', { containers: containers('600m') });
    await node.until(() => condition(node.pod('a'), 'Ready') === 'True');
    await node.run('b', { containers: containers('500m') });
    const pod = await node.until(() => node.pod('b')?.status?.phase === 'Failed' && node.pod('b'));
    expect(pod.status).toMatchObject({ reason: 'OutOfcpu', message: "Pod was rejected: Node didn't have enough resource: cpu, requested: 500, used: 600, capacity: 1000" });
    await node.delete('b');
    await node.until(() => !node.pod('b'));
    await node.stop();
  });

  describe('of a critical pod, where the node is full', () => {
    const CRITICAL = { priorityClassName: 'system-node-critical', priority: 2_000_001_000 };
    const containers = (cpu: string): Container[] => [{ name: 'c', image: 'x', resources: { requests: { cpu } } }];
    let node: TestNode;
    beforeEach(async () => {
      node = await new TestNode({ config: { capacity: { cpu: '1', memory: '1Gi', pods: '10' } } }).start();
      for (const [name, cpu] of [['small', '100m'], ['fits', '300m'], ['large', '600m']] as const) {
        await node.run(name, { containers: containers(cpu) });
        await node.until(() => condition(node.pod(name), 'Ready') === 'True');
      }
    });
    afterEach(() => node.stop());

    test('the smallest pod that will do makes way, and it starts once that has gone', async () => {
      await node.run('critical', { containers: containers('250m'), ...CRITICAL });
      const { status } = await node.until(() => node.pod('fits')?.status?.phase === 'Failed' && node.pod('fits')) as Pod;
      expect(status).toMatchObject({ reason: 'Preempting', message: 'Preempted in order to admit critical pod' });
      expect(status?.conditions?.find(({ type }) => type === 'DisruptionTarget')).toMatchObject({ status: 'True', reason: 'TerminationByKubelet', message: 'Pod was preempted by Kubelet to accommodate a critical pod.' });
      expect(node.events('fits')).toContain('Preempting: Preempted in order to admit critical pod');
      await node.until(() => condition(node.pod('critical'), 'Ready') === 'True');
      for (const name of ['small', 'large']) expect(node.pod(name)?.status?.phase).toBe('Running');
    });

    test('nobody makes way where even all of them would not do, or something else is wrong', async () => {
      await node.run('huge', { containers: containers('1500m'), ...CRITICAL });
      const { status } = await node.until(() => node.pod('huge')?.status?.phase === 'Failed' && node.pod('huge')) as Pod;
      expect(status).toMatchObject({
        reason: 'UnexpectedAdmissionError',
        message: 'Pod was rejected: Unexpected error while attempting to recover from admission failure: preemption: error finding a set of pods to preempt: no set of running pods found to reclaim resources: [(res: cpu, q: 500), ]',
      });
      await node.run('elsewhere', { containers: containers('250m'), nodeSelector: { disk: 'ssd' }, ...CRITICAL });
      const refused = await node.until(() => node.pod('elsewhere')?.status?.phase === 'Failed' && node.pod('elsewhere')) as Pod;
      expect(refused.status?.reason).toBe('NodeAffinity');
      for (const name of ['small', 'fits', 'large']) expect(node.pod(name)?.status?.phase).toBe('Running');
    });
  });

  test('a pod whose node selector does not match fails with NodeAffinity', async () => {
    const node = await new TestNode().start();
    await node.run('p', { containers: [{ name: 'c', image: 'x' }], nodeSelector: { disk: 'ssd' } });
    const pod = await node.until(() => node.pod('p')?.status?.phase === 'Failed' && node.pod('p'));
    expect(pod.status).toMatchObject({ reason: 'NodeAffinity', message: "Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector" });
    await node.stop();
  });
});

describe('a node that is switched off and on', () => {
  test('starts its pods anew, counting it as a restart', async () => {
    const node = await new TestNode().start();
    await node.run('web', { containers: [{ name: 'c', image: 'x' }] });
    await node.until(() => condition(node.pod('web'), 'Ready') === 'True');
    await node.kubelet.stop();
    expect(node.pod('web')?.status?.phase).toBe('Running');
    await node.kubelet.start();
    const pod = await node.untilLater(() => node.pod('web')?.status?.containerStatuses?.[0]?.restartCount === 1 && condition(node.pod('web'), 'Ready') === 'True' && node.pod('web'), 60_000);
    expect(pod.status?.containerStatuses?.[0]?.state?.running).toBeDefined();
    await node.stop();
  });

  test('a status that somebody else changes is set right after ten seconds; a terminal phase ends the pod and stays', async () => {
    const node = await new TestNode().start();
    const pods = node.api.resource<Pod>({ group: '', version: 'v1', resource: 'pods' });
    await node.run('web', { containers: [{ name: 'c', image: 'x' }] });
    await node.until(() => condition(node.pod('web'), 'Ready') === 'True');
    const pod = node.pod('web') as Pod;
    await pods.updateSubresource({ ...pod, status: { ...pod.status, podIP: '1.2.3.4' } }, 'status');
    const at = node.clock.now();
    await node.untilLater(() => node.pod('web')?.status?.podIP === '10.244.0.2', 20_000, 500);
    expect(node.clock.now() - at).toBeGreaterThanOrEqual(10_000);
    await pods.updateSubresource({ ...(node.pod('web') as Pod), status: { ...pod.status, phase: 'Succeeded', containerStatuses: [] } }, 'status');
    await node.untilLater(() => node.kubelet.worker(pod.metadata.uid ?? '')?.runtime.running().length === 0, 5000);
    await node.clock.advance(60_000);
    expect(node.pod('web')?.status).toMatchObject({ phase: 'Succeeded', containerStatuses: [] });
    await node.delete('web');
    await node.until(() => !node.pod('web'));
    await node.stop();
  });

  test('a deleted object of a running pod ends the pod', async () => {
    const node = await new TestNode().start();
    const pod: Pod = await node.run('web', { containers: [{ name: 'c', image: 'x' }] });
    await node.until(() => condition(node.pod('web'), 'Ready') === 'True');
    await node.delete('web', 0);
    await node.untilLater(() => !node.kubelet.worker(pod.metadata.uid ?? ''), 5000);
    await expect(node.network.connect('10.244.0.2', 80)).rejects.toMatchObject({ code: 'EHOSTUNREACH' });
    await node.stop();
  });
});
