import type { HorizontalPodAutoscaler } from '../../src/api/types/autoscaling-v2.js';
import { Server } from '../support/server.js';
import { until } from '../support/until.js';

const FAST = ['--horizontal-pod-autoscaler-sync-period=300ms', '--horizontal-pod-autoscaler-downscale-stabilization=0s', '--horizontal-pod-autoscaler-cpu-initialization-period=0s'];

const WEB = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: main, image: registry.example/web, resources: {requests: {cpu: 200m, memory: 100Mi}, limits: {memory: 200Mi}}}
      - {name: side, image: registry.example/side}
`;

/** Columns of a printed table without its head. */
const rows = (text: string): string[][] => text.trim().split('\n').slice(1).map((line) => line.trim().split(/\s+/));

describe('metrics of a cluster with the addon metrics-server', () => {
  let server: Server;
  const kubectl = (...args: string[]): Promise<string> => server.kubectl.ok(...args);

  beforeAll(async () => {
    server = await Server.start({ flags: ['--nodes=2', ...FAST] });
    await server.kubectl.create(WEB);
    await kubectl('wait', '--for=condition=Available', 'deployment/web', '--timeout=100s');
    await until(async () => rows((await server.kubectl.run(['top', 'pod'])).stdout).length === 2, 'both pods have metrics');
  });

  afterAll(() => server[Symbol.asyncDispose]());

  test('the group is discovered, and its APIService available', async () => {
    expect(await kubectl('api-resources', '--api-group=metrics.k8s.io', '--no-headers')).toMatch(/^nodes +metrics\.k8s\.io\/v1beta1 +false +NodeMetrics *\npods +metrics\.k8s\.io\/v1beta1 +true +PodMetrics *\n$/);
    expect(await kubectl('get', 'apiservice', 'v1beta1.metrics.k8s.io', '-o', 'jsonpath={.status.conditions[?(@.type=="Available")].status}')).toBe('True');
  });

  test('kubectl top node shows what each node uses, and of what share', async () => {
    for (const [name, cpu, cpuShare, memory, memoryShare] of rows(await kubectl('top', 'node'))) {
      expect(name).toMatch(/^node-[01]$/);
      expect(Number(/^(\d+)m$/.exec(cpu ?? '')?.[1])).toBeGreaterThan(20);
      expect(Number(/^(\d+)Mi$/.exec(memory ?? '')?.[1])).toBeGreaterThan(100);
      expect([cpuShare, memoryShare]).toEqual(['0%', '0%']);
    }
    expect(rows(await kubectl('top', 'node', '-l', 'kubernetes.io/hostname=node-1'))).toHaveLength(1);
  });

  test('kubectl top pod: a share of what is requested unless a pod is annotated with its use', async () => {
    const [[name = '', cpu = ''] = []] = rows(await kubectl('top', 'pod', '-l', 'app=web'));
    expect(Number.parseInt(cpu, 10)).toBeGreaterThanOrEqual(12);
    expect(Number.parseInt(cpu, 10)).toBeLessThanOrEqual(30);
    await kubectl('annotate', 'pod', name, 'kubette.dev/usage-cpu.main=1500m', 'kubette.dev/usage-memory.main=150Mi', 'kubette.dev/usage-cpu.side=10m', 'kubette.dev/usage-memory.side=1Mi');
    await until(async () => (await kubectl('top', 'pod', name, '--containers', '--no-headers')).includes('1500m'), 'the annotation shows');
    expect((await kubectl('top', 'pod', name, '--containers', '--no-headers')).trim().split('\n').map((line) => line.split(/\s+/))).toEqual([
      [name, 'main', '1500m', '150Mi', ''],
      [name, 'side', '10m', '1Mi', ''],
    ].map((row) => expect.arrayContaining(row.filter(Boolean)) as string[]));
    const sorted = rows(await kubectl('top', 'pod', '-A', '--sort-by=cpu', '--sum'));
    expect(sorted[0]).toEqual(['default', name, '1510m', '151Mi']);
    expect(sorted.at(-1)?.[0]).toMatch(/^15\d\dm$/);
    await kubectl('annotate', 'pod', name, 'kubette.dev/usage-cpu.main-', 'kubette.dev/usage-memory.main-');
  });

  test('single metrics, tables, selectors, and what there is none of', async () => {
    const list = JSON.parse(await kubectl('get', '--raw', '/apis/metrics.k8s.io/v1beta1/namespaces/default/pods?labelSelector=app%3Dweb')) as { kind: string; items: Array<{ metadata: { name: string }; window: string; timestamp: string }> };
    expect(list.kind).toBe('PodMetricsList');
    expect(list.items).toHaveLength(2);
    expect(list.items[0]?.window).toMatch(/^\d+(\.\d+)?s$/);
    expect((await kubectl('get', 'podmetrics')).split('\n')[0]).toMatch(/^NAME +CPU +MEMORY +WINDOW$/);
    expect(JSON.parse(await kubectl('get', '--raw', '/apis/metrics.k8s.io/v1beta1/pods?labelSelector=app%3Dother')) as object).toMatchObject({ items: [] });
    expect(await server.kubectl.run(['top', 'pod', 'nobody'])).toMatchObject({ code: 1, stderr: 'Error from server (NotFound): pods "nobody" not found\n' });
    expect(await server.kubectl.run(['get', 'nodemetrics', 'node-7'])).toMatchObject({ code: 1, stderr: 'Error from server (NotFound): nodes "node-7" not found\n' });
  });

  test('a HorizontalPodAutoscaler follows the use of the pods, up and down', async () => {
    await kubectl('autoscale', 'deployment', 'web', '--cpu=50%', '--min=1', '--max=5');
    const read = async (): Promise<HorizontalPodAutoscaler> => JSON.parse(await kubectl('get', 'hpa', 'web', '-o', 'json')) as HorizontalPodAutoscaler;
    // The second container requests nothing: there is no utilization.
    await until(async () => (await read()).status?.conditions?.some(({ reason }) => reason === 'FailedGetResourceMetric'), 'the missing request is told');
    expect(await kubectl('describe', 'hpa', 'web')).toMatch(/failed to get cpu utilization: missing request for cpu in container side of Pod web-/);
    await kubectl('set', 'resources', 'deployment/web', '-c', 'side', '--requests=cpu=50m');
    await kubectl('rollout', 'status', 'deployment/web', '--timeout=100s');
    // Pods may go while kubectl looks at them.
    const use = (cpu: string) => until(async () => (await server.kubectl.run(['annotate', 'pod', '-l', 'app=web', '--overwrite', `kubette.dev/usage-cpu=${cpu}`])).code === 0, 'the pods are annotated');
    await until(async () => (await kubectl('get', 'pod', '-l', 'app=web', '-o', 'name')).trim().split('\n').length === 2, 'the pods of before are gone');
    await use('500m');
    await until(async () => (await kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.spec.replicas}')) === '5', 'it grows to the most that is allowed');
    expect(await kubectl('get', 'events', '--field-selector', 'reason=SuccessfulRescale', '-o', 'jsonpath={range .items[*]}{.message}{"\\n"}{end}')).toMatch(/New size: \d; reason: cpu resource utilization \(percentage of request\) above target/);
    await use('1m');
    await until(async () => (await kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.spec.replicas}')) === '1', 'it shrinks to the least');
    expect((await kubectl('get', 'hpa', 'web')).split('\n')[1]).toMatch(/^web +Deployment\/web +cpu: \d+%\/50% +1 +5 +\d +/);
  });
});

test('without metrics-server there is no metrics API, and autoscalers say so', async () => {
  await using server = await Server.start({ flags: ['--addons=none', ...FAST] });
  await server.kubectl.create(WEB);
  await server.kubectl.ok('autoscale', 'deployment', 'web', '--cpu=80%', '--min=1', '--max=5');
  expect(await server.kubectl.run(['top', 'pod'])).toMatchObject({ code: 1, stderr: 'error: Metrics API not available\n' });
  await until(async () => (await server.kubectl.ok('describe', 'hpa', 'web')).includes('the server could not find the requested resource (get pods.metrics.k8s.io)'), 'the condition says why');
  expect((await server.kubectl.ok('get', 'hpa', 'web')).split('\n')[1]).toMatch(/^web +Deployment\/web +cpu: <unknown>\/80% +1 +5 +2 +/);
});
