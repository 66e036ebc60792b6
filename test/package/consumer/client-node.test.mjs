import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCluster } from 'kubette';
import { configMap } from './objects.mjs';

const clientNode = await import('@kubernetes/client-node').catch(() => undefined);

test('a client of client-node is there for the asking', { skip: !clientNode && 'there is no @kubernetes/client-node' }, async () => {
  const { CoreV1Api } = clientNode;
  const cluster = await createCluster({ nodes: 0 });
  try {
    const core = cluster.client(CoreV1Api);
    await core.createNamespacedConfigMap({ namespace: 'default', body: configMap('a', { k: 'v' }) });
    const { items } = await core.listNamespacedConfigMap({ namespace: 'default' });
    assert.deepEqual(items.find(({ metadata }) => metadata.name === 'a').data, { k: 'v' });
    assert.equal(cluster.requests({ verb: 'create', resource: 'configmaps' }).length, 1);
    cluster.faults.add({ error: 500, verb: 'list' });
    await assert.rejects(core.listNamespacedConfigMap({ namespace: 'default' }), { code: 500 });
  } finally {
    await cluster.stop();
  }
});
