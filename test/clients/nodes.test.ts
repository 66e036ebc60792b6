import { runCli, Server } from '../support/server.js';
import { until } from '../support/until.js';

interface PodView {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly spec: { readonly nodeName?: string };
  readonly status: { readonly conditions?: ReadonlyArray<{ readonly type: string; readonly status: string }>; readonly containerStatuses?: ReadonlyArray<{ readonly restartCount: number }> };
}

/** What happens to pods when their node goes down, and when it comes back. */
describe('a node whose kubelet stops', () => {
  let server: Server;
  const kubectl = (...args: string[]): Promise<string> => server.kubectl.ok(...args);
  const nodes = async (): Promise<string> => (await kubectl('get', 'nodes', '--no-headers')).replace(/ +/g, ' ');
  const podsOf = async (app: string): Promise<readonly PodView[]> => (JSON.parse(await kubectl('get', 'pods', '-l', `app=${app}`, '-o', 'json')) as { items: PodView[] }).items;
  const isReady = ({ status, metadata }: PodView): boolean => !metadata.deletionTimestamp && (status.conditions ?? []).some(({ type, status: is }) => type === 'Ready' && is === 'True');
  const turn = async (action: 'stop' | 'start', node: string): Promise<void> => {
    const { code, stdout, stderr } = await runCli(['node', action, node, '--kubeconfig', server.kubectl.kubeconfig]);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `node/${node} ${action === 'stop' ? 'stopped' : 'started'}\n`, stderr: '' });
  };

  beforeAll(async () => {
    server = await Server.start({ flags: ['--nodes', '3', '--node-monitor-grace-period=2s'] });
    await server.kubectl.create(`
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      tolerations:
      - {key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 1}
      containers: [{name: web, image: nginx, resources: {requests: {cpu: 1}}}]
---
apiVersion: v1
kind: Pod
metadata: {name: patient, labels: {app: patient}}
spec:
  nodeName: node-1
  containers: [{name: main, image: nginx}]
`);
    await until(async () => (await podsOf('web')).filter(isReady).length === 3, 'three pods are ready');
    await kubectl('wait', '--for=condition=Ready', 'pod/patient', '--timeout=100s');
  });

  afterAll(() => server[Symbol.asyncDispose]());

  test('is one of three at first, and the pods are spread over them', async () => {
    expect(await nodes()).toMatch(/^node-0 Ready <none> \S+ v1\.36\.3\nnode-1 Ready <none> \S+ v1\.36\.3\nnode-2 Ready <none> \S+ v1\.36\.3\n$/);
    expect(new Set((await podsOf('web')).map(({ spec }) => spec.nodeName)).size).toBe(3);
  });

  test('turns NotReady, is tainted, and its pods are evicted and replaced elsewhere', async () => {
    await turn('stop', 'node-1');
    await until(async () => /node-1 NotReady/.test(await nodes()), 'node-1 is NotReady');
    const description = await kubectl('describe', 'node', 'node-1');
    expect(description).toMatch(/Ready +Unknown +.*NodeStatusUnknown +Kubelet stopped posting node status\./);
    await until(async () => {
      const text = await kubectl('get', 'node', 'node-1', '-o', 'jsonpath={range .spec.taints[*]}{.key}:{.effect} {end}');
      return text.split(' ').includes('node.kubernetes.io/unreachable:NoExecute') && text.split(' ').includes('node.kubernetes.io/unreachable:NoSchedule');
    }, 'node-1 is tainted');

    await until(async () => {
      const ready = (await podsOf('web')).filter(isReady);
      return ready.length === 3 && ready.every(({ spec }) => spec.nodeName !== 'node-1');
    }, 'three pods are ready on the other nodes');
    // The old one cannot be taken down: nobody on its node answers. kubectl shows it as Terminating.
    const lost = (await podsOf('web')).filter(({ spec }) => spec.nodeName === 'node-1');
    expect(lost).toHaveLength(1);
    expect(await kubectl('get', 'pod', lost[0]?.metadata.name ?? '', '--no-headers')).toMatch(/ Terminating /);
    expect(await kubectl('get', 'events', '--field-selector=reason=TaintManagerEviction', '-o', 'jsonpath={.items[*].message}')).toContain(`Marking for deletion Pod default/${lost[0]?.metadata.name}`);
    // Who tolerates it for longer stays, but is not ready.
    const [patient] = await podsOf('patient');
    expect(patient?.metadata.deletionTimestamp).toBeUndefined();
    expect(patient && isReady(patient)).toBe(false);
    expect(await kubectl('get', 'events', '--field-selector=involvedObject.name=node-1,reason=NodeNotReady', '-o', 'jsonpath={.items[0].message}')).toBe('Node node-1 status is now: NodeNotReady');
    // The others are none the worse.
    expect(await nodes()).toMatch(/node-0 Ready[^]*node-2 Ready/);
  });

  test('logs and exec of its pods say that it cannot be reached', async () => {
    for (const args of [['logs', 'patient'], ['exec', 'patient', '--', 'ls']]) {
      const { code, stderr } = await server.kubectl.run(args);
      expect(code).toBe(1);
      expect(stderr).toMatch(/dial tcp [\d.]+:10250/);
    }
  });

  test('takes up its work when it comes back', async () => {
    await turn('start', 'node-1');
    await until(async () => /node-1 Ready/.test(await nodes()), 'node-1 is Ready');
    await until(async () => (await kubectl('get', 'node', 'node-1', '-o', 'jsonpath={.spec.taints}')) === '', 'its taints are gone');
    await until(async () => {
      const pods = await podsOf('web');
      return pods.length === 3 && pods.every(isReady);
    }, 'the pod that was lost is gone');
    await until(async () => {
      const [patient] = await podsOf('patient');
      return patient && isReady(patient) && patient.status.containerStatuses?.[0]?.restartCount === 1;
    }, 'the patient pod runs again');
  });

  test('that does not exist cannot be stopped, and the command says so', async () => {
    expect(await runCli(['node', 'stop', 'node-9', '--kubeconfig', server.kubectl.kubeconfig])).toEqual({ code: 1, stdout: '', stderr: 'kubette: the cluster has no node "node-9"\n' });
    expect(await runCli(['node', 'stop'])).toMatchObject({ code: 2, stderr: 'kubette: usage: kubette node stop NAME, or start, partition or heal\n' });
    expect(await runCli(['node', 'stop', 'node-1', '--kubeconfig', '/nowhere'])).toMatchObject({ code: 1, stderr: 'kubette: cannot read the kubeconfig /nowhere: no such file or directory; name one with --kubeconfig\n' });
  });

  test('drain and cordon move pods away', async () => {
    expect(await kubectl('cordon', 'node-0')).toBe('node/node-0 cordoned\n');
    expect(await nodes()).toMatch(/node-0 Ready,SchedulingDisabled /);
    expect(await kubectl('drain', 'node-0', '--timeout=100s')).toMatch(/evicting pod|node\/node-0 drained/);
    await until(async () => {
      const pods = await podsOf('web');
      return pods.length === 3 && pods.every((pod) => isReady(pod) && pod.spec.nodeName !== 'node-0');
    }, 'no pod is left on node-0');
    expect(await kubectl('uncordon', 'node-0')).toBe('node/node-0 uncordoned\n');
  });
});

describe('a node that a user makes', () => {
  let server: Server;
  const kubectl = (...args: string[]): Promise<string> => server.kubectl.ok(...args);
  const pods = async (): Promise<readonly PodView[]> => (JSON.parse(await kubectl('get', 'pods', '-o', 'json')) as { items: PodView[] }).items;

  beforeAll(async () => {
    server = await Server.start({ flags: ['--nodes', '1', '--node-monitor-grace-period=3600s'] });
  });

  afterAll(() => server[Symbol.asyncDispose]());

  test('keeps its pods as they are when it says itself that it is not ready, until their time is over', async () => {
    // Nobody plays the kubelet of a node that a user makes: its status is what is written here.
    await server.kubectl.create(`
apiVersion: v1
kind: Node
metadata: {name: own}
`);
    const say = (ready: string): Promise<string> => kubectl('patch', 'node', 'own', '--subresource=status', '-p', JSON.stringify({ status: { conditions: [{ type: 'Ready', status: ready }] } }));
    await say('True');
    for (const [name, seconds] of [['brief', 1], ['staying', 3600]]) {
      await server.kubectl.create(`
apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {app: own}}
spec:
  nodeName: own
  tolerations: [{key: node.kubernetes.io/not-ready, operator: Exists, effect: NoExecute, tolerationSeconds: ${seconds}}, {key: node.kubernetes.io/unreachable, operator: Exists}]
  containers: [{name: main, image: nginx}]
`);
      await kubectl('patch', 'pod', String(name), '--subresource=status', '-p', '{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}');
    }
    await say('False');
    await until(async () => (await pods()).some(({ metadata }) => metadata.deletionTimestamp), 'one pod is evicted');
    const conditions = (await pods()).map(({ metadata, status }) => [metadata.name, (status.conditions ?? []).map(({ type, status: is }) => `${type}=${is}`)]);
    expect(conditions).toEqual([['brief', ['Ready=True', 'DisruptionTarget=True']], ['staying', ['Ready=True']]]);

    await kubectl('delete', 'node', 'own');
    const messages = (): Promise<string> => kubectl('get', 'events', '--field-selector=involvedObject.name=own,involvedObject.kind=Node', '-o', 'jsonpath={.items[*].message}');
    await until(async () => (await messages()).includes('Removing'), 'the event of its removal');
    expect(await messages()).toContain('Node own event: Registered Node own in Controller');
    expect(await messages()).toContain('Node own event: Removing Node own from Controller');
  });
});
