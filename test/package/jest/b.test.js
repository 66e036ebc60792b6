const { createCluster } = require('kubette');

test('another file finds a new cluster', async () => {
  const { items } = await (await cluster.request('/api/v1/configmaps?labelSelector=a=b')).json();
  expect(items).toEqual([]);
  await cluster.apply({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' }, spec: { containers: [{ name: 'main', image: 'nginx' }] } });
  const pod = await cluster.until('pod/web', (it) => it?.status?.phase === 'Running');
  expect(pod.spec.nodeName).toMatch(/^node-[01]$/);
});

test('a cluster of its own can be made where tests run', async () => {
  const own = await createCluster({ nodes: 0 });
  expect((await own.request('/api/v1/namespaces/default')).status).toBe(200);
  await own.stop();
});
