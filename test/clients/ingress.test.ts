import { X509Certificate } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { createServer as createNetServer, type AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { once } from 'node:events';
import type { Ingress } from '../../src/api/types/networking-v1.js';
import { createCluster, type Cluster, type ImageProgram } from '../../src/index.js';
import { servingCertificate, ensurePki } from '../../src/authn/pki/pki.js';
import { SystemClock } from '../../src/base/clock.js';
import { Kubectl } from '../support/kubectl.js';
import { until } from '../support/until.js';

/** Says who it is and what it was asked; on port 8081 it speaks no HTTP but answers an upgrade and then echoes. */
const echo = (name: string): ImageProgram => ({
  async run({ network }) {
    await network.listenHttp(8080, async (request, response) => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      response.writeHead(request.url === '/teapot' ? 418 : 200, { 'content-type': 'application/json', 'x-served-by': name });
      response.end(JSON.stringify({ name, method: request.method, url: request.url, headers: request.headers, body }));
    });
    await network.listen(8081, (stream) => {
      stream.once('data', (head: Buffer) => {
        stream.write(`HTTP/1.1 101 Switching Protocols\r\nupgrade: echo\r\nconnection: Upgrade\r\nx-asked: ${head.toString().split('\r\n')[0]}\r\n\r\n`);
        stream.pipe(stream);
      });
      stream.on('error', () => {});
    });
    return new Promise(() => {});
  },
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  /** Subject alternative names of the server's certificate. */
  readonly names: string | undefined;
  readonly said: { name: string; method: string; url: string; body: string; headers: Record<string, string> };
}

const INGRESS = `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop}
spec:
  tls: [{hosts: [shop.example], secretName: shop-tls}]
  rules:
  - host: shop.example
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
      - {path: /api, pathType: Prefix, backend: {service: {name: api, port: {name: http}}}}
      - {path: /api/exact, pathType: Exact, backend: {service: {name: web, port: {name: http}}}}
      - {path: /empty, pathType: Prefix, backend: {service: {name: empty, port: {number: 80}}}}
      - {path: /ws, pathType: Prefix, backend: {service: {name: web, port: {name: raw}}}}
  - host: '*.wild.example'
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: api, port: {number: 80}}}}]}
`;

const workload = (name: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}}
spec:
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec: {containers: [{name: main, image: 'registry.example/${name}'}]}
---
apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec: {selector: {app: ${name}}, ports: [{name: http, port: 80, targetPort: 8080}, {name: raw, port: 81, targetPort: 8081}]}
---
`;

describe('Ingresses', () => {
  let cluster: Cluster;
  let kubectl: Kubectl;
  let ports: { http: number; https: number };

  const read = async (name: string): Promise<Ingress> => JSON.parse(await kubectl.ok('get', 'ingress', name, '-o', 'json')) as Ingress;

  /** As curl does with --resolve: the name goes into Host header and SNI, the connection to localhost. */
  const ask = (host: string, path: string, { secure = false, body, method = 'GET', headers = {} }: { secure?: boolean; body?: string; method?: string; headers?: Record<string, string> } = {}): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const send = secure ? httpsRequest : httpRequest;
      const request = send({ host: '127.0.0.1', port: secure ? ports.https : ports.http, path, servername: host, rejectUnauthorized: false, agent: false, method, headers: { host, ...headers } }, (response) => {
        const names = secure ? new X509Certificate((response.socket as TLSSocket).getPeerCertificate().raw).subjectAltName : undefined;
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => {
          const said = text.startsWith('{') ? (JSON.parse(text) as Answer['said']) : { name: '', method: '', url: '', body: '', headers: {} };
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, names, said });
        });
      });
      request.on('error', reject);
      request.end(body);
    });

  beforeAll(async () => {
    cluster = await createCluster({ nodes: 1, ingress: { httpPort: 0, httpsPort: 0 }, images: { 'registry.example/web': () => echo('web'), 'registry.example/api': () => echo('api') } });
    kubectl = new Kubectl(cluster.kubeconfig);
    await kubectl.create(`${workload('web')}${workload('api')}
apiVersion: v1
kind: Service
metadata: {name: empty}
spec: {selector: {app: nobody}, ports: [{port: 80}]}
---${INGRESS}`);
    await kubectl.ok('wait', '--for=condition=Available', 'deployment', '--all', '--timeout=100s');
    const shop = await until(async () => {
      const ingress = await read('shop');
      return ingress.status?.loadBalancer?.ingress?.length ? ingress : undefined;
    }, 'the Ingress has an address');
    const [http, https] = shop.status?.loadBalancer?.ingress?.[0]?.ports ?? [];
    ports = { http: http?.port ?? 0, https: https?.port ?? 0 };
    await until(async () => (await ask('shop.example', '/api')).status === 200, 'the pods answer');
  });

  afterAll(async () => {
    kubectl[Symbol.dispose]();
    await cluster.stop();
  });

  test('get the default class, an address and an event that says where to go', async () => {
    expect((await kubectl.ok('get', 'ingress', 'shop')).split('\n')[1]).toMatch(/^shop +kubette +shop\.example,\*\.wild\.example +localhost +80, 443 /);
    expect(await kubectl.ok('get', 'events', '--field-selector', 'reason=Listening', '-o', 'jsonpath={.items[0].message}')).toBe(`Reachable at http://localhost:${ports.http} and https://localhost:${ports.https}`);
  });

  test.each([
    ['shop.example', '/', 'web'],
    ['SHOP.example:80', '/apiary', 'web'],
    ['shop.example', '/api/v1?x=1&y=%20', 'api'],
    ['shop.example', '/api/exact', 'web'],
    ['shop.example', '/api/exact/', 'api'],
    ['a.wild.example', '/x', 'api'],
  ])('%s%s leads to %s', async (host, path, service) => {
    const { status, said, headers } = await ask(host, path);
    expect({ status, name: said.name, url: said.url, by: headers['x-served-by'] }).toEqual({ status: 200, name: service, url: path, by: service });
  });

  test.each([
    ['other.example', '/', 404],
    ['a.b.wild.example', '/', 404],
    ['shop.example', '/empty', 503],
    ['shop.example', '/teapot', 418],
  ])('%s%s is answered with %i', async (host, path, status) => {
    expect((await ask(host, path)).status).toBe(status);
  });

  test('bodies and headers go through; who asked is told by the proxy alone', async () => {
    const { said } = await ask('shop.example', '/api', { method: 'POST', body: 'x'.repeat(100_000), headers: { 'x-mine': '1', 'x-forwarded-for': '8.8.8.8', connection: 'close' } });
    expect(said).toMatchObject({ method: 'POST', headers: { host: 'shop.example', 'x-mine': '1', 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http', 'x-forwarded-host': 'shop.example' } });
    expect(said.body).toHaveLength(100_000);
  });

  test('a WebSocket is passed on as it is', async () => {
    const echoed = await new Promise<string>((resolve, reject) => {
      const request = httpRequest({ host: '127.0.0.1', port: ports.http, path: '/ws', headers: { host: 'shop.example', connection: 'Upgrade', upgrade: 'echo' } });
      request.on('upgrade', (response, socket) => {
        socket.on('error', reject);
        socket.once('data', (data: Buffer) => {
          socket.destroy();
          resolve(`${String(response.headers['x-asked'])} ${data.toString()}`);
        });
        socket.write('hello');
      });
      request.on('error', reject);
      request.end();
    });
    expect(echoed).toBe('GET /ws HTTP/1.1 hello');
  });

  test('TLS: a certificate of the cluster until the Secret is there, then the one in it, then the next one', async () => {
    expect(await ask('shop.example', '/', { secure: true })).toMatchObject({ status: 200, names: 'DNS:shop.example', said: { headers: { 'x-forwarded-proto': 'https' } } });
    expect((await ask('a.wild.example', '/', { secure: true })).names).toBe('DNS:*.wild.example');
    expect((await ask('unknown.example', '/', { secure: true })).names).toBe('DNS:localhost, IP Address:127.0.0.1');
    const clock = new SystemClock();
    const { ca } = ensurePki({ clock });
    const secret = (names: string[]): string => {
      const { cert, key } = servingCertificate(ca, { commonName: 'shop', hosts: names, now: clock.now() });
      return JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'shop-tls' }, type: 'kubernetes.io/tls', stringData: { 'tls.crt': cert, 'tls.key': key } });
    };
    for (const names of [['shop.example', 'one.example'], ['shop.example', 'two.example']]) {
      expect(await kubectl.run(['apply', '-f', '-'], { input: secret(names) })).toMatchObject({ code: 0 });
      await until(async () => (await ask('shop.example', '/', { secure: true })).names === names.map((name) => `DNS:${name}`).join(', '), 'the new certificate is shown');
    }
  });

  test('changes of Ingresses, Services and pods show at once', async () => {
    await kubectl.ok('create', 'ingress', 'late', '--class=nginx', '--rule=late.example/*=web:80', '--default-backend=api:http');
    await until(async () => (await ask('late.example', '/')).said.name === 'web', 'the new host is served');
    expect((await ask('nobody.example', '/')).said.name).toBe('api');
    await kubectl.ok('patch', 'service', 'web', '-p', '{"spec":{"selector":{"app":"nobody"}}}');
    await until(async () => (await ask('late.example', '/')).status === 503, 'there is nobody behind the Service');
    await kubectl.ok('patch', 'service', 'web', '-p', '{"spec":{"selector":{"app":"web"}}}');
    await until(async () => (await ask('late.example', '/')).status === 200, 'there is somebody again');
    // Another controller's now.
    await kubectl.create('apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: other}\nspec: {controller: example.com/other}\n');
    await kubectl.ok('patch', 'ingress', 'late', '-p', '{"spec":{"ingressClassName":"other"}}');
    await until(async () => (await ask('late.example', '/')).status === 404, 'it is not served any more');
    await until(async () => (await read('late')).status?.loadBalancer?.ingress === undefined, 'its address is taken back');
  });

  test('nothing listens once there is no Ingress', async () => {
    await kubectl.ok('delete', 'ingress', '--all');
    await until(() => ask('shop.example', '/').then(() => false, (error: NodeJS.ErrnoException) => error.code === 'ECONNREFUSED'), 'the port is closed');
  });
});

test('a port that is taken is told, and tried again', async () => {
  const taken = createNetServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  await using cluster = await createCluster({ nodes: 0, ingress: { httpPort: port, httpsPort: 0 } });
  using kubectl = new Kubectl(cluster.kubeconfig);
  await kubectl.ok('create', 'ingress', 'shop', '--rule=shop.example/*=web:80');
  await until(async () => (await kubectl.ok('describe', 'ingress', 'shop')).includes(`Error starting the ingress proxy: listen tcp 127.0.0.1:${port}: bind: address already in use`), 'the event says which port');
  taken.close();
  await once(taken, 'close');
  await cluster.clock.advance(6000);
  await until(async () => (await kubectl.ok('get', 'ingress', 'shop')).includes('localhost'), 'it listens now');
});
