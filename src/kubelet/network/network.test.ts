import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { EndpointSlice } from '../../api/types/discovery-v1.js';
import type { Service } from '../../api/types/core-v1.js';
import { FakeClock } from '../../base/fake-clock.js';
import { silentLogger } from '../../base/logger.js';
import { Informers } from '../../client/informers.js';
import { FakeApi } from '../testing/fake-api.js';
import { InformerServiceRouter } from './informer-service-router.js';
import { IpAllocator } from './ip-allocator.js';
import { PodNetwork } from './pod-network.js';

const DNS = { searches: ['default.svc.cluster.local', 'svc.cluster.local', 'cluster.local'], ndots: 5 };

async function readAll(stream: Duplex): Promise<string> {
  let text = '';
  stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await once(stream, 'end');
  stream.end();
  return text;
}

describe('the pod network', () => {
  test('containers of a pod share localhost; two pods listen on one port', async () => {
    const network = new PodNetwork();
    const a = network.attach('10.244.0.2', DNS);
    const b = network.attach('10.244.0.3', DNS);
    await a.listen(8080, (stream) => stream.end('a'));
    await b.listen(8080, (stream) => stream.end('b'));
    expect(await readAll(await a.connect('localhost', 8080))).toBe('a');
    expect(await readAll(await b.connect('127.0.0.1', 8080))).toBe('b');
    expect(await readAll(await a.connect('10.244.0.3', 8080))).toBe('b');
    await expect(a.listen(8080, () => {})).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await expect(a.connect('10.244.0.3', 81)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await expect(a.connect('10.244.9.9', 80)).rejects.toMatchObject({ code: 'EHOSTUNREACH' });
    await expect(a.connect('nowhere', 80)).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  test('a slow reader holds the writer back, and half-closed connections go on', async () => {
    const network = new PodNetwork();
    const pod = network.attach('10.244.0.2', DNS);
    let server: Duplex | undefined;
    await pod.listen(1, (stream) => (server = stream));
    const client = await network.connect('10.244.0.2', 1);
    const chunk = Buffer.alloc(16 * 1024, 'x');
    let writes = 0;
    while (client.write(chunk) && writes < 1000) writes++;
    expect(writes).toBeLessThan(20);
    client.end();
    let size = 0;
    (server as Duplex).on('data', (part: Buffer) => (size += part.length));
    await once(server as Duplex, 'end');
    expect(size).toBe((writes + 1) * chunk.length);
    (server as Duplex).end('still here');
    expect(await readAll(client)).toBe('still here');
  });

  test('connections of a pod that goes are reset', async () => {
    const network = new PodNetwork();
    const pod = network.attach('10.244.0.2', DNS);
    await pod.listen(1, (stream) => void stream.resume());
    const client = await network.connect('10.244.0.2', 1);
    const error = once(client, 'error');
    network.detach('10.244.0.2');
    expect((await error)[0]).toMatchObject({ code: 'ECONNRESET' });
    await expect(network.connect('10.244.0.2', 1)).rejects.toMatchObject({ code: 'EHOSTUNREACH' });
  });

  test('addresses of a node are handed out in turn and come back late', () => {
    const addresses = new IpAllocator('10.244.3.0/29');
    const taken = [1, 2, 3, 4, 5].map(() => addresses.allocate());
    expect(taken).toEqual(['10.244.3.2', '10.244.3.3', '10.244.3.4', '10.244.3.5', '10.244.3.6']);
    expect(addresses.allocate()).toBeUndefined();
    addresses.release('10.244.3.3');
    expect(addresses.allocate()).toBe('10.244.3.3');
  });
});

describe('Services', () => {
  const clock = new FakeClock();
  let api: FakeApi;
  let informers: Informers;
  let network: PodNetwork;

  beforeEach(async () => {
    api = new FakeApi(clock);
    informers = new Informers(api, { clock, logger: silentLogger });
    network = new PodNetwork({ services: new InformerServiceRouter(informers, clock) });
    await informers.start();
    for (const n of [2, 3]) {
      const pod = network.attach(`10.244.0.${n}`, DNS);
      await pod.listen(8080, (stream) => stream.end(`pod ${n}`));
    }
  });
  afterEach(() => informers.stop());

  const put = async (service: Service, slices: EndpointSlice[] = []): Promise<void> => {
    await api.resource<Service>({ group: '', version: 'v1', resource: 'services' }).create(service);
    for (const slice of slices) await api.resource<EndpointSlice>({ group: 'discovery.k8s.io', version: 'v1', resource: 'endpointslices' }).create(slice);
    for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
  };
  const web = (spec: Service['spec'] = {}): Service => ({
    apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'default' }, spec: { clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'], ports: [{ name: 'http', port: 80 }], ...spec },
  });
  const slice = (endpoints: EndpointSlice['endpoints']): EndpointSlice => ({
    apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { name: 'web-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4', ports: [{ name: 'http', port: 8080, protocol: 'TCP' }], endpoints,
  });
  const ask = async (ip: string, port = 80, from?: string): Promise<string> => readAll(await network.connect(ip, port, from === undefined ? {} : { from }));

  test('spread connections over their ready endpoints', async () => {
    await put(web(), [slice([{ addresses: ['10.244.0.2'], conditions: { ready: true } }, { addresses: ['10.244.0.3'], conditions: {} }, { addresses: ['10.244.0.4'], conditions: { ready: false } }])]);
    const answers = await Promise.all([1, 2, 3, 4].map(() => ask('10.96.0.7')));
    expect(answers.sort()).toEqual(['pod 2', 'pod 2', 'pod 3', 'pod 3']);
    await expect(ask('10.96.0.7', 81)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('refuse connections while nothing is ready, but use what still serves as it terminates', async () => {
    await put(web(), [slice([{ addresses: ['10.244.0.2'], conditions: { ready: false, serving: false } }])]);
    await expect(ask('10.96.0.7')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    api.put('endpointslices', 'MODIFIED', slice([{ addresses: ['10.244.0.2'], conditions: { ready: false, serving: true, terminating: true } }]));
    for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(await ask('10.96.0.7')).toBe('pod 2');
  });

  test('with session affinity send a client to the same endpoint', async () => {
    await put(web({ sessionAffinity: 'ClientIP' }), [slice([{ addresses: ['10.244.0.2'] }, { addresses: ['10.244.0.3'] }])]);
    const first = await ask('10.96.0.7', 80, '10.244.0.9');
    for (let i = 0; i < 4; i++) expect(await ask('10.96.0.7', 80, '10.244.0.9')).toBe(first);
    expect(await ask('10.96.0.7', 80, '10.244.0.10')).not.toBe(first);
  });

  test('have names in the cluster\'s DNS', async () => {
    const pod = network.attach('10.244.0.9', DNS);
    await put(web(), []);
    await put({ ...web({ clusterIP: 'None' }), metadata: { name: 'headless', namespace: 'other' } }, [
      { ...slice([{ addresses: ['10.244.0.2'], hostname: 'db-0' }, { addresses: ['10.244.0.3'], hostname: 'db-1' }]), metadata: { name: 'h', namespace: 'other', labels: { 'kubernetes.io/service-name': 'headless' } } },
    ]);
    await put({ ...web({ type: 'ExternalName', externalName: 'web.default.svc.cluster.local' }), metadata: { name: 'alias', namespace: 'default' } });
    const names: Record<string, string[]> = {
      web: ['10.96.0.7'],
      'web.default': ['10.96.0.7'],
      'web.default.svc.cluster.local': ['10.96.0.7'],
      'web.default.svc.cluster.local.': ['10.96.0.7'],
      'web.other': [],
      'headless.other': ['10.244.0.2', '10.244.0.3'],
      'db-1.headless.other.svc.cluster.local': ['10.244.0.3'],
      alias: ['10.96.0.7'],
      '10-244-0-2.default.pod.cluster.local': ['10.244.0.2'],
      'example.com': [],
    };
    for (const [name, addresses] of Object.entries(names)) expect([name, await pod.resolve(name)]).toEqual([name, addresses]);
  });
});
