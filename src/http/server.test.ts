import { once } from 'node:events';
import { request as plainRequest } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as tlsConnect } from 'node:tls';
import { gunzipSync } from 'node:zlib';
import { badRequest } from '../api/errors.js';
import { ensurePki } from '../authn/pki/pki.js';
import { SystemClock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import { silentLogger } from '../base/logger.js';
import type { ApiRequest, WatchEvent } from '../pipeline/request.js';
import { document } from '../../test/support/http-fake-pipeline.js';
import { startFakeServer, type FakeServer } from '../../test/support/http-fake-server.js';

let running: FakeServer | undefined;
const start = async (...args: Parameters<typeof startFakeServer>): Promise<FakeServer> => (running = await startFakeServer(...args));

afterEach(async () => {
  await running?.stop();
  running = undefined;
});

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
};

const bytesOf = async (request: ApiRequest): Promise<Buffer> => {
  const body = await request.body();
  return 'bytes' in body ? body.bytes : Buffer.alloc(0);
};

describe('a plain request', () => {
  test('reaches the pipeline with what it asks for, by whom, and its body', async () => {
    let seen = '';
    const { get, pipeline } = await start(async (request) => {
      seen = (await bytesOf(request)).toString();
      return document('done');
    });
    const reply = await get('/apis/apps/v1/namespaces/a%62/deployments?dryRun=All', { method: 'POST', body: '{"x":1}', headers: { 'content-type': 'application/json' } });
    expect(reply).toMatchObject({ code: 200, text: 'done', headers: { 'content-length': '4', 'cache-control': 'no-cache, private' } });
    expect(reply.headers['audit-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(seen).toBe('{"x":1}');
    const [request] = pipeline.requests;
    expect(request?.info).toMatchObject({ verb: 'create', group: 'apps', namespace: 'ab', resource: 'deployments' });
    expect(request?.user).toEqual({ name: 'tester', groups: ['system:masters', 'system:authenticated'] });
    expect(request?.query.get('dryRun')).toBe('All');
    expect(request?.headers['content-type']).toBe('application/json');
  });

  test('keeps its own audit id', async () => {
    const { get } = await start(() => document('x'));
    expect((await get('/api', { headers: { 'audit-id': 'mine' } })).headers['audit-id']).toBe('mine');
  });

  test('shares its connection with the next one', async () => {
    const { get, server } = await start(() => document('x'));
    await get('/api');
    const second = await get('/apis');
    expect(server.connections).toBe(1);
    expect(second.headers).not.toHaveProperty('keep-alive');
  });

  test('may have a body of exactly 3 MiB, and one byte more is 413', async () => {
    const { get } = await start(async (request) => document(String((await bytesOf(request)).length)));
    const post = (size: number): ReturnType<typeof get> => get('/api/v1/namespaces', { method: 'POST', body: Buffer.alloc(size), headers: { 'content-length': size } });
    const chunked = (size: number): ReturnType<typeof get> => get('/api/v1/namespaces', { method: 'POST', body: Buffer.alloc(size), headers: { 'transfer-encoding': 'chunked' } });
    const limit = 3 * 1024 * 1024;
    expect((await post(limit)).text).toBe(String(limit));
    expect((await chunked(limit)).text).toBe(String(limit));
    for (const reply of [await post(limit + 1), await chunked(limit + 1)]) {
      expect(JSON.parse(reply.text)).toEqual({
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: 'Request entity too large: limit is 3145728',
        reason: 'RequestEntityTooLarge',
        code: 413,
      });
    }
  });

  test('that the pipeline refuses without reading the body leaves the connection usable', async () => {
    const { get, server } = await start((request) => {
      if (request.method === 'POST') throw badRequest('no');
      return document('fine');
    });
    expect((await get('/api/v1/namespaces', { method: 'POST', body: Buffer.alloc(1_000_000) })).code).toBe(400);
    expect((await get('/api')).text).toBe('fine');
    expect(server.connections).toBeLessThanOrEqual(2);
  });

  test.each([
    ['/api/v1/watch', 400, 'Internal Server Error: "/api/v1/watch": failed to create RequestInfo: unable to determine kind and namespace from url, /api/v1/watch\n'],
    ['/api/v1/%zz', 400, '400 Bad Request'],
  ])('for %s is answered %i', async (path, code, text) => {
    const { get } = await start(() => document('x'));
    expect(await get(path)).toMatchObject({ code, text });
  });

  test('is compressed when it is large and the client asks', async () => {
    const text = 'kubernetes '.repeat(20_000);
    const { get } = await start((request) => document(request.query.has('small') ? 'small' : text));
    const packed = await get('/api', { headers: { 'accept-encoding': 'deflate, gzip' } });
    expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
    expect(packed.headers['content-length']).toBeUndefined();
    expect(gunzipSync(packed.body).toString()).toBe(text);
    for (const plain of [await get('/api'), await get('/api?small', { headers: { 'accept-encoding': 'gzip' } })]) {
      expect(plain.headers['content-encoding']).toBeUndefined();
    }
  });

  test('of many pieces and megabytes arrives whole', async () => {
    const pieces = Array.from({ length: 3000 }, (_, i) => Buffer.from(`${i},`.repeat(200)));
    const { get, pipeline } = await start(() => document('x'));
    pipeline.encode = () => ({ code: 200, headers: {}, body: pieces });
    expect((await get('/api')).body.equals(Buffer.concat(pieces))).toBe(true);
  });
});

describe('who asks', () => {
  test('is read from a client certificate', async () => {
    const { get, pipeline, pki } = await start(() => document('x'));
    await get('/api', { headers: { authorization: '' }, agent: false, ...pki.admin });
    expect(pipeline.requests[0]?.user).toEqual({
      name: 'kubernetes-admin',
      groups: ['system:masters', 'system:authenticated'],
      extra: { 'authentication.kubernetes.io/credential-id': [expect.stringMatching(/^X509SHA256=[0-9a-f]{64}$/)] },
    });
  });

  test('is remembered when a TLS session is resumed', async () => {
    const { port, pki, pipeline } = await start(() => document('x'));
    const dial = async (session?: Buffer): Promise<{ reused: boolean; session: Buffer | undefined }> => {
      const socket = tlsConnect({ port, host: '127.0.0.1', ca: pki.ca.cert, ...pki.admin, ...(session ? { session } : {}) });
      let ticket: Buffer | undefined;
      let reused = false;
      socket.on('secureConnect', () => (reused = socket.isSessionReused()));
      socket.on('session', (given: Buffer) => (ticket = given));
      socket.write('GET /api HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
      await once(socket.resume(), 'close');
      return { reused, session: ticket };
    };
    const first = await dial();
    expect((await dial(first.session)).reused).toBe(true);
    expect(pipeline.requests.map(({ user }) => user.name)).toEqual(['kubernetes-admin', 'kubernetes-admin']);
  });

  test('is not told by a certificate of another CA', async () => {
    const { get, port } = await start(() => document('x'));
    const folder = mkdtempSync(join(tmpdir(), 'kubette-other-ca-'));
    const { admin } = ensurePki({ directory: folder, clock: new SystemClock() });
    expect((await get('/api', { headers: { authorization: '' }, agent: false, port, ...admin })).code).toBe(401);
    expect((await get('/api', { agent: false, port, ...admin })).code).toBe(200);
    rmSync(folder, { recursive: true });
  });

  test('is system:anonymous without credentials, and nobody with a wrong token', async () => {
    const { get, pipeline } = await start(() => document('x'));
    expect((await get('/api', { headers: { authorization: '' } })).code).toBe(200);
    expect(pipeline.requests[0]?.user).toEqual({ name: 'system:anonymous', groups: ['system:unauthenticated'] });
    const refused = await get('/healthz', { headers: { authorization: 'Bearer wrong' } });
    expect(JSON.parse(refused.text)).toMatchObject({ kind: 'Status', message: 'Unauthorized', reason: 'Unauthorized', code: 401 });
  });

  test('can be somebody else, when that is allowed', async () => {
    const asked: string[] = [];
    const { get, pipeline } = await start(() => document('x'), {
      authorize: async (user, attributes) => {
        asked.push(`${user.name} ${attributes.verb} ${attributes.isResource ? `${attributes.resource}/${attributes.name}` : attributes.path}`);
        return { allowed: attributes.verb === 'impersonate' };
      },
    });
    const reply = await get('/api/v1/pods', { headers: { 'Impersonate-User': 'bob', 'Impersonate-Group': ['a', 'b,c'], 'Impersonate-Extra-Some%2fKey': 'v' } });
    expect(reply.code).toBe(200);
    expect(pipeline.requests[0]?.user).toEqual({ name: 'bob', groups: ['a', 'b,c', 'system:authenticated'], extra: { 'some/key': ['v'] } });
    expect(Object.keys(pipeline.requests[0]?.headers ?? {}).filter((name) => name.startsWith('impersonate'))).toEqual([]);
    expect(asked).toEqual(['tester impersonate-on:user-info:list pods/', 'tester impersonate users/bob', 'tester impersonate groups/a', 'tester impersonate groups/b,c', 'tester impersonate userextras/v']);
  });
});

describe('the server\'s own routes', () => {
  test.each([
    ['/healthz', 200, 'ok'],
    ['/livez/ping', 200, 'ok'],
    ['/livez/nope', 404, '404 page not found\n'],
    ['/livez?verbose&exclude=zzz', 200, '[+]ping ok\n[+]log ok\n[+]storage ok\nwarn: some health checks cannot be excluded: no matches for "zzz"\nlivez check passed\n'],
    ['/readyz', 500, '[+]ping ok\n[+]log ok\n[+]storage ok\n[-]late failed: reason withheld\n[+]shutdown ok\nreadyz check failed\n'],
    ['/readyz?exclude=late', 200, 'ok'],
    ['/readyz/late', 500, 'internal server error: not yet\n'],
  ])('%s answers %i', async (path, code, text) => {
    const { get, server } = await start(() => document('x'));
    server.health.add(
      { name: 'storage', check: () => {} },
      {
        name: 'late',
        endpoints: ['readyz'],
        check: () => {
          throw new Error('not yet');
        },
      },
    );
    const reply = await get(path);
    expect(reply).toMatchObject({ code, text });
    expect(reply.headers).toMatchObject({ 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-cache, private' });
    expect(reply.headers['x-powered-by']).toBeUndefined();
  });

  test('/version names the release, with Go\'s media type', async () => {
    const { get } = await start(() => document('x'));
    const reply = await get('/version');
    expect(reply.headers['content-type']).toBe('application/json');
    expect(JSON.parse(reply.text)).toMatchObject({ major: '1', minor: '36', gitVersion: 'v1.36.3' });
  });

  test('ask the authorizer', async () => {
    const { get } = await start(() => document('x'), { authorize: async () => ({ allowed: false }) });
    const reply = await get('/metrics', { headers: { authorization: '' } });
    expect(JSON.parse(reply.text)).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'forbidden: User "system:anonymous" cannot get path "/metrics"',
      reason: 'Forbidden',
      details: {},
      code: 403,
    });
  });

  test('/metrics counts requests', async () => {
    const { get } = await start(() => document('x'), { metrics: [{ name: 'apiserver_storage_objects', help: 'Objects.', type: 'gauge', collect: () => [{ labels: { resource: 'pods' }, value: 3 }] }] });
    await get('/api/v1/namespaces/a/pods/x');
    await get('/api/v1/namespaces/a/pods/y');
    await get('/api/v1/namespaces/a/pods/x?dryRun=All&fieldManager=m', { method: 'PATCH', headers: { 'content-type': 'application/apply-patch+yaml' }, body: '{}' });
    await get('/api/v1/namespaces/a/pods', { method: 'POST', body: '{}' });
    await get('/healthz');
    const { text } = await get('/metrics');
    expect(text).toContain('apiserver_request_total{code="200",component="apiserver",dry_run="All",group="",resource="pods",scope="resource",subresource="",verb="APPLY",version="v1"} 1\n');
    expect(text).toContain('apiserver_request_total{code="200",component="apiserver",dry_run="",group="",resource="pods",scope="resource",subresource="",verb="POST",version="v1"} 1\n');
    expect(text).toContain('apiserver_request_total{code="200",component="",dry_run="",group="",resource="",scope="",subresource="/healthz",verb="GET",version=""} 1\n');
    expect(text).toContain('apiserver_current_inflight_requests{request_kind="readOnly"} 1\n');
    expect(text).toContain('apiserver_request_total{code="200",component="apiserver",dry_run="",group="",resource="pods",scope="resource",subresource="",verb="GET",version="v1"} 2\n');
    expect(text).toContain('apiserver_request_duration_seconds_count{component="apiserver",dry_run="",group="",resource="pods",scope="resource",subresource="",verb="GET",version="v1"} 2\n');
    expect(text).toContain('apiserver_storage_objects{resource="pods"} 3\n');
    expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
  });
});

describe('a watch', () => {
  const bookmark: WatchEvent = { type: 'BOOKMARK', resourceVersion: '1', initialEventsEnd: false };
  const watchOf = (events: AsyncIterable<readonly WatchEvent[]>): never => ({ type: 'watch', warnings: [], events }) as never;
  const idle = (signal: AbortSignal): Promise<void> => new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

  test('sends its headers before there is an event, then events as they come', async () => {
    let release = (): void => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    const { open } = await start(() =>
      watchOf(
        (async function* () {
          await released;
          yield [bookmark];
        })(),
      ),
    );
    const response = await open('/api/v1/pods?watch=1');
    expect(response.headers).toMatchObject({ 'transfer-encoding': 'chunked' });
    release();
    let text = '';
    for await (const chunk of response) text += String(chunk);
    expect(JSON.parse(text)).toEqual(bookmark);
  });

  test('ends when the client goes', async () => {
    let ended = false;
    const { open, pipeline } = await start((request) =>
      watchOf(
        (async function* () {
          yield [bookmark];
          await idle(request.signal);
          ended = true;
        })(),
      ),
    );
    const response = await open('/api/v1/pods?watch=1');
    response.destroy();
    await until(() => ended);
    expect(pipeline.requests[0]?.signal.aborted).toBe(true);
  });

  test('of a client that does not read is not written to without end', async () => {
    let produced = 0;
    const { open } = await start((request) =>
      watchOf(
        (async function* () {
          const padding = 'x'.repeat(100_000);
          while (!request.signal.aborted) {
            produced++;
            yield [{ ...bookmark, resourceVersion: padding }];
          }
        })(),
      ),
    );
    const response = await open('/api/v1/pods?watch=1', { agent: false });
    response.pause();
    let before = -1;
    while (before !== produced) {
      before = produced;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(produced).toBeLessThan(500);
    response.destroy();
  });

  test('ends cleanly when the server stops, and leaves nothing open', async () => {
    const fake = await start((request) =>
      watchOf(
        (async function* () {
          yield [bookmark];
          await idle(request.signal);
        })(),
      ),
    );
    const response = await fake.open('/api/v1/pods?watch=1');
    const ended = once(response.resume(), 'end');
    const idleSocket = await fake.open('/healthz');
    idleSocket.resume();
    await once(idleSocket, 'end');
    await fake.server.stop();
    await ended;
    expect(fake.server.connections).toBe(0);
    await fake.server.stop();
  });
});

describe('trouble', () => {
  const recorder = (): { logger: Logger; errors: string[] } => {
    const errors: string[] = [];
    return { errors, logger: { ...silentLogger, error: (_fields, message) => errors.push(message) } };
  };

  test('a bug answers 500 without its text, and is logged once', async () => {
    const { logger, errors } = recorder();
    const { get, pipeline } = await start(() => document('x'), { logger });
    pipeline.handle = async () => {
      throw new TypeError('secret detail');
    };
    const reply = await get('/api');
    expect(JSON.parse(reply.text)).toMatchObject({ code: 500, reason: 'InternalError' });
    expect(reply.text).not.toContain('secret');
    expect(errors).toEqual(['a request met a bug']);
  });

  test('a stream that breaks is cut off, not ended', async () => {
    const { open } = await start(() => ({ type: 'watch', warnings: [], events: (async function* () { yield []; throw new Error('disk'); })() }) as never);
    const response = await open('/api/v1/pods?watch=1');
    await expect(once(response.resume(), 'end')).rejects.toThrow('aborted');
  });

  test('a request that takes too long is answered 504 and told to stop', async () => {
    const { get, pipeline } = await start(() => new Promise(() => {}), { limits: { requestTimeoutMs: 50 } });
    const reply = await get('/api/v1/pods');
    expect(reply.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(JSON.parse(reply.text)).toEqual({ metadata: {}, status: 'Failure', message: 'Timeout: request did not complete within the allotted timeout', reason: 'Timeout', details: {}, code: 504 });
    expect(pipeline.requests[0]?.signal.aborted).toBe(true);
  });

  test('a timeout that is no duration is 400', async () => {
    const { get } = await start(() => document('x'));
    expect(JSON.parse((await get('/api/v1/pods?timeout=abc')).text)).toMatchObject({ code: 400, message: 'invalid timeout specified in the request URL - time: invalid duration "abc"' });
  });

  test('too many requests are turned away, administrators and watches are not', async () => {
    let release = (): void => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    const { get, pipeline } = await start(async () => (await released, document('x')), { limits: { maxRequestsInFlight: 2 } });
    const plain = { headers: { authorization: 'Bearer plain' } };
    const waiting = [get('/api', plain), get('/apis', plain)];
    await until(() => pipeline.requests.length === 2);
    const refused = await get('/api', plain);
    expect(refused).toMatchObject({ code: 429, text: 'Too many requests, please try again later.\n' });
    expect(refused.headers['retry-after']).toBe('1');
    const others = [get('/api'), get('/api/v1/pods?watch=1', plain)];
    await until(() => pipeline.requests.length === 4);
    release();
    for (const reply of await Promise.all([...waiting, ...others])) expect(reply.code).toBe(200);
    expect((await get('/api', plain)).code).toBe(200);
  });

  test('writes have places of their own, and the cluster’s components a reserve', async () => {
    let release = (): void => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    const { get, pipeline } = await start(async () => (await released, document('x')), { limits: { maxRequestsInFlight: 1, maxMutatingRequestsInFlight: 2 } });
    const as = (token: string, method = 'GET'): ReturnType<typeof get> => get('/api/v1/namespaces', { method, headers: { authorization: `Bearer ${token}` } });
    const waiting = [as('plain'), as('plain', 'POST'), as('plain', 'POST'), as('scheduler'), as('scheduler', 'DELETE')];
    await until(() => pipeline.requests.length === 5);
    const refused = await Promise.all([as('plain'), as('plain', 'DELETE'), as('scheduler'), as('scheduler', 'POST')]);
    expect(refused.map(({ code }) => code)).toEqual([429, 429, 429, 429]);
    release();
    expect((await Promise.all(waiting)).map(({ code }) => code)).toEqual([200, 200, 200, 200, 200]);
  });

  test('headers beyond a megabyte are 431', async () => {
    const fake = await start(() => document('x'));
    const socket = tlsConnect({ port: fake.port, host: '127.0.0.1', ca: fake.pki.ca.cert });
    socket.on('error', () => {});
    socket.write(`GET /api HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(1024 * 1024)}\r\n\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(String(answer)).toMatch(/^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/);
    expect((await fake.get('/api', { headers: { 'x-long': 'a'.repeat(900 * 1024) } })).code).toBe(200);
    socket.destroy();
  });

  test('a body that does not come ends the request when its time is up', async () => {
    const fake = await start(async (request) => (await request.body(), document('x')), { limits: { requestTimeoutMs: 50 } });
    const socket = tlsConnect({ port: fake.port, host: '127.0.0.1', ca: fake.pki.ca.cert });
    socket.write('POST /api/v1/namespaces HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\nContent-Length: 100\r\n\r\nhalf');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(String(answer)).toMatch(/^HTTP\/1\.1 504 /);
    socket.destroy();
    expect((await fake.get('/api/v1/pods?timeout=1h', { method: 'POST', body: 'x' })).code).toBe(200);
  });

  test('garbage on the wire ends that connection only', async () => {
    const fake = await start(() => document('x'));
    const socket = tlsConnect({ port: fake.port, host: '127.0.0.1', ca: fake.pki.ca.cert });
    socket.end('GARBAGE\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(String(answer)).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    const plain = plainRequest({ port: fake.port, host: '127.0.0.1' });
    plain.end();
    const [refusal] = (await once(plain, 'response')) as [AsyncIterable<Buffer>];
    let text = '';
    for await (const chunk of refusal) text += String(chunk);
    expect(text).toBe('Client sent an HTTP request to an HTTPS server.\n');
    expect((await fake.get('/api')).code).toBe(200);
  });

  test('a client that breaks off its upload harms nobody', async () => {
    let failed = false;
    const fake = await start(async (request) => {
      await request.body().catch(() => (failed = true));
      return document('x');
    });
    const socket = tlsConnect({ port: fake.port, host: '127.0.0.1', ca: fake.pki.ca.cert });
    socket.write('POST /api/v1/namespaces HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\nContent-Length: 100\r\n\r\nhalf');
    await until(() => fake.pipeline.requests.length === 1);
    socket.destroy();
    await until(() => failed);
    expect((await fake.get('/api')).code).toBe(200);
  });

  test('a port in use is told', async () => {
    const fake = await start(() => document('x'));
    const other = await startFakeServer(() => document('x'));
    await expect(other.server.listen(fake.port, '127.0.0.1')).rejects.toThrow();
    await other.stop();
  });
});
