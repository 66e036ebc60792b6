import assert from 'node:assert/strict';
import { clusterTest } from './objects.mjs';

const STAGE = { name: 'outage/1', pods: { name: 'slow' }, do: { ready: false } };

clusterTest('stages are changed over HTTP, in virtual clusters too', { nodes: 1 }, async (cluster) => {
  const inner = await cluster.clusters.create('inner');
  for (const of of [cluster, inner]) {
    const call = async (method, path, body) => {
      const reply = await of.request(`/kubette/v1/stages${path}`, { method, ...(body === undefined ? {} : { body }) });
      return [reply.status, await reply.text()];
    };
    const list = async () => JSON.parse((await call('GET', ''))[1]);
    assert.deepEqual(await list(), []);
    assert.deepEqual(await call('POST', '', JSON.stringify([STAGE])), [200, 'ok\n']);
    assert.deepEqual(await list(), [STAGE]);
    assert.deepEqual(of.stages.list(), [STAGE]);
    assert.deepEqual(await call('POST', '', '{}'), [400, 'stages must be a list\n']);
    assert.deepEqual(await call('POST', '', JSON.stringify([{ ...STAGE, on: 'never' }])).then(([code, text]) => [code, text.includes('never')]), [400, true]);
    assert.equal((await call('POST', '', '['))[0], 400);
    assert.equal((await call('PUT', '', '[]'))[0], 404);
    assert.deepEqual(await call('DELETE', '/none'), [404, 'no stage "none"\n']);
    assert.deepEqual(await call('DELETE', '/outage%2F1'), [200, 'ok\n']);
    assert.deepEqual(await list(), []);
  }
});
