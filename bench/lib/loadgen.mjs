import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const SOURCE = join(import.meta.dirname, '../loadgen');

/** Builds the load generator; undefined where there is no Go. */
export function buildLoadgen() {
  const go = ['go', '/usr/local/go/bin/go'].find((name) => (name.includes('/') ? existsSync(name) : spawnSync(name, ['version']).status === 0));
  if (!go) return undefined;
  const binary = join(mkdtempSync(join(tmpdir(), 'kubette-loadgen-')), 'loadgen');
  const { status, stderr } = spawnSync(go, ['build', '-o', binary, '.'], { cwd: SOURCE, encoding: 'utf8' });
  if (status !== 0) throw new Error(`the load generator cannot be built:\n${stderr}`);
  return async (server, args) => {
    const { credentials, pids } = server;
    const { stdout } = await run(binary, ['--server', credentials.server, ...credentials.args, '--pid', pids.join(','), ...args], { maxBuffer: 1 << 26 });
    return JSON.parse(stdout);
  };
}
