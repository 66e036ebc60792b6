import { createCluster, type Cluster } from '../../src/index.js';
import type { KubeObject } from '../../src/api/object.js';
import { HttpsClient, type Reply } from '../support/https.js';
import { until } from '../support/until.js';

const CLIENTS = 16;
const OBJECTS = 20;
const DURATION_MS = 10_000;
const PATH = '/api/v1/namespaces/default/configmaps';
type ConfigMap = KubeObject & { data?: Record<string, string> };

describe('16 clients that write the same 20 objects', () => {
  let cluster: Cluster;
  let https: HttpsClient;

  beforeAll(async () => {
    cluster = await createCluster({ nodes: 0 });
    https = new HttpsClient(cluster.kubeconfig);
    for (let i = 0; i < OBJECTS; i++) await https.send('POST', PATH, { body: { metadata: { name: `shared-${i}` }, data: { nobody: '0' } } });
  });

  afterAll(async () => {
    https[Symbol.dispose]();
    await cluster.stop();
  });

  /** Read, count up, write back; again when somebody was faster. */
  async function countUpByPut(path: string, key: string): Promise<void> {
    for (;;) {
      const object = (await https.send('GET', path)).json<ConfigMap>();
      const data = { ...object.data, [key]: String(Number(object.data?.[key] ?? 0) + 1) };
      const reply = await https.send('PUT', path, { body: { ...object, data } });
      if (reply.code !== 409) return expectOk(reply);
    }
  }

  async function write(client: number, object: number, count: number, how: number): Promise<void> {
    const path = `${PATH}/shared-${object}`;
    const key = `client-${client}`;
    if (how === 0) return countUpByPut(path, key);
    const data = { [key]: String(count) };
    if (how === 1) return expectOk(await https.send('PATCH', path, { body: { data }, headers: { 'content-type': 'application/merge-patch+json' } }));
    const applied = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `shared-${object}` }, data };
    expectOk(await https.send('PATCH', `${path}?fieldManager=${key}&force=true`, { body: applied, headers: { 'content-type': 'application/apply-patch+yaml' } }));
  }

  test('lose no update, and watchers see every revision once and in order', async () => {
    const seen = new Map<string, number[]>();
    const stop = new AbortController();
    const configMaps = cluster.api.resource<ConfigMap>({ group: '', version: 'v1', resource: 'configmaps' });
    const { resourceVersion, items } = await configMaps.list({ namespace: 'default' });
    const watching = (async () => {
      for await (const batch of configMaps.watch({ namespace: 'default', resourceVersion, signal: stop.signal })) {
        for (const { object } of batch) seen.set(object.metadata.name, [...(seen.get(object.metadata.name) ?? []), Number(object.metadata.resourceVersion)]);
      }
    })();
    const counts = Array.from({ length: CLIENTS }, () => Array.from({ length: OBJECTS }, () => 0));
    const end = performance.now() + DURATION_MS;
    await Promise.all(
      counts.map(async (own, client) => {
        for (let i = client; performance.now() < end; i++) {
          const object = i % OBJECTS;
          own[object] = (own[object] as number) + 1;
          await write(client, object, own[object] as number, (i + client) % 3);
        }
      }),
    );
    const after = await configMaps.list({ namespace: 'default' });
    for (const [client, own] of counts.entries()) {
      for (const [object, count] of own.entries()) {
        const { data } = after.items.find(({ metadata }) => metadata.name === `shared-${object}`) as ConfigMap;
        expect([object, client, Number(data?.[`client-${client}`] ?? 0)]).toEqual([object, client, count]);
      }
    }
    const total = counts.flat().reduce((sum, count) => sum + count, 0);
    expect(total).toBeGreaterThan(CLIENTS * OBJECTS);
    // Every write of ours changed something, so each is one event.
    const events = (): number => [...seen].filter(([name]) => name.startsWith('shared-')).reduce((sum, [, revisions]) => sum + revisions.length, 0);
    await until(() => events() >= total, 'all events');
    stop.abort();
    await watching.catch(() => {});
    expect(events()).toBe(total);
    for (const { metadata } of items) {
      const revisions = seen.get(metadata.name) ?? [];
      expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b));
    }
  });
});

function expectOk(reply: Reply): void {
  if (reply.code !== 200) throw new Error(`${reply.code} ${reply.text}`);
}
