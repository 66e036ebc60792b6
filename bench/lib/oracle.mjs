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

/** Whether the real control plane has been built here (CONTRIBUTING.md says how). */
export const oracleExists = () => ['etcd', 'kube-apiserver'].every((name) => existsSync(join(BIN, name)));

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
  return { name: 'oracle', readyMs: performance.now() - from, pids: [etcd.pid, apiserver.pid], kubeconfig, credentials: { server: `https://127.0.0.1:${port}`, args: ['--token', TOKEN] }, stop };
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
