import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { request } from 'node:https';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleep, start } from './processes.mjs';

const BIN = process.env['ORACLE_BIN'] ?? join(homedir(), '.cache/kube-oracle/bin');
const TOKEN = 'benchmark';
const DEADLINE_MS = 120_000;

/** Whether the real API server has been built here (CONTRIBUTING.md says how). */
export const oracleExists = () => ['etcd', 'kube-apiserver'].every((name) => existsSync(join(BIN, name)));

/** Whether all of the real control plane has, and the fake nodes of KWOK. */
export const controlPlaneExists = () => oracleExists() && ['kube-controller-manager', 'kube-scheduler', 'kwok'].every((name) => existsSync(join(BIN, name)));

/** The real control plane in full: kube-apiserver over etcd, kube-controller-manager, kube-scheduler, and fake nodes by KWOK. Resolves once the nodes are Ready. */
export async function startControlPlane(nodes) {
  const oracle = await startOracle();
  const { home, kubeconfig } = oracle;
  const client = ['--kubeconfig', kubeconfig];
  const [managerPort, schedulerPort, kwokPort] = await freePorts(3);
  const fast = ['--kube-api-qps', '5000', '--kube-api-burst', '10000', '--leader-elect=false', '--bind-address', '127.0.0.1', '--authentication-skip-lookup'];
  const parts = [
    start(join(BIN, 'kube-controller-manager'), [...client, ...fast, '--secure-port', String(managerPort), '--service-account-private-key-file', join(home, 'sa.key'), '--root-ca-file', join(home, 'cert/apiserver.crt')], join(home, 'kcm.log')),
    start(join(BIN, 'kube-scheduler'), [...client, ...fast, '--secure-port', String(schedulerPort)], join(home, 'scheduler.log')),
    start(join(BIN, 'kwok'), [...client, '--manage-all-nodes=true', '--node-ip', '127.0.0.1', '--server-address', `127.0.0.1:${kwokPort}`, '--config', join(import.meta.dirname, '../../test/support/kwok-stages.yaml')], join(home, 'kwok.log')),
  ];
  const stop = async () => {
    await Promise.all(parts.map((part) => part.stop('SIGKILL')));
    await oracle.stop();
  };
  try {
    for (let i = 0; i < nodes; i++) await call(oracle, 'POST', '/api/v1/nodes', node(i));
    const deadline = performance.now() + DEADLINE_MS;
    for (;;) {
      const { items } = await call(oracle, 'GET', '/api/v1/nodes');
      if (items.filter(({ status }) => status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True')).length === nodes) break;
      if (performance.now() > deadline) throw new Error('the real nodes do not become Ready');
      await sleep(200);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { ...oracle, stop };
}

function node(i) {
  const room = { cpu: '32', memory: '256Gi', pods: '110' };
  return { apiVersion: 'v1', kind: 'Node', metadata: { name: `node-${i}`, labels: { 'kubernetes.io/hostname': `node-${i}`, 'kubernetes.io/os': 'linux' } }, status: { allocatable: room, capacity: room } };
}

function call({ credentials: { server } }, method, path, body) {
  return new Promise((resolve, reject) => {
    const ask = request(new URL(path, server), { method, rejectUnauthorized: false, headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => (text += part)).on('end', () => resolve(JSON.parse(text)));
    });
    ask.once('error', reject).end(body && JSON.stringify(body));
  });
}

/** The real kube-apiserver over etcd with nothing else beside it, in a folder and on ports of its own. */
export async function startOracle() {
  const home = mkdtempSync(join(tmpdir(), 'oracle-bench-'));
  const [port, clientPort, peerPort] = await freePorts(3);
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048, publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs1', format: 'pem' } });
  const file = (name, text) => {
    writeFileSync(join(home, name), text, { mode: 0o600 });
    return join(home, name);
  };
  const signing = file('sa.key', privateKey);
  const verifying = file('sa.pub', publicKey);
  const tokens = file('tokens.csv', `${TOKEN},admin,uid1,"system:masters"\n`);
  const kubeconfig = file(
    'kubeconfig',
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'oracle', cluster: { server: `https://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'admin', user: { token: TOKEN } }],
      contexts: [{ name: 'oracle', context: { cluster: 'oracle', user: 'admin' } }],
      'current-context': 'oracle',
    }),
  );
  const from = performance.now();
  const client = `http://127.0.0.1:${clientPort}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  const etcd = start(
    join(BIN, 'etcd'),
    ['--data-dir', join(home, 'etcd'), '--listen-client-urls', client, '--advertise-client-urls', client, '--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `default=${peer}`],
    join(home, 'etcd.log'),
  );
  const apiserver = start(
    join(BIN, 'kube-apiserver'),
    [
      ['--etcd-servers', client], ['--cert-dir', join(home, 'cert')], ['--secure-port', String(port)], ['--bind-address', '127.0.0.1'],
      ['--advertise-address', '127.0.0.1'], ['--service-cluster-ip-range', '10.96.0.0/16'],
      ['--service-account-issuer', 'https://kubernetes.default.svc.cluster.local'], ['--service-account-key-file', verifying],
      ['--service-account-signing-key-file', signing], ['--token-auth-file', tokens], ['--authorization-mode', 'Node,RBAC'],
      ['--endpoint-reconciler-type', 'none'],
    ].flat(),
    join(home, 'kube-apiserver.log'),
  );
  const stop = async () => {
    await apiserver.stop('SIGKILL');
    await etcd.stop('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  };
  while (!(await isReady(port))) {
    if (performance.now() - from > DEADLINE_MS) {
      await stop();
      throw new Error('the real control plane does not start');
    }
    await sleep(10);
  }
  return { name: 'oracle', home, readyMs: performance.now() - from, pids: [etcd.pid, apiserver.pid], kubeconfig, credentials: { server: `https://127.0.0.1:${port}`, args: ['--token', TOKEN] }, stop };
}

function isReady(port) {
  return new Promise((resolve) => {
    const get = request({ host: '127.0.0.1', port, path: '/readyz', rejectUnauthorized: false, headers: { authorization: `Bearer ${TOKEN}` } }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    get.once('error', () => resolve(false));
    get.end();
  });
}

async function freePorts(count) {
  const servers = await Promise.all(
    Array.from({ length: count }, () => new Promise((resolve) => {
      const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
    })),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
