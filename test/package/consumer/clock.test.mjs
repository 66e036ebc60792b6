import assert from 'node:assert/strict';
import { configMap, clusterTest, pod } from './objects.mjs';

const list = async (cluster, path) => (await (await cluster.request(path)).json()).items;

clusterTest('time stands still, and everything that it stamps', { nodes: 0 }, async (cluster) => {
  cluster.clock.freeze();
  await cluster.clock.set('2030-01-01T00:00:00Z');
  const [a] = await cluster.apply(configMap('a'));
  assert.equal(a.metadata.creationTimestamp, '2030-01-01T00:00:00Z');
  await cluster.clock.advance('90m');
  const [b] = await cluster.apply(configMap('b'));
  assert.equal(b.metadata.creationTimestamp, '2030-01-01T01:30:00Z');
  await cluster.clock.set('2020-06-01T00:00:00Z');
  const [c] = await cluster.apply(configMap('c'));
  assert.equal(c.metadata.creationTimestamp, '2020-06-01T00:00:00Z');
  await assert.rejects(cluster.clock.advance('soon'), { name: 'TypeError' });
  await assert.rejects(cluster.clock.set('soon'), { name: 'TypeError' });
});

clusterTest('a CronJob fires once for each of its times, and finished jobs go when their time is up', {}, async (cluster) => {
  cluster.clock.freeze();
  await cluster.clock.set('2030-01-01T00:00:30Z');
  await cluster.apply({
    apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'tick' },
    spec: {
      schedule: '*/10 * * * *', successfulJobsHistoryLimit: 100,
      jobTemplate: { spec: { ttlSecondsAfterFinished: 7200, template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox', command: ['true'] }] } } } },
    },
  });
  await cluster.clock.advance('1h');
  const jobs = await list(cluster, '/apis/batch/v1/namespaces/default/jobs');
  assert.deepEqual(jobs.map(({ metadata }) => metadata.annotations['batch.kubernetes.io/cronjob-scheduled-timestamp']).sort(), ['10', '20', '30', '40', '50'].map((m) => `2030-01-01T00:${m}:00Z`).concat('2030-01-01T01:00:00Z'));
  await cluster.clock.advance('5m');
  assert.deepEqual(jobs.length, (await list(cluster, '/apis/batch/v1/namespaces/default/jobs')).filter(({ status }) => status.succeeded === 1).length);
  await cluster.apply({ apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'tick' }, spec: { suspend: true } }, { fieldManager: 'suspender' });
  await cluster.clock.advance('2h30m');
  assert.deepEqual(await list(cluster, '/apis/batch/v1/namespaces/default/jobs'), []);
});

clusterTest('tokens and events end when their time has come', { nodes: 0 }, async (cluster) => {
  const reply = await cluster.request('/api/v1/namespaces/default/serviceaccounts/default/token', { body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 600 } } });
  const { token } = (await reply.json()).status;
  const review = async () => (await (await cluster.request('/apis/authentication.k8s.io/v1/tokenreviews', { body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } } })).json()).status;
  assert.equal((await review()).authenticated, true);
  await cluster.request('/api/v1/namespaces/default/events', { body: { apiVersion: 'v1', kind: 'Event', metadata: { name: 'e' }, involvedObject: { kind: 'Pod', name: 'x', namespace: 'default' }, reason: 'Said', message: 'x', type: 'Normal' } });
  await cluster.clock.advance('9m');
  assert.equal((await review()).authenticated, true);
  assert.equal((await cluster.events({ reason: 'Said' })).length, 1);
  // A minute of leeway, as kube-apiserver's.
  await cluster.clock.advance('3m');
  assert.equal((await review()).authenticated ?? false, false);
  await cluster.clock.advance('50m');
  assert.equal((await cluster.events({ reason: 'Said' })).length, 0);
});

clusterTest('a container that keeps failing is started again after 10, 20, 40 … seconds', {}, async (cluster) => {
  cluster.clock.freeze();
  await cluster.apply(pod('crash', { container: { image: 'busybox', command: ['false'] } }));
  const restarts = async () => (await (await cluster.request('/api/v1/namespaces/default/pods/crash')).json()).status.containerStatuses?.[0]?.restartCount;
  await cluster.clock.advance('5s');
  const seen = [await restarts()];
  for (const by of ['15s', '25s', '45s', '85s']) {
    await cluster.clock.advance(by);
    seen.push(await restarts());
  }
  // The first failure is tried again at once.
  assert.deepEqual(seen, [1, 2, 3, 4, 5]);
  const { status } = await (await cluster.request('/api/v1/namespaces/default/pods/crash')).json();
  assert.equal(status.containerStatuses[0].state.waiting.reason, 'CrashLoopBackOff');
});

clusterTest('nodes outlive a jump of hours, and clients with sockets do not notice', { nodes: 3 }, async (cluster) => {
  const watch = await cluster.request('/api/v1/nodes?watch=1');
  const reader = watch.body.getReader();
  await reader.read();
  await cluster.clock.advance('6h');
  const nodes = await list(cluster, '/api/v1/nodes');
  assert.deepEqual(nodes.map(({ status }) => status.conditions.find(({ type }) => type === 'Ready').status), ['True', 'True', 'True']);
  assert.deepEqual(await cluster.events({ reason: 'NodeNotReady' }), []);
  assert.deepEqual(nodes.flatMap(({ spec }) => spec.taints ?? []), []);
  await cluster.clock.set(cluster.clock.now() + 30 * 86_400_000);
  await cluster.clock.advance('5m');
  assert.deepEqual(await cluster.events({ reason: 'NodeNotReady' }), []);
  const { done } = await reader.read();
  assert.equal(done, false);
  await reader.cancel();
});
