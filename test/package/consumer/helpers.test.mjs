import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { createCluster } from 'kubette';
import { clusterTest, configMap, pod } from './objects.mjs';

clusterTest('apply takes YAML of many documents in any order, objects and lists', { nodes: 0 }, async (cluster) => {
  const applied = await cluster.apply(`
# first what needs the namespace
apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: team}
data: {k: v}
---
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Namespace, metadata: {name: team}}
- {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}
`);
  assert.deepEqual(applied.map(({ kind, metadata }) => `${kind}/${metadata.name}`), ['Namespace/team', 'ConfigMap/a', 'ConfigMap/b']);
  assert.equal(applied[2].metadata.namespace, 'default');
  const [again] = await cluster.apply(configMap('a', { k: 'w' }, 'team'));
  assert.equal(again.metadata.uid, applied[1].metadata.uid);
  assert.deepEqual(again.data, { k: 'w' });
  assert.deepEqual(again.metadata.managedFields.map(({ manager, operation }) => `${manager} ${operation}`), ['kubette Apply']);
  await assert.rejects(cluster.apply(configMap('a', { k: 'x' }, 'team'), { fieldManager: 'other', force: false }), { code: 409 });
  await assert.rejects(cluster.apply({ apiVersion: 'apps/v1', kind: 'Pond', metadata: { name: 'x' } }), { message: 'no matches for kind "Pond" in version "apps/v1"' });
});

clusterTest('until resolves with the state that fits, and tells the last one when none did', {}, async (cluster) => {
  await cluster.apply({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: pod('x').spec } } });
  const deployment = await cluster.until('deploy/web', (it) => it?.status?.readyReplicas === 2);
  assert.equal(deployment.status.readyReplicas, 2);
  await cluster.request('/apis/apps/v1/namespaces/default/deployments/web', { method: 'DELETE' });
  assert.equal(await cluster.until('deployments.apps/web', (it) => it === undefined), undefined);
  await cluster.apply(configMap('slow', { state: 'waiting' }));
  await assert.rejects(cluster.until('cm/slow', (it) => it?.data.state === 'done', { timeout: '50ms' }), (error) => {
    assert.match(error.message, /^waited 50 ms in vain for ConfigMap default\/slow; its last state was:\n/);
    assert.match(error.message, /state: waiting/);
    return true;
  });
  await assert.rejects(cluster.until('pod/none', undefined, { timeout: 20 }), { message: 'waited 20 ms in vain for Pod default/none; there was no such object' });
  await assert.rejects(cluster.until('pod/none', (it) => it.status.phase === 'Running', { timeout: 20 }), /the predicate said: Cannot read/);
  await assert.rejects(cluster.until('pond/x', () => true), { message: 'the cluster serves no resource "pond"' });
});

clusterTest('events of an object, by time', {}, async (cluster) => {
  await cluster.apply([pod('web'), pod('other')]);
  await cluster.until('pod/web', (it) => it?.status?.phase === 'Running');
  const events = await cluster.events({ for: 'pod/web' });
  assert.deepEqual(events.map(({ reason }) => reason).filter((reason) => reason !== 'Pulling'), ['Scheduled', 'Pulled', 'Created', 'Started']);
  assert.deepEqual(await cluster.events({ for: 'pod/web', type: 'Warning' }), []);
});

const kubectl = process.env.KUBECTL || 'kubectl';
const hasKubectl = spawnSync(kubectl, ['version', '--client'], { stdio: 'ignore' }).status === 0;
test('kubectl prints, and complains', { skip: !hasKubectl && 'there is no kubectl' }, async () => {
  const cluster = await createCluster({ nodes: 1 });
  try {
    assert.match(await cluster.kubectl('get nodes --no-headers'), /^node-0 +Ready /);
    assert.equal(await cluster.kubectl(['apply', '-f', '-'], { input: JSON.stringify(configMap('a')) }), 'configmap/a created\n');
    assert.equal(await cluster.kubectl(`get cm a -o jsonpath='{.metadata.name} and "more"'`), 'a and "more"');
    await assert.rejects(cluster.kubectl('get pod none'), /exit code 1\nError from server \(NotFound\): pods "none" not found/);
    await assert.rejects(cluster.kubectl('version', { command: '/nowhere/kubectl' }), { message: 'cluster.kubectl() needs kubectl: there is no program "/nowhere/kubectl"' });
  } finally {
    await cluster.stop();
  }
});
