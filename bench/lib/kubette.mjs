import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { parse } from 'yaml';
import { sleep, start } from './processes.mjs';

const CLI = join(import.meta.dirname, '../../dist/cli.mjs');

/** A kubette in a process of its own, ready when this resolves; `readyMs` counts from the spawn. */
export async function startKubette({ dataDir, flags = [] }) {
  const home = mkdtempSync(join(tmpdir(), 'kubette-bench-'));
  const log = join(home, 'log');
  const kubeconfig = join(home, 'kubeconfig');
  const storage = dataDir ? ['--data-dir', dataDir] : ['--in-memory'];
  const from = performance.now();
  const server = start(process.execPath, [CLI, 'serve', '--port', '0', '--kubeconfig', kubeconfig, ...storage, ...flags], log);
  let exited = false;
  void server.gone.then(() => (exited = true));
  while (!readFileSync(log, 'utf8').includes('kubette is ready')) {
    if (exited) throw new Error(`kubette ended: ${readFileSync(log, 'utf8')}`);
    await sleep(1);
  }
  return { name: 'kubette', readyMs: performance.now() - from, pids: [server.pid], kubeconfig, credentials: credentialsOf(kubeconfig, home), stop: () => server.stop() };
}

/** Milliseconds from the spawn to the ready line, of a cluster in memory in a fresh process. */
export async function coldStartMs(flags = []) {
  const home = mkdtempSync(join(tmpdir(), 'kubette-bench-'));
  const from = performance.now();
  const child = spawn(process.execPath, [CLI, 'serve', '--port', '0', '--in-memory', '--kubeconfig', join(home, 'kubeconfig'), ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ready = await new Promise((resolve, reject) => {
    child.stdout.on('data', (text) => String(text).includes('kubette is ready') && resolve(performance.now() - from));
    child.once('exit', (code) => reject(new Error(`kubette ended with code ${code}`)));
  });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill();
  await gone;
  return ready;
}

/** What the load generator logs in with. */
function credentialsOf(kubeconfig, home) {
  const { clusters, users } = parse(readFileSync(kubeconfig, 'utf8'));
  const user = users[0].user;
  const server = clusters[0].cluster.server;
  if (user.token) return { server, args: ['--token', user.token] };
  const file = (name, data) => {
    const path = join(home, name);
    writeFileSync(path, Buffer.from(data, 'base64'), { mode: 0o600 });
    return path;
  };
  return { server, args: ['--cert', file('client.crt', user['client-certificate-data']), '--key', file('client.key', user['client-key-data'])] };
}
