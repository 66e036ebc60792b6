import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { gunzipSync, gzipSync } from 'node:zlib';
import { WebSocket, WebSocketServer } from 'ws';
import type { ApiResponse } from '../../pipeline/request.js';
import { startFakeServer, type FakeServer } from '../../../test/support/http-fake-server.js';
import { rewriteLinks } from './proxy-html.js';
import { rewriteUrl } from './proxy-url.js';

const PREFIX = '/api/v1/namespaces/default/pods/web/proxy';

let fake: FakeServer | undefined;
let backend: Server | undefined;

afterEach(async () => {
  await fake?.stop();
  backend?.closeAllConnections();
  backend?.close();
  fake = backend = undefined;
});

/** A proxy in front of `listener`, as the kind of pods connects one. */
async function proxyTo(listener: RequestListener | undefined): Promise<FakeServer> {
  backend = createServer(listener);
  backend.listen(0, '127.0.0.1');
  await once(backend, 'listening');
  const { port } = backend.address() as AddressInfo;
  fake = await startFakeServer((request): ApiResponse => {
    const { info } = request;
    return {
      type: 'connect',
      warnings: [],
      connection: {
        type: 'proxy',
        secure: false,
        host: '10.244.0.5:80',
        path: `${info.isResource ? info.rest : ''}${request.query.size > 0 ? `?${request.query.toString()}` : ''}`,
        prefix: PREFIX,
        connect: async () => {
          const socket = connect(port, '127.0.0.1');
          await once(socket, 'connect');
          return socket;
        },
      },
    };
  });
  return fake;
}

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

describe('a proxied request', () => {
  test('arrives with method, path, body and headers, but without credentials', async () => {
    let seen: Record<string, unknown> = {};
    const { get } = await proxyTo((request, response) => {
      void bodyOf(request).then((body) => {
        seen = { method: request.method, url: request.url, headers: request.headers, body: String(body) };
        response.writeHead(201, { 'x-own': 'yes', 'cache-control': 'max-age=5', 'access-control-allow-origin': '*', connection: 'x-hop', 'x-hop': '1' }).end('made');
      });
    });
    const reply = await get(`${PREFIX}/some/path?a=b`, { method: 'PUT', body: 'data', headers: { 'x-mine': ['1', '2'], 'x-remote-user': 'root' } });
    expect(seen).toMatchObject({ method: 'PUT', url: '/some/path?a=b', body: 'data', headers: { host: '10.244.0.5:80', 'x-mine': '1, 2', 'x-forwarded-for': '127.0.0.1', 'x-forwarded-uri': `${PREFIX}/some/path` } });
    expect(seen['headers']).not.toHaveProperty('authorization');
    expect(seen['headers']).not.toHaveProperty('x-remote-user');
    expect(reply).toMatchObject({ code: 201, text: 'made', headers: { 'x-own': 'yes', 'cache-control': 'no-cache, private, max-age=5' } });
    expect(reply.headers).not.toHaveProperty('access-control-allow-origin');
    expect(reply.headers).not.toHaveProperty('x-hop');
  });

  test('carries megabytes both ways', async () => {
    const { get } = await proxyTo((request, response) => void request.pipe(response));
    const body = Buffer.alloc(8 * 1024 * 1024, 'abc');
    expect((await get(`${PREFIX}/`, { method: 'POST', body })).body.equals(body)).toBe(true);
  });

  test('is answered while the backend still writes', async () => {
    let finish = (): void => {};
    const { open } = await proxyTo((_request, response) => {
      response.write('first');
      finish = () => response.end('last');
    });
    const response = await open(`${PREFIX}/`);
    const [chunk] = (await once(response, 'data')) as [Buffer];
    expect(String(chunk)).toBe('first');
    finish();
    await once(response, 'end');
  });

  test('without a path is led to "/"', async () => {
    const { get } = await proxyTo((_request, response) => response.end('index'));
    expect(await get(`${PREFIX}?x=1`)).toMatchObject({ code: 301, headers: { location: `${PREFIX}/?x=1` } });
    expect((await get('/api/v1/namespaces/a/pods/%C3%BC/proxy')).headers['location']).toBe('/api/v1/namespaces/a/pods/%C3%BC/proxy/');
    expect((await get(`${PREFIX}/`)).text).toBe('index');
  });

  test.each([
    ['/login', `${PREFIX}/login`],
    ['http://10.244.0.5:80/login/', `${PREFIX}/login/`],
    ['https://elsewhere.example/x', 'https://elsewhere.example/x'],
    ['relative', 'relative'],
  ])('that is redirected to %s goes through the proxy', async (location, expected) => {
    const { get } = await proxyTo((_request, response) => response.writeHead(302, { location }).end());
    expect((await get(`${PREFIX}/`)).headers['location']).toBe(expected);
  });

  test('for a page has its links rewritten, packed or not', async () => {
    const page = '<html><a href="/x">x</a></html>';
    const expected = `<html><a href="${PREFIX}/x">x</a></html>`;
    const { get } = await proxyTo((request, response) => {
      const packed = request.url === '/gzip';
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...(packed ? { 'content-encoding': 'gzip' } : {}) }).end(packed ? gzipSync(page) : page);
    });
    const plain = await get(`${PREFIX}/plain`);
    expect(plain).toMatchObject({ text: expected, headers: { 'content-length': String(expected.length) } });
    expect(gunzipSync((await get(`${PREFIX}/gzip`)).body).toString()).toBe(expected);
  });

  test('whose backend hangs up is 503', async () => {
    const { get } = await proxyTo((request) => request.socket.destroy());
    expect(JSON.parse((await get(`${PREFIX}/`)).text)).toMatchObject({ code: 503, reason: 'ServiceUnavailable', message: 'error trying to reach service: EOF' });
  });

  test.each([
    ['ECONNREFUSED', 'error trying to reach service: dial tcp 10.244.0.5:80: connect: connection refused'],
    ['EHOSTUNREACH', 'error trying to reach service: dial tcp 10.244.0.5:80: connect: no route to host'],
    ['ETIMEDOUT', 'error trying to reach service: dial tcp 10.244.0.5:80: i/o timeout'],
  ])('that cannot connect (%s) is 503', async (code, message) => {
    fake = await startFakeServer(() => ({
      type: 'connect',
      warnings: [],
      connection: { type: 'proxy', secure: false, host: '10.244.0.5:80', path: '/', prefix: PREFIX, connect: () => Promise.reject(Object.assign(new Error(code), { code })) },
    }));
    expect(JSON.parse((await fake.get(`${PREFIX}/`)).text)).toEqual({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason: 'ServiceUnavailable', code: 503 });
  });

  test('is dropped at the backend when the client goes', async () => {
    let gone = false;
    const { open } = await proxyTo((request, response) => {
      request.socket.on('close', () => (gone = true));
      response.write('first');
    });
    (await open(`${PREFIX}/`)).destroy();
    while (!gone) await new Promise((resolve) => setImmediate(resolve));
  });
});

describe('a proxied upgrade', () => {
  test('joins both sides', async () => {
    const server = await proxyTo(undefined);
    const sockets = new WebSocketServer({ server: backend! });
    sockets.on('connection', (socket) => socket.on('message', (data, binary) => socket.send(data, { binary })));
    const client = new WebSocket(`${server.url.replace('https', 'wss')}${PREFIX}/ws`, ['chat'], { ca: server.pki.ca.cert, headers: { authorization: 'Bearer secret' } });
    await once(client, 'open');
    expect(client.protocol).toBe('chat');
    client.send('hello');
    const [message] = (await once(client, 'message')) as [Buffer];
    expect(String(message)).toBe('hello');
    client.close();
    await once(client, 'close');
    while (server.server.connections > 0) await new Promise((resolve) => setImmediate(resolve));
  });

  test('that the backend refuses is refused', async () => {
    const server = await proxyTo(undefined);
    backend!.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno'));
    const client = new WebSocket(`${server.url.replace('https', 'wss')}${PREFIX}/ws`, { ca: server.pki.ca.cert, headers: { authorization: 'Bearer secret' } });
    const [, response] = (await once(client, 'unexpected-response')) as [unknown, IncomingMessage];
    expect([response.statusCode, String(await bodyOf(response))]).toEqual([403, 'no']);
  });
});

describe('links', () => {
  const rewrite = (url: string): string => rewriteUrl(url, { host: '10.0.0.1:80', prefix: '/p' }, 'localhost:8001');

  test.each([
    ['/x?a=1#b', '/p/x?a=1#b'],
    ['/p/x', '/p/x'],
    ['/px', '/p/px'],
    ['x/y', 'x/y'],
    ['#top', '#top'],
    ['mailto:a@b', 'mailto:a@b'],
    ['//10.0.0.1:80/x', '/p/x'],
    ['http://localhost:8001/x', 'http://localhost:8001/p/x'],
    ['http://other/x', 'http://other/x'],
  ])('%s becomes %s', (url, expected) => {
    expect(rewrite(url)).toBe(expected);
  });

  test.each([
    ['<img SRC=/a.png alt="/b">', '<img SRC=/p/a.png alt="/b">'],
    ["<a title='>' href='/x'>", "<a title='>' href='/p/x'>"],
    ['<!-- <a href="/x"> -->', '<!-- <a href="/x"> -->'],
    ['<p data-href="/x">a < b</p>', '<p data-href="/x">a < b</p>'],
    ['<script src="/x.js"></script>', '<script src="/p/x.js"></script>'],
    ['caf\u00e9 <a href="/x">', 'caf\u00e9 <a href="/p/x">'],
  ])('%s', (page, expected) => {
    expect(rewriteLinks(page, rewrite)).toBe(expected);
  });
});
