import assert from 'node:assert/strict';
import { clusterTest, configMap } from './objects.mjs';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const get = async (cluster, path, options) => {
  const reply = await cluster.request(path, options);
  return { status: reply.status, retryAfter: reply.headers.get('retry-after'), body: await reply.json() };
};
const create = (cluster, name) => get(cluster, CONFIG_MAPS, { body: configMap(name) });

clusterTest('a rule gives errors so many times, and only to whom it is about', { nodes: 0 }, async (cluster) => {
  const fault = cluster.faults.add({ verb: 'create', resource: 'configmaps', namespace: 'default', error: 503, times: 2 });
  const first = await create(cluster, 'a');
  assert.equal(first.status, 503);
  assert.equal(first.retryAfter, null);
  assert.deepEqual({ kind: first.body.kind, reason: first.body.reason }, { kind: 'Status', reason: 'ServiceUnavailable' });
  assert.equal((await create(cluster, 'a')).status, 503);
  assert.equal((await create(cluster, 'a')).status, 201);
  assert.equal(fault.hits, 2);
  assert.deepEqual(cluster.faults.list(), []);

  cluster.faults.add({ id: 'jane', user: 'jane*', userAgent: '*tester*', error: { code: 429, message: 'slow down', retryAfterSeconds: 7 } });
  const jane = { user: { name: 'jane-1', groups: ['system:masters'] }, headers: { 'user-agent': 'the-tester/1' } };
  const refused = await get(cluster, CONFIG_MAPS, jane);
  assert.deepEqual([refused.status, refused.retryAfter, refused.body.message, refused.body.details.retryAfterSeconds], [429, '7', 'slow down', 7]);
  assert.equal((await get(cluster, CONFIG_MAPS)).status, 200);
  assert.equal((await get(cluster, CONFIG_MAPS, { user: jane.user })).status, 200);
  assert.equal(cluster.faults.remove('jane'), true);
  assert.equal((await get(cluster, CONFIG_MAPS, jane)).status, 200);
});

clusterTest('conflicts meet writes, as if somebody else had been faster', { nodes: 0 }, async (cluster) => {
  await create(cluster, 'a');
  cluster.faults.add({ conflict: true, resource: 'configmaps', times: 1 });
  const patch = () => get(cluster, `${CONFIG_MAPS}/a`, { method: 'PATCH', body: { data: { k: 'v' } } });
  const { status, body } = await patch();
  assert.equal(status, 409);
  assert.equal(body.reason, 'Conflict');
  assert.equal(body.message, 'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again');
  assert.equal((await patch()).status, 200);
});

clusterTest('latency, and a connection that ends before or after the work is done', { nodes: 0 }, async (cluster) => {
  cluster.clock.freeze();
  cluster.faults.add({ id: 'slow', latency: '80ms', path: CONFIG_MAPS });
  const started = performance.now();
  assert.equal((await create(cluster, 'slow')).status, 201);
  assert.ok(performance.now() - started >= 75);
  cluster.faults.clear();
  cluster.faults.add({ drop: true, verb: 'create', times: 1 });
  await assert.rejects(create(cluster, 'before'));
  assert.equal((await get(cluster, `${CONFIG_MAPS}/before`)).status, 404);
  cluster.faults.add({ drop: 'after', verb: 'create', times: 1 });
  await assert.rejects(create(cluster, 'after'));
  assert.equal((await get(cluster, `${CONFIG_MAPS}/after`)).status, 200);
});

clusterTest('watches end, also open ones, or are told that history is gone', { nodes: 0 }, async (cluster) => {
  const start = async (query = '') => {
    const reply = await cluster.request(`${CONFIG_MAPS}?watch=1${query}`);
    assert.equal(reply.status, 200);
    return reply;
  };
  const open = async (query) => (await start(query)).text();
  const running = await start('&resourceVersion=1');
  cluster.faults.add({ watch: 'gone', resource: 'configmaps', times: 1 });
  assert.doesNotMatch(await running.text(), /"ERROR"/);
  const event = JSON.parse(await open('&resourceVersion=1'));
  assert.equal(event.type, 'ERROR');
  assert.deepEqual([event.object.code, event.object.reason], [410, 'Expired']);
  assert.match(event.object.message, /^too old resource version: 1 \(\d+\)$/);
  cluster.faults.add({ watch: 'close' });
  assert.equal(await open(), '');
  cluster.faults.clear();
  assert.match(await open('&timeoutSeconds=1'), /"ADDED"/);
});

clusterTest('reads are stale: of the moment when the rule was set, or so many writes ago', { nodes: 0 }, async (cluster) => {
  await create(cluster, 'a');
  await cluster.settled();
  cluster.faults.add({ id: 'still', stale: true, resource: 'configmaps' });
  await create(cluster, 'b');
  await get(cluster, `${CONFIG_MAPS}/a`, { method: 'PATCH', body: { data: { k: 'v' } } });
  const names = async () => (await get(cluster, CONFIG_MAPS)).body.items.map(({ metadata }) => metadata.name).filter((name) => name.length === 1);
  assert.deepEqual(await names(), ['a']);
  assert.equal((await get(cluster, `${CONFIG_MAPS}/b`)).status, 404);
  assert.equal((await get(cluster, `${CONFIG_MAPS}/a`)).body.data, undefined);
  cluster.faults.clear();
  assert.deepEqual(await names(), ['a', 'b']);
  cluster.faults.add({ stale: 1, verb: 'get' });
  assert.equal((await get(cluster, `${CONFIG_MAPS}/a`)).body.data, undefined);
});

clusterTest('a rule spares the cluster itself, is likely to a degree, and is checked', { nodes: 1 }, async (cluster) => {
  cluster.faults.add({ verb: ['create', 'update', 'patch'], error: 500 });
  await cluster.clock.advance('2m');
  assert.deepEqual(await cluster.events({ reason: 'NodeNotReady' }), []);
  cluster.faults.clear();
  const fault = cluster.faults.add({ verb: 'list', error: 500, probability: 0.5 });
  const seen = [];
  for (let i = 0; i < 200; i++) seen.push((await get(cluster, '/api/v1/pods')).status);
  assert.ok(fault.hits > 60 && fault.hits < 140, String(fault.hits));
  assert.equal(seen.filter((code) => code === 500).length, fault.hits);
  for (const [rule, message] of [
    [{ verb: 'get' }, /^a fault needs one of error, /],
    [{ eror: 500 }, /^a fault has no field "eror"/],
    [{ error: 200 }, /^error of a fault must be an HTTP code/],
    [{ latency: 'soon' }, /^latency of a fault must be /],
    [{ error: 500, times: 0 }, /^times of a fault/],
    [{ error: 500, verb: 1 }, /^verb of a fault must be a text/],
  ]) assert.throws(() => cluster.faults.add(rule), { name: 'TypeError', message });
});

clusterTest('a node that is stopped or cut off goes NotReady, and comes back', { nodes: 2 }, async (cluster) => {
  const ready = (status) => (node) => node?.status?.conditions?.find(({ type }) => type === 'Ready')?.status === status;
  await cluster.node('node-0').stop();
  cluster.node('node-1').partition();
  await cluster.clock.advance('2m');
  await cluster.until('node/node-0', ready('Unknown'));
  await cluster.until('node/node-1', ready('Unknown'));
  await cluster.node('node-0').start();
  await cluster.node('node-1').heal();
  await cluster.until('node/node-0', ready('True'));
  await cluster.until('node/node-1', ready('True'));
  assert.equal(cluster.node('node-9'), undefined);
});
