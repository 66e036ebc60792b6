import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { connect as tcpConnect } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { gunzipSync } from 'node:zlib';
import { HttpsClient } from '../support/https.js';
import { Server } from '../support/server.js';
import { until } from '../support/until.js';

const PATH = '/api/v1/namespaces/default/configmaps';
const MEGABYTE = 1024 * 1024;
/** 40 MB together. */
const OBJECTS = 400;
const BYTES = 100 * 1024;
const READERS = 30;

const residentBytes = ({ process: { pid } }: Server): number => Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)]).toString()) * 1024;

/** A list that nobody reads, after its headers. */
async function stalled(client: HttpsClient, headers: Readonly<Record<string, string>> = {}): Promise<IncomingMessage> {
  const call = request(new URL(PATH, client.url), { ...client.tls, agent: false, headers });
  call.on('error', () => {});
  call.end();
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  response.on('error', () => {});
  return response.pause();
}

async function lengthOf(response: IncomingMessage): Promise<number> {
  let length = 0;
  try {
    for await (const chunk of response) length += (chunk as Buffer).length;
  } catch {
    return -1;
  }
  return length;
}

async function fill(client: HttpsClient): Promise<void> {
  for (let i = 0; i < OBJECTS; i++) {
    const { code } = await client.send('POST', PATH, { body: { metadata: { name: `large-${i}` }, data: { x: String(i).padEnd(BYTES, 'x') } } });
    expect(code).toBe(201);
  }
}

test('lists of 40 MB that nobody reads take no memory of the server; who reads on gets all, who does not is cut off', async () => {
  await using server = await Server.start({ inMemory: true, flags: ['--nodes', '0', '--addons', 'none', '--controllers=-*', '--request-timeout', '20s'] });
  using client = new HttpsClient(server.kubeconfig);
  await fill(client);
  const whole = Buffer.byteLength((await client.send('GET', PATH)).text);
  expect(whole).toBeGreaterThan(39 * MEGABYTE);

  const before = residentBytes(server);
  const readers = await Promise.all(Array.from({ length: READERS }, () => stalled(client)));
  // Others are served meanwhile: reads, writes, and the same list.
  expect((await client.send('GET', `${PATH}/large-0`)).code).toBe(200);
  expect((await client.send('DELETE', `${PATH}/large-1`)).code).toBe(200);
  const growth = residentBytes(server) - before;
  process.stderr.write(`the server grew by ${Math.round(growth / MEGABYTE)} MB with ${READERS} stalled lists of ${Math.round(whole / MEGABYTE)} MB\n`);
  // A copy for each would be more than a gigabyte.
  expect(growth).toBeLessThan(250 * MEGABYTE);

  // What was asked for before the deletion has the object still.
  expect(await lengthOf(readers.pop() as IncomingMessage)).toBe(whole);
  // A list may take as long as any request; the one that asks is the last in flight.
  await until(async () => (await client.send('GET', '/metrics')).text.includes('apiserver_current_inflight_requests{request_kind="readOnly"} 1\n'), 'all who do not read are given up', 90_000);
  expect(new Set(await Promise.all(readers.map(lengthOf)))).toEqual(new Set([-1]));
}, 240_000);

describe('with connections that want nothing', () => {
  const IDLE = 500;

  test('others are served, and headers that come slowly hold nobody up', async () => {
    await using server = await Server.start({ inMemory: true, flags: ['--nodes', '0', '--addons', 'none', '--controllers=-*'] });
    using client = new HttpsClient(server.kubeconfig);
    const { port, hostname: host } = new URL(client.url);
    const sockets = await Promise.all(
      Array.from({ length: IDLE }, async (_, i) => {
        const socket = i % 2 === 0 ? tcpConnect({ port: Number(port), host }) : tlsConnect({ ...client.tls, port: Number(port), host });
        socket.on('error', () => {});
        await once(socket, i % 2 === 0 ? 'connect' : 'secureConnect');
        // A line of the headers, and no more of them.
        if (i % 4 === 1) socket.write('GET /api HTTP/1.1\r\nHost: x\r\n');
        return socket;
      }),
    );
    expect((await client.send('GET', '/api/v1/namespaces/default')).code).toBe(200);
    expect((await client.send('POST', PATH, { body: { metadata: { name: 'a' } } })).code).toBe(201);
    for (const socket of sockets) socket.destroy();
    expect((await client.send('GET', '/readyz')).code).toBe(200);
  }, 60_000);
});

test('long lists are compressed for those who ask, whatever becomes of the reader', async () => {
  await using server = await Server.start({ inMemory: true, flags: ['--nodes', '0', '--addons', 'none', '--controllers=-*'] });
  using client = new HttpsClient(server.kubeconfig);
  for (let i = 0; i < 6; i++) expect((await client.send('POST', PATH, { body: { metadata: { name: `large-${i}` }, data: { x: 'x'.repeat(BYTES) } } })).code).toBe(201);
  const { text } = await client.send('GET', PATH);
  const packed = await stalled(client, { 'accept-encoding': 'deflate, gzip;q=0, gzip' });
  expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding', 'transfer-encoding': 'chunked' });
  const chunks: Buffer[] = [];
  for await (const chunk of packed) chunks.push(chunk as Buffer);
  expect(gunzipSync(Buffer.concat(chunks)).toString()).toBe(text);
  // A weight is not understood, and short answers are not worth it.
  for (const [path, encoding] of [[PATH, 'gzip;q=1'], [PATH, 'GZIP'], [PATH, '*'], ['/api/v1/namespaces/default', 'gzip']] as const) {
    expect((await client.send('GET', path, { headers: { 'accept-encoding': encoding } })).headers['content-encoding']).toBeUndefined();
  }
  (await stalled(client, { 'accept-encoding': 'gzip' })).destroy();
  expect((await client.send('GET', '/readyz')).code).toBe(200);
}, 60_000);
