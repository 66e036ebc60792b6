import { createCluster, FakeClock, type Cluster, type ClusterOptions } from '../../src/index.js';
import { HttpsClient } from '../support/https.js';

const PATH = '/api/v1/namespaces/default/secrets';
const GONE = { kind: 'Status', code: 410, reason: 'Expired' };

let cluster: Cluster;
let client: HttpsClient;

afterEach(async () => {
  client[Symbol.dispose]();
  await cluster.stop();
});

async function start(options: ClusterOptions): Promise<void> {
  cluster = await createCluster({ nodes: 0, controllers: [], ...options });
  client = new HttpsClient(cluster.kubeconfig);
}

interface List {
  readonly items: ReadonlyArray<{ readonly metadata: { readonly name: string } }>;
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
}

/** Writes an object so often; resolves with the revision of the first write. */
async function write(times: number): Promise<number> {
  const revisions: number[] = [];
  for (let i = 0; i < times; i++) {
    const { metadata } = (await client.send('POST', PATH, { body: { metadata: { generateName: 'x-' } } })).json<{ metadata: { name: string; resourceVersion: string } }>();
    revisions.push(Number(metadata.resourceVersion));
  }
  return revisions[0] ?? 0;
}

const list = async (query: string): Promise<{ code: number; body: List }> => {
  const reply = await client.send('GET', `${PATH}?${query}`);
  return { code: reply.code, body: reply.json<List>() };
};

async function watched(revision: number): Promise<Array<{ type: string; object: object }>> {
  const { text } = await client.send('GET', `${PATH}?watch=1&timeoutSeconds=1&resourceVersion=${revision}`);
  return text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as { type: string; object: object });
}

test('that is longer than its bound is compacted: lists, continued lists and watches that go back are told so', async () => {
  await start({ history: { maxRevisions: 50 } });
  const first = await write(10);
  const { body: chunk } = await list('limit=3');
  expect((await watched(first)).map(({ type }) => type)).toEqual(Array(9).fill('ADDED'));
  await write(100);
  expect(await list(`resourceVersion=${first}&resourceVersionMatch=Exact`)).toMatchObject({ code: 410, body: { ...GONE, message: 'The resourceVersion for the provided list is too old.' } });
  expect(await watched(first)).toEqual([{ type: 'ERROR', object: expect.objectContaining({ ...GONE, message: expect.stringMatching(new RegExp(`^too old resource version: ${first} \\(\\d+\\)$`)) as string }) as object }]);

  const expired = await list(`limit=500&continue=${chunk.metadata.continue}`);
  expect(expired).toMatchObject({ code: 410, body: { ...GONE, message: expect.stringMatching(/^The provided continue parameter is too old to display a consistent list result\./) as string } });
  const rest = await list(`limit=500&continue=${expired.body.metadata.continue}`);
  expect(rest.code).toBe(200);
  // Everything that sorts behind the first chunk, as it is now.
  const last = chunk.items.at(-1)?.metadata.name ?? '';
  const { body: all } = await list('');
  expect(rest.body.items.map(({ metadata }) => metadata.name)).toEqual(all.items.map(({ metadata }) => metadata.name).filter((name) => name > last));
  expect(rest.body.metadata.resourceVersion).toBe(all.metadata.resourceVersion);
});

test('is kept as long as said, and no longer than that by much', async () => {
  const clock = new FakeClock();
  await start({ clock, history: { maxAgeMs: 60_000 } });
  const first = await write(3);
  await clock.advance(59_000);
  expect((await list(`resourceVersion=${first}&resourceVersionMatch=Exact`)).body.items).toHaveLength(1);
  await clock.advance(10_000);
  await write(1);
  expect((await list(`resourceVersion=${first}&resourceVersionMatch=Exact`)).code).toBe(410);
});

test('does not age where that is said', async () => {
  const clock = new FakeClock();
  await start({ clock, history: { maxAgeMs: Infinity } });
  const first = await write(3);
  await clock.advance(24 * 3_600_000);
  await write(1);
  expect((await list(`resourceVersion=${first}&resourceVersionMatch=Exact`)).body.items).toHaveLength(1);
});
