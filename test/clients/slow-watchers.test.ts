import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { HttpsClient } from '../support/https.js';
import { Server } from '../support/server.js';

const PATH = '/api/v1/namespaces/default/configmaps';
const WATCHERS = 20;
/** 50 MB of events for each watcher. */
const WRITES = 500;
const BYTES = 100 * 1024;
const MEGABYTE = 1024 * 1024;

const residentBytes = ({ process: { pid } }: Server): number => Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)]).toString()) * 1024;

const quantile = (values: readonly number[], q: number): number => values.toSorted((a, b) => a - b)[Math.floor(values.length * q)] as number;
const median = (values: readonly number[]): number => quantile(values, 0.5);
/** Nine of ten took longer. */
const fastest = (values: readonly number[]): number => quantile(values, 0.1);

/** Number of the next write; the object carries it. */
let written = 0;

/** Changes the object so often, each time wholly; resolves with what each write took, in milliseconds. */
async function write(client: HttpsClient, times: number): Promise<number[]> {
  const took: number[] = [];
  for (let i = 0; i < times; i++, written++) {
    const started = performance.now();
    const { code } = await client.send('PUT', `${PATH}/large`, { body: { metadata: { name: 'large' }, data: { n: `${written} ${'x'.repeat(BYTES)}` } } });
    expect(code).toBe(200);
    took.push(performance.now() - started);
  }
  return took;
}

/** A watch that nobody reads. */
async function stalled(client: HttpsClient, resourceVersion: string): Promise<IncomingMessage> {
  const call = request(new URL(`${PATH}?watch=1&resourceVersion=${resourceVersion}`, client.url), { ...client.tls, agent: false });
  call.end();
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  return response.pause();
}

interface Event {
  readonly type: string;
  readonly object: { readonly code?: number; readonly data?: { readonly n: string } };
}

/** Reads on until everything is told, or the server says that it cannot be. */
async function readOn(response: IncomingMessage): Promise<{ told: number[]; expired: boolean }> {
  const told: number[] = [];
  let text = '';
  for await (const chunk of response) {
    const lines = (text + String(chunk)).split('\n');
    text = lines.pop() ?? '';
    for (const { type, object } of lines.map((line) => JSON.parse(line) as Event)) {
      if (type === 'ERROR') return { told, expired: object.code === 410 };
      told.push(Number.parseInt(object.data?.n ?? '', 10));
    }
    if (told.at(-1) === written - 1) break;
  }
  return { told, expired: false };
}

test('watchers that stop reading neither slow writers down nor fill the memory, and are told what they have missed', async () => {
  await using server = await Server.start({ inMemory: true, flags: ['--nodes', '0', '--addons', 'none', '--controllers=-*'] });
  using client = new HttpsClient(server.kubeconfig);
  const created = await client.send('POST', PATH, { body: { metadata: { name: 'large' }, data: {} } });
  const alone = median(await write(client, 100));
  const watchers = await Promise.all(Array.from({ length: WATCHERS }, () => stalled(client, created.json<{ metadata: { resourceVersion: string } }>().metadata.resourceVersion)));
  const before = residentBytes(server);
  const took = await write(client, WRITES);
  const growth = residentBytes(server) - before;
  process.stderr.write(`writes: ${alone.toFixed(1)} ms alone, ${median(took).toFixed(1)} ms with ${WATCHERS} stalled watchers; the server grew by ${Math.round(growth / MEGABYTE)} MB\n`);

  // A copy for each watcher would be a gigabyte.
  expect(growth).toBeLessThan(250 * MEGABYTE);
  // The fastest tenth: what else the machine does slows most of them down, those that do not read would slow all.
  expect(fastest(took)).toBeLessThan(alone * 3 + 10);

  for (const { told, expired } of await Promise.all(watchers.map(readOn))) {
    // Every write from the first on, without a gap, up to the last one or to the news that there is a gap.
    expect(told).toEqual(Array.from(told, (_, i) => i));
    expect(expired || told.at(-1) === written - 1).toBe(true);
  }
  expect((await client.send('GET', '/readyz')).code).toBe(200);
});
