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
import type { UdpSocket } from '../runtimes/simulated/program.js';
import type { NetworkNamespace } from './network-namespace.js';
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

  test('datagrams go to who listens, and answers come from whom they were sent to', async () => {
    const network = new PodNetwork();
    const [a, b, c] = ['10.244.0.2', '10.244.0.3', '10.244.0.4'].map((ip) => network.attach(ip, DNS)) as [NetworkNamespace, NetworkNamespace, NetworkNamespace];
    const endpoints = [{ ip: b.ip, port: 53 }, { ip: c.ip, port: 53 }];
    let turn = 0;
    const missing = (): never => { throw new Error('not asked'); };
    network.useServices({ route: (ip, port, _from, protocol) => (ip === '10.96.0.9' && port === 5353 && protocol === 'UDP' ? { to: 'endpoint', ...(endpoints[turn++ % 2] as { ip: string; port: number }) } : ip === '10.96.0.9' ? { to: 'reject' } : undefined), service: () => undefined, namesOf: () => [], isNode: missing });
    for (const server of [b, c]) {
      const socket: UdpSocket = await server.openUdp(53, (message, from) => void socket.send(Buffer.from(`${server.ip} got ${Buffer.from(message).toString()} from ${from.address}`), from.address, from.port));
    }
    const heard: string[] = [];
    const client = await a.openUdp(0, (message, from) => heard.push(`${from.address}:${from.port}: ${Buffer.from(message).toString()}`));
    const answered = async (count: number): Promise<void> => { while (heard.length < count) await new Promise<void>((resolve) => setImmediate(resolve)); };
    await client.send(Buffer.from('one'), '10.96.0.9', 5353);
    await client.send(Buffer.from('two'), '10.96.0.9', 5353);
    await answered(2);
    // One conversation stays with one endpoint, and looks as if it were with the Service.
    expect(heard).toEqual(['10.96.0.9:5353: 10.244.0.3 got one from 10.244.0.2', '10.96.0.9:5353: 10.244.0.3 got two from 10.244.0.2']);
    await (await a.openUdp(0, (message) => heard.push(Buffer.from(message).toString()))).send(Buffer.from('three'), '10.96.0.9', 5353);
    await answered(3);
    expect(heard[2]).toBe('10.244.0.4 got three from 10.244.0.2');
    // An endpoint that has gone is replaced.
    network.detach(b.ip);
    turn = 1;
    await client.send(Buffer.from('four'), '10.96.0.9', 5353);
    await answered(4);
    expect(heard[3]).toBe('10.96.0.9:5353: 10.244.0.4 got four from 10.244.0.2');
    await client.send(Buffer.from('direct'), c.ip, 53);
    await answered(5);
    expect(heard[4]).toBe('10.244.0.4:53: 10.244.0.4 got direct from 10.244.0.2');
    await expect(client.send(Buffer.from('x'), c.ip, 54)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await expect(client.send(Buffer.from('x'), '10.96.0.9', 80)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await expect(client.send(Buffer.from('x'), '10.244.9.9', 53)).rejects.toMatchObject({ code: 'EHOSTUNREACH' });
    await expect(client.send(Buffer.alloc(70_000), c.ip, 53)).rejects.toMatchObject({ code: 'EMSGSIZE' });
    await expect(c.openUdp(53, () => {})).rejects.toMatchObject({ code: 'EADDRINUSE' });
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

  test('with session affinity forget a client after its time', async () => {
    await put(web({ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } } }), [slice([{ addresses: ['10.244.0.2'] }, { addresses: ['10.244.0.3'] }])]);
    const first = await ask('10.96.0.7', 80, '10.244.0.9');
    await clock.advance(59_000);
    expect(await ask('10.96.0.7', 80, '10.244.0.9')).toBe(first);
    await clock.advance(61_000);
    expect(await ask('10.96.0.7', 80, '10.244.0.9')).not.toBe(first);
  });

  describe('with traffic policies', () => {
    const place = async (): Promise<void> => {
      for (const [name, ip] of [['node-0', '172.18.0.2'], ['node-1', '172.18.0.3'], ['node-2', '172.18.0.4']]) {
        api.put('nodes', 'ADDED', { apiVersion: 'v1', kind: 'Node', metadata: { name, uid: name }, status: { addresses: [{ type: 'InternalIP', address: ip }] } } as never);
      }
      for (const [name, ip, node] of [['a', '10.244.0.8', 'node-0'], ['b', '10.244.2.8', 'node-2']]) {
        api.put('pods', 'ADDED', { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default', uid: name }, spec: { nodeName: node, containers: [] }, status: { podIPs: [{ ip }] } } as never);
      }
    };
    const endpoints = [slice([{ addresses: ['10.244.0.2'], nodeName: 'node-0' }, { addresses: ['10.244.0.3'], nodeName: 'node-1' }])];

    test('internally Local keep to the node of the client; where it has no endpoint packets are dropped', async () => {
      await place();
      await put(web({ internalTrafficPolicy: 'Local' }), endpoints);
      for (let i = 0; i < 3; i++) expect(await ask('10.96.0.7', 80, '10.244.0.8')).toBe('pod 2');
      await expect(ask('10.96.0.7', 80, '10.244.2.8')).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    });

    test('externally Local keep to the node that was called; clients inside the cluster reach all', async () => {
      await place();
      await put(web({ type: 'NodePort', externalTrafficPolicy: 'Local', ports: [{ name: 'http', port: 80, nodePort: 30080 }] }), endpoints);
      for (let i = 0; i < 3; i++) expect(await ask('172.18.0.3', 30080, '203.0.113.5')).toBe('pod 3');
      await expect(ask('172.18.0.4', 30080, '203.0.113.5')).rejects.toMatchObject({ code: 'ETIMEDOUT' });
      expect([await ask('172.18.0.4', 30080, '10.244.0.8'), await ask('172.18.0.4', 30080, '10.244.0.8')].sort()).toEqual(['pod 2', 'pod 3']);
      expect([await ask('10.96.0.7'), await ask('10.96.0.7')].sort()).toEqual(['pod 2', 'pod 3']);
    });
  });

  test('have records of every kind in the cluster\'s DNS', async () => {
    const pod = network.attach('10.244.0.9', DNS);
    await put(web({ clusterIPs: ['10.96.0.7', 'fd00:10:96::7'] }), [slice([{ addresses: ['10.244.0.2'] }])]);
    await put({ ...web({ clusterIP: 'None', clusterIPs: ['None'] }), metadata: { name: 'db', namespace: 'default' } }, [
      { ...slice([{ addresses: ['10.244.0.2'], hostname: 'db-0' }, { addresses: ['10.244.0.3'] }]), metadata: { name: 'h', namespace: 'default', labels: { 'kubernetes.io/service-name': 'db' } } },
    ]);
    await put({ ...web({ type: 'ExternalName', externalName: 'web.default.svc.cluster.local', clusterIP: undefined, clusterIPs: undefined }), metadata: { name: 'alias', namespace: 'default' } });
    await put({ ...web({ type: 'ExternalName', externalName: 'example.com', clusterIP: undefined, clusterIPs: undefined }), metadata: { name: 'far', namespace: 'default' } });
    const domain = 'default.svc.cluster.local';
    const rows = async (name: string, type: Parameters<typeof pod.query>[1]): Promise<string[]> => {
      const { status, answers } = await pod.query(name, type);
      return status === 'NXDOMAIN' ? [status] : answers.map((record) => `${record.type} ${record.data}`);
    };
    expect(await rows(`web.${domain}`, 'A')).toEqual(['A 10.96.0.7']);
    expect(await rows(`web.${domain}.`, 'AAAA')).toEqual(['AAAA fd00:10:96::7']);
    expect(await rows(`db.${domain}`, 'AAAA')).toEqual([]);
    expect(await rows(`_http._tcp.web.${domain}`, 'SRV')).toEqual([`SRV 0 100 80 web.${domain}.`]);
    expect(await rows(`_http._udp.web.${domain}`, 'SRV')).toEqual(['NXDOMAIN']);
    expect(await rows(`_http._tcp.db.${domain}`, 'SRV')).toEqual([`SRV 0 50 8080 db-0.db.${domain}.`, `SRV 0 50 8080 10-244-0-3.db.${domain}.`]);
    expect((await pod.query(`_http._tcp.db.${domain}`, 'SRV')).additional.map(({ name, data }) => `${name} ${data}`)).toEqual([`db-0.db.${domain} 10.244.0.2`, `10-244-0-3.db.${domain} 10.244.0.3`]);
    expect(await rows('7.0.96.10.in-addr.arpa', 'PTR')).toEqual([`PTR web.${domain}.`]);
    expect(await rows('2.0.244.10.in-addr.arpa', 'PTR')).toEqual([`PTR db-0.db.${domain}.`]);
    expect(await rows('9.9.244.10.in-addr.arpa', 'PTR')).toEqual(['NXDOMAIN']);
    expect(await rows(`alias.${domain}`, 'A')).toEqual([`CNAME web.${domain}.`, 'A 10.96.0.7']);
    expect(await rows(`far.${domain}`, 'A')).toEqual(['CNAME example.com.']);
    expect(await rows(`nobody.${domain}`, 'A')).toEqual(['NXDOMAIN']);
    expect(await rows('10-244-0-5.default.pod.cluster.local', 'A')).toEqual(['A 10.244.0.5']);
    expect(await pod.resolve('web.default.svc.cluster.local')).toEqual(['10.96.0.7']);
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
