import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { createCluster, PolicyError } from 'kubette';
import { configMap } from './objects.mjs';

/** A conversation with a real kube-apiserver v1.36.3 and what it logged of it under the same policy; ids and times are "…". */
const { policy, requests, events } = JSON.parse(readFileSync(new URL('audit-recorded.json', import.meta.url), 'utf8'));

const UNLIKE = new Set(['uid', 'resourceVersion', 'creationTimestamp', 'time', 'auditID', 'requestReceivedTimestamp', 'stageTimestamp']);
const plain = (value) => {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, UNLIKE.has(key) ? '…' : plain(item)]));
  return typeof value === 'string' ? value.replace(/gen-[a-z0-9]{5}/g, 'gen-…') : value;
};

test('the audit log holds what the real server logs', async () => {
  const lines = [];
  const cluster = await createCluster({ nodes: 0, controllers: ['-*'], audit: { policy, log: (line) => lines.push(line) } });
  try {
    for (const { path, ...options } of requests) await (await cluster.request(path, options)).text();
    const complete = () => lines.map((line) => JSON.parse(line)).filter(({ userAgent }) => userAgent === 'tester/1');
    for (let i = 0; i < 200 && complete().length < events.length; i++) await new Promise((resolve) => setTimeout(resolve, 10));
    const logged = complete();
    assert.deepEqual(logged[0].user, { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] });
    assert.deepEqual(logged[0].sourceIPs, ['127.0.0.1']);
    assert.match(logged[0].requestReceivedTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    const shown = logged.map((event) => plain({ ...event, user: undefined, sourceIPs: undefined }));
    // Streams end when their clients have noticed, between other requests: requests are compared, each with its stages in order.
    const byRequest = (list) => [...list].sort((a, b) => (a.requestURI + a.verb < b.requestURI + b.verb ? -1 : a.requestURI + a.verb > b.requestURI + b.verb ? 1 : 0));
    const [mine, theirs] = [byRequest(shown), byRequest(events.map((event) => ({ ...event, user: undefined, sourceIPs: undefined })))];
    for (const [i, event] of theirs.entries()) assert.deepEqual(mine[i], event);
    assert.equal(mine.length, theirs.length);
  } finally {
    await cluster.stop();
  }
});

test('the log is a file that is rotated, compressed and thinned out', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubette-audit-'));
  const everything = { apiVersion: 'audit.k8s.io/v1', kind: 'Policy', omitStages: ['RequestReceived'], rules: [{ level: 'Request', users: ['kubernetes-admin'] }] };
  const cluster = await createCluster({ nodes: 0, audit: { policy: everything, log: join(folder, 'logs', 'audit.log'), maxSizeMb: 1, maxBackups: 2, compress: true } });
  try {
    for (let i = 0; i < 8; i++) await cluster.request('/api/v1/namespaces/default/configmaps', { body: configMap(`c${i}`, { text: 'x'.repeat(700_000) }) });
    const files = readdirSync(join(folder, 'logs')).sort();
    assert.equal(files.length, 3, files.join());
    assert.match(files[0], /^audit-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}(\.\d+)?\.log\.gz$/);
    assert.equal(JSON.parse(gunzipSync(readFileSync(join(folder, 'logs', files[0]))).toString().trim()).verb, 'create');
    assert.equal(JSON.parse(readFileSync(join(folder, 'logs', 'audit.log'), 'utf8').trim()).requestObject.metadata.name, 'c7');
  } finally {
    await cluster.stop();
    rmSync(folder, { recursive: true });
  }
});

test("the cluster's own parts are logged too, and a policy that is none is refused", async () => {
  const lines = [];
  const metadata = { apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules: [{ level: 'Metadata', userGroups: ['system:nodes'] }] };
  const cluster = await createCluster({ nodes: 1, audit: { policy: metadata, log: (line) => lines.push(line) } });
  await cluster.stop();
  const users = new Set(lines.map((line) => JSON.parse(line).user.username));
  assert.deepEqual([...users], ['system:node:node-0']);
  await assert.rejects(createCluster({ audit: { policy: { ...metadata, rules: [{ level: 'All' }] }, log: () => {} } }), (error) => error instanceof PolicyError && error.message.startsWith('rules[0].level: Unsupported value: "All"'));
});
