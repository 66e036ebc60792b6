import { createServer, connect } from 'node:net';
import type { Event, Service } from '../../api/types/core-v1.js';
import { FakeClock } from '../../base/fake-clock.js';
import { RandomIds } from '../../base/ids.js';
import { silentLogger } from '../../base/logger.js';
import { ControllerRunner } from '../../client/controller.js';
import { ApiEventRecorder } from '../../client/event-recorder.js';
import { Informers } from '../../client/informers.js';
import { PodNetwork } from '../../kubelet/network/pod-network.js';
import { FakeApi } from '../../kubelet/testing/fake-api.js';
import { loadBalancerController } from './index.js';
import { planListeners } from './plan.js';

const SERVICES = { group: '', version: 'v1', resource: 'services' };

const service = (name: string, port: number, spec: Partial<Service['spec']> = {}): Service => ({
  apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'default' },
  spec: { type: 'LoadBalancer', clusterIP: '10.96.0.7', ports: [{ port, protocol: 'TCP' }], ...spec }, status: { loadBalancer: {} },
});

/** A port that is free now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const fetchText = (port: number): Promise<string> => new Promise((resolve, reject) => {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  socket.on('end', () => resolve(text));
  socket.on('error', reject);
});

describe('the load balancer', () => {
  const clock = new FakeClock();
  let api: FakeApi;
  let informers: Informers;
  let runner: ControllerRunner;
  let network: PodNetwork;

  beforeEach(async () => {
    api = new FakeApi(clock);
    informers = new Informers(api, { clock, logger: silentLogger });
    network = new PodNetwork({ services: {
      route: (ip) => (ip === '10.96.0.7' ? { to: 'endpoint', ip: '10.244.0.2', port: 8080 } : undefined),
      service: () => undefined, namesOf: () => [], isNode: () => false,
    } });
    const pod = network.attach('10.244.0.2', { searches: [], ndots: 5 });
    await pod.listen(8080, (stream) => stream.end('Hello World!\n'));
    runner = new ControllerRunner(loadBalancerController(network), {
      client: api, informers, events: new ApiEventRecorder(api, { component: 'service-controller' }, clock, silentLogger), clock, ids: new RandomIds(), logger: silentLogger,
    });
    await informers.start();
    runner.start();
  });
  afterEach(async () => {
    await runner.stop();
    await informers.stop();
  });
  const until = async (what: () => unknown): Promise<void> => {
    const deadline = performance.now() + 5000;
    while (!what()) {
      if (performance.now() > deadline) throw new Error(`not so: ${String(what)}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const events = (): string[] => (api.all('events') as Event[]).map((e) => `${e.type} ${e.reason}: ${e.message}`);
  const ingress = (name: string): unknown => (api.find('services', name, 'default') as Service | undefined)?.status?.loadBalancer?.ingress;

  test('answers on localhost at the Service\'s port and says so in its status', async () => {
    const port = await freePort();
    await api.resource<Service>(SERVICES).create(service('web', port));
    await until(() => ingress('web'));
    expect(ingress('web')).toEqual([{ hostname: 'localhost' }]);
    expect(await fetchText(port)).toBe('Hello World!\n');
    await until(() => events().length === 2);
    expect(events()).toEqual(['Normal EnsuringLoadBalancer: Ensuring load balancer', 'Normal EnsuredLoadBalancer: Ensured load balancer']);
    await api.resource<Service>(SERVICES).delete({ name: 'web', namespace: 'default' });
    await until(() => true);
    await expect((async () => {
      for (;;) {
        await fetchText(port);
        await new Promise((resolve) => setImmediate(resolve));
      }
    })()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('tells in an event when the port is in use, and takes it once it is free', async () => {
    const port = await freePort();
    const other = createServer().listen(port, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    await api.resource<Service>(SERVICES).create(service('web', port));
    await until(() => events().some((e) => e.startsWith('Warning')));
    expect(events()).toContain(`Warning SyncLoadBalancerFailed: Error syncing load balancer: failed to ensure load balancer: listen tcp 127.0.0.1:${port}: bind: address already in use`);
    expect(ingress('web')).toBeUndefined();
    await new Promise((resolve) => other.close(resolve));
    await clock.advance(5000);
    await until(() => ingress('web'));
  });

  test('tells once that a node port is in use on localhost, which hinders nothing else', async () => {
    const port = await freePort();
    const other = createServer().listen(port, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    await api.resource<Service>(SERVICES).create(service('web', 80, { type: 'NodePort', ports: [{ port: 80, nodePort: port, protocol: 'TCP' }] }));
    await until(() => events().length > 0);
    expect(events()).toEqual([`Warning NodePortUnavailable: Node port ${port} cannot be reached on localhost: listen tcp 127.0.0.1:${port}: bind: address already in use`]);
    await new Promise((resolve) => other.close(resolve));
  });

  test('two Services cannot have one port; the second gets it when the first goes', async () => {
    const port = await freePort();
    const services = api.resource<Service>(SERVICES);
    await services.create(service('one', port));
    await until(() => ingress('one'));
    await services.create(service('two', port));
    await until(() => events().some((e) => e.startsWith('Warning')));
    await services.delete({ name: 'one', namespace: 'default' });
    await until(() => ingress('two'));
  });

  test('a Service that is no LoadBalancer any more loses its ports and its status', async () => {
    const port = await freePort();
    await api.resource<Service>(SERVICES).create(service('web', port));
    await until(() => ingress('web'));
    const current = api.find('services', 'web', 'default') as Service;
    await api.resource<Service>(SERVICES).update({ ...current, spec: { ...current.spec, type: 'ClusterIP' } });
    await until(() => !ingress('web'));
    await expect(fetchText(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test.each<[string, Partial<Service['spec']>, unknown]>([
    ['type ClusterIP', { type: 'ClusterIP' }, { balanced: [], nodePorts: [] }],
    ['type LoadBalancer', { ports: [{ port: 80, nodePort: 30080 }, { port: 53, protocol: 'UDP' }] }, { balanced: [{ port: 80, servicePort: 80 }], nodePorts: [{ port: 30080, servicePort: 80 }] }],
    ['type NodePort', { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] }, { balanced: [], nodePorts: [{ port: 30080, servicePort: 80 }] }],
    ['another class', { loadBalancerClass: 'example.com/lb' }, { balanced: [], nodePorts: [] }],
  ])('plans the ports of %s', (_what, spec, expected) => {
    expect(planListeners(service('web', 80, spec))).toEqual(expected);
  });
});
