import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { createCluster, SnapshotError } from 'kubette';
import { clusterTest, configMap, pod } from './objects.mjs';

const listAll = async (cluster, path) => (await (await cluster.request(path)).json()).items;
const everything = async (cluster) => {
  const objects = [];
  for (const path of ['/api/v1/namespaces', '/api/v1/configmaps', '/api/v1/secrets', '/api/v1/serviceaccounts', '/api/v1/pods', '/api/v1/services', '/api/v1/events', '/api/v1/nodes', '/apis/apps/v1/deployments', '/apis/apps/v1/replicasets', '/apis/rbac.authorization.k8s.io/v1/clusterroles']) {
    for (const { metadata } of await listAll(cluster, path)) objects.push(`${path} ${metadata.namespace ?? ''}/${metadata.name} ${metadata.uid}`);
  }
  return objects.sort();
};
const deployment = (name) => ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec: { replicas: 2, selector: { matchLabels: { app: name } }, template: { metadata: { labels: { app: name } }, spec: pod('x').spec } } });

clusterTest('reset leaves a new cluster, whatever happened', { nodes: 2 }, async (cluster) => {
  const before = await everything(cluster);
  await cluster.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } }, deployment('web'), configMap('a', {}, 'team')]);
  await cluster.until('deploy/web', (it) => it?.status?.readyReplicas === 2);
  await cluster.request('/api/v1/nodes/node-0', { method: 'PATCH', body: { spec: { unschedulable: true } } });
  await cluster.request('/api/v1/namespaces/default/configmaps/kube-root-ca.crt', { method: 'DELETE' });
  await cluster.request('/apis/rbac.authorization.k8s.io/v1/clusterroles/view', { method: 'DELETE' });
  await cluster.node('node-1').stop();
  cluster.faults.add({ error: 500, verb: 'list' });
  const { revision } = await (async () => ({ revision: Number((await (await cluster.request('/api/v1/namespaces/default')).json()).metadata.resourceVersion) }))();
  await cluster.reset();
  assert.deepEqual(await everything(cluster), before);
  assert.equal((await (await cluster.request('/api/v1/nodes/node-0')).json()).spec.unschedulable, undefined);
  assert.ok(Number((await (await cluster.request('/api/v1/configmaps')).json()).metadata.resourceVersion) > revision);
  assert.deepEqual(cluster.requests({ resource: 'deployments' }).filter(({ verb }) => verb === 'patch'), []);
  // And everything goes on working.
  await cluster.apply(deployment('again'));
  await cluster.until('deploy/again', (it) => it?.status?.readyReplicas === 2);
});

clusterTest('reset to a snapshot brings objects back with their uids, and watchers follow', { nodes: 1 }, async (cluster) => {
  await cluster.apply([configMap('kept', { k: 'v' }), configMap('changed', { k: '1' }), configMap('deleted'), configMap('replaced')]);
  await cluster.settled();
  const before = await everything(cluster);
  const snapshot = cluster.snapshot();
  const { metadata: { resourceVersion } } = await (await cluster.request('/api/v1/configmaps')).json();
  await cluster.apply([configMap('changed', { k: '2' }), configMap('new')]);
  for (const name of ['deleted', 'replaced']) await cluster.request(`/api/v1/namespaces/default/configmaps/${name}`, { method: 'DELETE' });
  await cluster.apply(configMap('replaced'));
  const after = Number((await (await cluster.request('/api/v1/configmaps')).json()).metadata.resourceVersion);
  await cluster.reset(snapshot);
  assert.deepEqual(await everything(cluster), before);
  const watch = await cluster.request(`/api/v1/namespaces/default/configmaps?watch=1&resourceVersion=${after}&timeoutSeconds=1`);
  const events = (await watch.text()).trim().split('\n').map((line) => JSON.parse(line));
  assert.deepEqual(events.map(({ type, object }) => `${type} ${object.metadata.name} ${object.data?.k ?? ''}`), ['DELETED new ', 'DELETED replaced ', 'MODIFIED changed 1', 'ADDED deleted ', 'ADDED replaced ']);
  for (const { object } of events) assert.ok(Number(object.metadata.resourceVersion) > after);
  assert.ok(after > Number(resourceVersion));
});

clusterTest('a reset of thousands of objects takes at most 20 ms for each thousand', { nodes: 1 }, async (cluster) => {
  const fill = async () => {
    for (let i = 0; i < 40; i++) await Promise.all(Array.from({ length: 100 }, (_, j) => cluster.api.resource({ group: '', version: 'v1', resource: 'configmaps' }).create(configMap(`c-${i}-${j}`, { text: 'x'.repeat(200) }))));
  };
  const cpu = async (work) => {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  await fill();
  const full = cluster.snapshot();
  const times = { empty: [], full: [] };
  for (let i = 0; i < 6; i++) {
    times.empty.push(await cpu(() => cluster.reset()));
    times.full.push(await cpu(() => cluster.reset(full)));
  }
  assert.equal((await listAll(cluster, '/api/v1/namespaces/default/configmaps')).length, 4001);
  console.log(`# 4,000 objects, milliseconds of processor time: reset to empty ${times.empty.map(Math.round).join()}, to a snapshot ${times.full.map(Math.round).join()}`);
  assert.ok(Math.min(...times.empty) < 80 && Math.min(...times.full) < 80, JSON.stringify(times));
});

test('a snapshot is a file that another cluster reads', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubette-snapshot-'));
  const file = join(folder, 'snapshot');
  const one = await createCluster();
  const two = await createCluster();
  try {
    await one.apply([deployment('web'), configMap('a', { text: 'ä\n"' })]);
    await one.until('deploy/web', (it) => it?.status?.readyReplicas === 2);
    await one.settled();
    await one.saveSnapshot(file);
    await two.restore(file);
    assert.deepEqual((await everything(two)).filter((line) => !line.includes('/events')), (await everything(one)).filter((line) => !line.includes('/events')));
    await two.until('deploy/web', (it) => it?.status?.readyReplicas === 2);
    const header = JSON.parse(gunzipSync(readFileSync(file)).toString().split('\n')[0]);
    assert.equal(header.format, 'kubette-snapshot');
    const before = await everything(two);
    writeFileSync(file, gzipSync(`${JSON.stringify({ ...header, version: 99 })}\n`));
    await assert.rejects(two.restore(file), (error) => error instanceof SnapshotError && error.message === 'the snapshot has version 99; this version of kubette reads snapshots up to version 1');
    writeFileSync(file, 'nonsense');
    await assert.rejects(two.restore(file), { message: 'this is no snapshot of kubette' });
    writeFileSync(file, gzipSync(`${JSON.stringify(header)}\n`));
    await assert.rejects(two.restore(file), { message: 'the snapshot is cut off: objects are missing at its end' });
    await assert.rejects(two.restore(join(folder, 'none')), /^SnapshotError: cannot read the snapshot .*none: no such file or directory$/);
    assert.deepEqual(await everything(two), before);
  } finally {
    await Promise.all([one.stop(), two.stop()]);
    rmSync(folder, { recursive: true });
  }
});
