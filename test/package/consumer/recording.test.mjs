import assert from 'node:assert/strict';
import { clusterTest, configMap, pod } from './objects.mjs';

clusterTest('what clients asked, with bodies and answers', { nodes: 1 }, async (cluster) => {
  await cluster.request('/api/v1/namespaces/default/pods', { body: pod('web'), headers: { 'user-agent': 'operator/1' } });
  await cluster.request('/api/v1/namespaces/default/pods/none', { headers: { 'user-agent': 'operator/1' } });
  await cluster.request('/api/v1/namespaces/default/pods', { body: '{', user: { name: 'jane', groups: ['system:masters'] } });
  const [created, ...more] = cluster.requests({ verb: 'create', resource: 'pods', userAgent: 'operator*' });
  assert.deepEqual(more, []);
  const { time, body, ...rest } = created;
  assert.match(time, /^\d{4}-.*Z$/);
  assert.equal(body.spec.containers[0].image, 'nginx');
  assert.deepEqual(rest, {
    verb: 'create', method: 'POST', uri: '/api/v1/namespaces/default/pods', path: '/api/v1/namespaces/default/pods', group: '', resource: 'pods', subresource: '',
    namespace: 'default', name: '', user: 'kubernetes-admin', userAgent: 'operator/1', status: 201,
  });
  assert.deepEqual(cluster.requests({ status: '4*' }).map(({ verb, name, status, user }) => [verb, name, status, user]), [['get', 'none', 404, 'kubernetes-admin'], ['create', '', 400, 'jane']]);
  assert.equal(cluster.requests({ status: 400 })[0].body, '{');
  // Controllers and kubelets are no clients.
  assert.equal(cluster.requests({ resource: ['nodes', 'leases', 'events'] }).length, 0);
  cluster.clearRequests();
  assert.deepEqual(cluster.requests(), []);
});

clusterTest('injected faults are recorded as clients saw them; others than resources by path', { nodes: 0 }, async (cluster) => {
  cluster.faults.add({ error: 500, resource: 'configmaps' });
  await cluster.request('/api/v1/configmaps');
  await cluster.request('/apis/apps/v1');
  assert.deepEqual(cluster.requests().map(({ verb, path, status }) => [verb, path, status]), [['list', '/api/v1/configmaps', 500], ['get', '/apis/apps/v1', 200]]);
});

clusterTest('the recording is bounded', { nodes: 0, recordRequests: 5 }, async (cluster) => {
  for (let i = 0; i < 12; i++) await cluster.request('/api/v1/namespaces/default/configmaps', { body: configMap(`c${i}`) });
  assert.deepEqual(cluster.requests().map(({ body }) => body.metadata.name), ['c7', 'c8', 'c9', 'c10', 'c11']);
});

clusterTest('or there is none', { nodes: 0, recordRequests: false }, async (cluster) => {
  assert.throws(() => cluster.requests(), { message: 'this cluster does not record requests: make it with recordRequests' });
});
