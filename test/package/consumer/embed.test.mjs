import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { createCluster } from 'kubette';
import { clusterTest, pod } from './objects.mjs';

test('a cluster is there in a moment once the package is loaded', async () => {
  for (let i = 0; i < 3; i++) await (await createCluster()).stop();
  // Processor time: the wall clock of a machine that does other things as well says nothing. The bound is 100 ms of it.
  const times = [];
  for (let i = 0; i < 5; i++) {
    const before = process.cpuUsage();
    const cluster = await createCluster();
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1000);
    await cluster.stop();
  }
  assert.ok(Math.min(...times) < 100, `milliseconds of processor time: ${times.join(', ')}`);
});

clusterTest('requests need no socket', { nodes: 0 }, async (cluster) => {
  const created = await cluster.request('/api/v1/namespaces/default/configmaps', { body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { k: 'v' } } });
  assert.equal(created.status, 201);
  assert.equal((await created.json()).metadata.namespace, 'default');
  const patched = await cluster.request('/api/v1/namespaces/default/configmaps/a', { method: 'PATCH', body: { data: { k: 'w' } } });
  assert.deepEqual((await patched.json()).data, { k: 'w' });
  const missing = await cluster.request('/api/v1/namespaces/default/configmaps/b');
  assert.equal(missing.status, 404);
  assert.equal((await missing.json()).message, 'configmaps "b" not found');
  assert.equal((await cluster.request('/version')).status, 200);
  const nobody = await cluster.request('/api/v1/secrets', { user: { name: 'jane', groups: ['system:authenticated'] } });
  assert.equal(nobody.status, 403);
  assert.match((await nobody.json()).message, /^secrets is forbidden: User "jane" cannot list resource "secrets"/);

  const hangUp = new AbortController();
  const watch = await cluster.request('/api/v1/configmaps?watch=1&resourceVersion=0', { signal: hangUp.signal });
  const reader = watch.body.getReader();
  assert.match(new TextDecoder().decode((await reader.read()).value), /^\{"type":"ADDED"/);
  hangUp.abort();
  await assert.rejects(reader.read());
});

test('the kubeconfig is a text, and a file that only its owner reads and that goes with the cluster', async () => {
  const cluster = await createCluster({ nodes: 0 });
  const file = cluster.kubeconfigFile();
  assert.equal(file, cluster.kubeconfigFile());
  if (process.platform !== 'win32') assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.ok(cluster.kubeconfig.includes(`server: ${cluster.url}`));
  await cluster.stop();
  assert.equal(existsSync(file), false);
});

test('ten clusters side by side share nothing', async () => {
  const clusters = await Promise.all(Array.from({ length: 10 }, (_, i) => createCluster({ nodes: i % 2 })));
  try {
    assert.equal(new Set(clusters.map(({ url }) => url)).size, 10);
    await Promise.all(clusters.map((cluster, i) => cluster.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `only-${i}` } })));
    for (const [i, cluster] of clusters.entries()) {
      const { items } = await (await cluster.request('/api/v1/namespaces/default/configmaps')).json();
      assert.deepEqual(items.map(({ metadata }) => metadata.name).filter((name) => name.startsWith('only-')), [`only-${i}`]);
    }
    clusters[0].clock.freeze();
    assert.equal(clusters[1].clock.frozen, false);
  } finally {
    await Promise.all(clusters.map((cluster) => cluster.stop()));
  }
});

test('a hundred clusters one after the other leave nothing behind', { timeout: 300_000 }, async () => {
  const cycle = async () => {
    const cluster = await createCluster();
    await cluster.apply(pod('web'));
    await cluster.until('pod/web', (it) => it?.status?.phase === 'Running');
    await cluster[Symbol.asyncDispose]();
  };
  for (let i = 0; i < 10; i++) await cycle();
  const handles = () => process.getActiveResourcesInfo().filter((name) => name !== 'Immediate').sort();
  const before = handles();
  const memory = () => {
    globalThis.gc?.();
    return process.memoryUsage().heapUsed / 1024 / 1024;
  };
  const heap = memory();
  for (let i = 0; i < 100; i++) await cycle();
  assert.deepEqual(handles(), before);
  // A stopped cluster keeps 1.3 MB where anything, a timer say, still holds it: some of a hundred would show.
  if (globalThis.gc) assert.ok(memory() - heap < 20, `the heap grew by ${memory() - heap} MB`);
});
