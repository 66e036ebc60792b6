import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { createCluster, LoadError } from 'kubette';

const cli = join(dirname(createRequire(import.meta.url).resolve('kubette/package.json')), 'dist/cli.mjs');
const folder = mkdtempSync(join(tmpdir(), 'kubette-cli-'));
const kubeconfig = join(folder, 'kubeconfig');
let server;

/** Runs the command line to its end against the server. */
const kubette = (...args) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8', env: { ...process.env, KUBECONFIG: kubeconfig }, timeout: 60_000 });
  return { status, stdout, stderr };
};
const ok = (...args) => {
  const { status, stdout, stderr } = kubette(...args);
  assert.equal(status, 0, stderr);
  return stdout;
};

const dump = {
  apiVersion: 'v1',
  kind: 'List',
  items: [
    { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web-abc-1', namespace: 'team', uid: 'u-pod', resourceVersion: '5', labels: { app: 'web', 'pod-template-hash': 'abc' }, ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-abc', uid: 'u-rs', controller: true }] }, spec: { nodeName: 'gone', containers: [{ name: 'c', image: 'nginx' }] }, status: { phase: 'Failed' } },
    { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'web-abc', namespace: 'team', uid: 'u-rs', labels: { app: 'web', 'pod-template-hash': 'abc' } }, spec: { replicas: 1, selector: { matchLabels: { app: 'web', 'pod-template-hash': 'abc' } }, template: { metadata: { labels: { app: 'web', 'pod-template-hash': 'abc' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } } }, status: { replicas: 9 } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'orphan', namespace: 'team', ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'x', uid: 'nobody' }] } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kube-root-ca.crt', namespace: 'team' }, data: { 'ca.crt': 'of another cluster' } },
  ],
};

before(async () => {
  writeFileSync(join(folder, 'dump.json'), JSON.stringify(dump));
  const readyFile = join(folder, 'ready');
  server = spawn(process.execPath, [cli, 'serve', '--in-memory', '--port', '0', '--nodes', '1', '--kubeconfig', kubeconfig, '--ready-file', readyFile, '--load', join(folder, 'dump.json'), '--record-requests'], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve, reject) => {
    server.stdout.once('data', resolve);
    server.once('exit', (code) => reject(new Error(`kubette serve ended with ${code}`)));
  });
  assert.match(readFileSync(readyFile, 'utf8'), /^https:\/\/127\.0\.0\.1:\d+\n$/);
});

after(() => {
  server.kill();
  rmSync(folder, { recursive: true });
});

test('the clock of a running server', () => {
  assert.match(ok('clock', 'freeze'), /^\d{4}-.*Z \(frozen\)\n$/);
  assert.equal(ok('clock', 'set', '2035-01-01T00:00:00Z'), '2035-01-01T00:00:00.000Z (frozen)\n');
  assert.equal(ok('clock', 'advance', '1h30m'), '2035-01-01T01:30:00.000Z (frozen)\n');
  assert.equal(ok('clock', 'status'), '2035-01-01T01:30:00.000Z (frozen)\n');
  assert.match(ok('clock', 'resume'), /^2035-01-01T01:30:0.* \(running\)\n$/);
  assert.deepEqual(kubette('clock', 'advance', 'soon'), { status: 2, stdout: '', stderr: 'kubette: by must be milliseconds or a text such as 90s or 1h30m, not "soon"\n' });
});

test('faults of a running server', () => {
  assert.equal(ok('fault', 'add', '--verb', 'create,update', '--resource', 'pods', '--error', '503', '--retry-after', '2', '--times', '3', '--id', 'mine'), 'fault/mine added\n');
  assert.equal(ok('fault', 'list'), 'mine\t0 hits\t{"verb":["create","update"],"resource":["pods"],"error":{"code":503,"retryAfterSeconds":2},"times":3}\n');
  assert.equal(ok('fault', 'clear', 'mine'), 'fault/mine cleared\n');
  assert.deepEqual(kubette('fault', 'clear', 'mine'), { status: 1, stdout: '', stderr: 'kubette: the cluster has no fault "mine"\n' });
  assert.match(kubette('fault', 'add', '--verb', 'get').stderr, /^kubette: a fault needs one of error, /);
});

test('snapshots and reset of a running server, which has loaded a dump', () => {
  const file = join(folder, 'snapshot');
  assert.equal(ok('snapshot', 'save', file), `snapshot saved to ${file}\n`);
  if (process.platform !== 'win32') assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(ok('snapshot', 'restore', file), `snapshot restored from ${file}\n`);
  assert.deepEqual(kubette('snapshot', 'restore', kubeconfig), { status: 1, stdout: '', stderr: `kubette: cannot restore ${kubeconfig}: this is no snapshot of kubette\n` });
  assert.equal(ok('reset'), 'cluster reset\n');
  assert.equal(ok('node', 'partition', 'node-0'), 'node/node-0 cut off\n');
  assert.equal(ok('node', 'heal', 'node-0'), 'node/node-0 joined\n');
});

test('a dump is loaded with new uids, its owners found, its strangers left out', async () => {
  const cluster = await createCluster({ load: join(folder, 'dump.json') });
  try {
    const pod = await cluster.until('pod/web-abc-1', (it) => it?.status?.phase === 'Running', { namespace: 'team' });
    const set = await cluster.until('rs/web-abc', (it) => it?.status?.readyReplicas === 1, { namespace: 'team' });
    assert.equal(pod.metadata.ownerReferences[0].uid, set.metadata.uid);
    assert.notEqual(set.metadata.uid, 'u-rs');
    assert.equal(pod.spec.nodeName, 'node-0');
    const { items } = await (await cluster.request('/api/v1/namespaces/team/pods')).json();
    assert.equal(items.length, 1);
    const orphan = await cluster.until('cm/orphan', undefined, { namespace: 'team' });
    assert.equal(orphan.metadata.ownerReferences, undefined);
    const ca = await cluster.until('cm/kube-root-ca.crt', undefined, { namespace: 'team' });
    assert.match(ca.data['ca.crt'], /BEGIN CERTIFICATE/);
    // What was loaded is what reset goes back to.
    await cluster.request('/api/v1/namespaces/team/configmaps/orphan', { method: 'DELETE' });
    await cluster.reset();
    await cluster.until('cm/orphan', undefined, { namespace: 'team' });
  } finally {
    await cluster.stop();
  }
});

test('manifests of a folder are loaded in any order; what cannot be is told', async () => {
  const manifests = join(folder, 'manifests');
  mkdirSync(join(manifests, 'more'), { recursive: true });
  writeFileSync(join(manifests, 'a.yaml'), 'apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: later}\nspec: {serviceAccountName: robot, containers: [{name: c, image: nginx}]}\n');
  writeFileSync(join(manifests, 'more', 'z.yml'), 'apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: robot, namespace: later}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: later, labels: {a: b}}\n');
  writeFileSync(join(manifests, 'README.md'), 'no manifest');
  const cluster = await createCluster({ load: manifests });
  try {
    await cluster.until('pod/p', (it) => it?.status?.phase === 'Running', { namespace: 'later' });
  } finally {
    await cluster.stop();
  }
  writeFileSync(join(manifests, 'b.yaml'), 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: UPPER}\n');
  await assert.rejects(createCluster({ load: manifests }), (error) => error instanceof LoadError && /^cannot load ConfigMap UPPER: ConfigMap "UPPER" is invalid: /.test(error.message));
  writeFileSync(join(manifests, 'b.yaml'), 'a: [');
  await assert.rejects(createCluster({ load: manifests }), (error) => error instanceof LoadError && error.message.startsWith(`${join(manifests, 'b.yaml')}: error decoding YAML`));
});

/** A file of this folder. */
const written = (name, text) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const policy = written('policy.yaml', 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{ level: Metadata }]\n');
const notYaml = written('not-yaml', 'a: [');
const context = (name, address) => `{current-context: ${name}, contexts: [{name: here, context: {cluster: c, user: u}}], clusters: [{name: c, cluster: {server: '${address}'}}], users: [{name: u, user: {}}]}`;
const noContext = written('no-context', context('gone', 'https://127.0.0.1:1'));
const nobody = written('nobody', context('here', 'https://127.0.0.1:1'));

test('the current context of several kubeconfigs is what counts', () => {
  const others = written('others', 'clusters: [{name: kubette, cluster: {server: "https://127.0.0.1:1"}}, {name: x, cluster: {server: "https://127.0.0.1:1"}}]\nusers: [{name: x, user: {token: t}}]\n');
  const merged = written('merged', readFileSync(kubeconfig, 'utf8').replace(/clusters:\n/, 'clusters:\n- {name: first, cluster: {server: "https://127.0.0.1:1"}}\n').replace(/users:\n/, 'users:\n- {name: first, user: {token: t}}\n'));
  assert.match(ok('clock', 'status', '--kubeconfig', [merged, join(folder, 'nowhere'), others].join(delimiter)), /\(running\)/);
});

test('every verb explains itself', () => {
  for (const verb of ['serve', 'kubeconfig', 'node', 'clock', 'fault', 'snapshot', 'reset', 'stage', 'version']) {
    const text = ok(verb, '--help');
    assert.match(text, new RegExp(`^[A-Z][^\\n]+\\n\\nUsage:\\n  kubette ${verb}`));
    assert.equal(ok('help', verb), text);
  }
  assert.equal(ok('--version'), ok('version'));
});

test('a pipe is written to, and of a link the target is replaced', { skip: process.platform === 'win32' && 'pipes and links of Linux' }, async () => {
  const pipe = join(folder, 'pipe');
  const link = join(folder, 'link');
  spawnSync('mkfifo', [pipe]);
  symlinkSync(written('target', 'old'), link);
  const other = spawn(process.execPath, [cli, 'serve', '--in-memory', '--port', '0', '--nodes', '0', '--kubeconfig', link, '--ready-file', pipe], { stdio: 'ignore' });
  try {
    assert.match(await readFile(pipe, 'utf8'), /^https:/);
    assert.ok(lstatSync(link).isSymbolicLink());
    assert.match(readFileSync(join(folder, 'target'), 'utf8'), /current-context/);
  } finally {
    other.kill();
    await new Promise((resolve) => other.once('exit', resolve));
  }
});

/** @type {Array<[string, string[], number, RegExp]>} */
const MISTAKES = [
  ['a folder that cannot be made', ['serve', '--port', '0', '--data-dir', '/proc/x'], 1, /^kubette: cannot use the data directory \/proc\/x: no such file or directory\n$/],
  ['a kubeconfig that cannot be written', ['serve', '--in-memory', '--port', '0', '--kubeconfig', '/proc/x/y'], 1, /^kubette: cannot write \/proc\/x\/y: no such file or directory\n$/],
  ['a ready file that cannot be written', ['serve', '--in-memory', '--port', '0', '--kubeconfig', join(folder, 'other'), '--ready-file', '/proc/x/y'], 1, /^kubette: cannot write \/proc\/x\/y: no such file or directory\n$/],
  ['a full device', ['serve', '--in-memory', '--port', '0', '--kubeconfig', join(folder, 'other'), '--ready-file', '/dev/full'], 1, /^kubette: cannot write \/dev\/full: no space left on device\n$/],
  ['a file in place of a folder', ['serve', '--port', '0', '--data-dir', '/etc/passwd'], 1, /^kubette: cannot use the data directory \/etc\/passwd: there is a file in its place\n$/],
  ['a log that cannot be written', ['serve', '--in-memory', '--port', '0', '--audit-policy-file', policy, '--audit-log-path', '/proc/x/y'], 1, /^kubette: cannot write the audit log \/proc\/x\/y: no such file or directory\n$/],
  ['a log without a policy', ['serve', '--audit-log-path', '-'], 2, /^kubette: --audit-log-path needs --audit-policy-file: /],
  ['a policy without a log', ['serve', '--audit-policy-file', policy], 2, /^kubette: --audit-policy-file needs --audit-log-path: /],
  ['a flag without its value', ['serve', '--port'], 2, /^kubette: --port needs a value .*\n$/],
  ['a value that looks like a flag', ['serve', '--nodes', '-1'], 2, /^kubette: --nodes needs a value \(with a dash before it: --nodes=-VALUE\): .*\n$/],
  ['a value too many', ['serve', '--in-memory=yes'], 2, /^kubette: --in-memory takes no value: .*\n$/],
  ['an unknown level', ['serve', '--log-level', 'loud'], 2, /^kubette: --log-level must be debug, info, warn or error, not "loud"\n$/],
  ['a kubeconfig that is none', ['reset', '--kubeconfig', policy], 1, /^kubette: \S+ is no kubeconfig: /],
  ['a file that is no YAML', ['reset', '--kubeconfig', notYaml], 1, /^kubette: \S+ is no kubeconfig: /],
  ['a current context that is not there', ['reset', '--kubeconfig', noContext], 1, /^kubette: \S+ has no context "gone", which is its current one\n$/],
  ['nobody at the address', ['reset', '--kubeconfig', nobody], 1, /^kubette: no cluster answers at https:\/\/127\.0\.0\.1:1\n$/],
  ['nothing to load', ['serve', '--in-memory', '--port', '0', '--load', '/nowhere'], 1, /^kubette: cannot read \/nowhere: no such file or directory\n$/],
  ['an unknown flag', ['clock', '--frob'], 2, /^kubette: unknown flag --frob: /],
  ['no cluster', ['reset', '--kubeconfig', '/nowhere'], 1, /^kubette: cannot read the kubeconfig \/nowhere: /],
];
for (const [what, args, status, message] of MISTAKES) {
  test(`${what} is told in one sentence`, { skip: process.platform === 'win32' && 'paths of Linux' }, () => {
    const outcome = kubette(...args);
    assert.match(outcome.stderr, message);
    assert.deepEqual([outcome.status, outcome.stdout], [status, '']);
  });
}
