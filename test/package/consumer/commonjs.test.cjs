const assert = require('node:assert/strict');
const { test } = require('node:test');
const { ApiError, createCluster, FakeClock, KUBERNETES_VERSION, Snapshot, StorageError } = require('kubette');

test('those who require get all that others import', async () => {
  assert.match(KUBERNETES_VERSION, /^v1\.36\./);
  const imported = await import('kubette');
  assert.deepEqual(Object.keys(require('kubette')).sort(), Object.keys(imported).filter((name) => name !== 'default').sort());
  assert.equal(new FakeClock().timers, 0);
  assert.equal(typeof StorageError, 'function');
  const cluster = await createCluster({ nodes: 1 });
  try {
    await cluster.apply({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' }, spec: { containers: [{ name: 'main', image: 'busybox', command: ['sh', '-c', 'echo hello; sleep 1000'] }] } });
    await cluster.until('pod/web', (it) => it?.status?.phase === 'Running');
    await cluster.settled();
    assert.equal(await (await cluster.request('/api/v1/namespaces/default/pods/web/log')).text(), 'hello\n');
    assert.ok(cluster.snapshot() instanceof Snapshot);
    await assert.rejects(cluster.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'No Name' } }), (error) => error instanceof ApiError && error.code === 422);
    assert.equal((await cluster.request('/metrics')).status, 200);
  } finally {
    await cluster.stop();
  }
});

test('a data directory that is in use is told by a StorageError', async () => {
  const { mkdtempSync, rmSync } = require('node:fs');
  const { join } = require('node:path');
  const dataDir = mkdtempSync(join(require('node:os').tmpdir(), 'kubette-cjs-'));
  const cluster = await createCluster({ dataDir, nodes: 0 });
  try {
    await assert.rejects(createCluster({ dataDir }), (error) => error instanceof StorageError && error.code === 'locked');
  } finally {
    await cluster.stop();
    rmSync(dataDir, { recursive: true });
  }
});
