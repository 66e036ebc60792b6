import { expect, test } from 'vitest';

test('another file finds a cluster as new', async () => {
  const { items } = await (await cluster.request('/api/v1/namespaces/default/configmaps')).json();
  expect(items.map(({ metadata }) => metadata.name)).toEqual(['kube-root-ca.crt']);
  await cluster.apply({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' }, spec: { containers: [{ name: 'main', image: 'nginx' }] } });
  const pod = await cluster.until('pod/web', (it) => it?.status?.phase === 'Running');
  expect(pod.spec.nodeName).toMatch(/^node-[01]$/);
});

test('whose pods are gone in the next test', async () => {
  expect((await (await cluster.request('/api/v1/namespaces/default/pods')).json()).items).toEqual([]);
  expect(cluster.url).toBe((globalThis.clusterOfWorker ??= cluster.url));
});
