import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Scratch } from '../support/scratch.js';
import { kubectlPath } from '../support/tools.mjs';

const root = join(import.meta.dirname, '../..');
const modules = join(root, 'node_modules');
const scratch = new Scratch();
const run = promisify(execFile);
let consumer: string;
let tarball: string;
let hasVitest: boolean;

interface Manifest {
  readonly scripts?: Readonly<Record<string, string>>;
}

/** Runs node in the consumer's folder; fails with everything that was printed. */
async function node(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  try {
    const { stdout, stderr } = await run(process.execPath, args, { cwd: consumer, env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env }, maxBuffer: 1 << 26 });
    return stdout + stderr;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`node ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

/** What npm says when it cannot reach the registry, and has not kept the package. */
const NO_NETWORK = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ENOTCACHED|ERR_SOCKET_TIMEOUT/;

/** vitest is no dependency of ours: it would be the largest of all. False where it cannot be fetched. */
async function installVitest(): Promise<boolean> {
  try {
    await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--fetch-retries', '0', 'vitest@4'], { cwd: consumer });
    return true;
  } catch (error) {
    if (!NO_NETWORK.test((error as { stderr?: string }).stderr ?? '')) throw error;
    console.warn('kubette/vitest is not tested: the npm registry cannot be reached');
    return false;
  }
}

/** What the package is to those who install it: packed, and installed from the tarball into an empty folder. */
beforeAll(async () => {
  const staged = scratch.join('staged');
  mkdirSync(staged);
  // Built beside the checkout's own dist/, which other tests are using.
  await run(process.execPath, [join(root, 'scripts/build.mjs'), '--package', '--out', join(staged, 'dist')]);
  await run(process.execPath, [join(root, 'scripts/emit-types.mjs'), '--out', join(staged, 'dist')]);
  for (const file of ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md']) cpSync(join(root, file), join(staged, file));
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', scratch.path], { cwd: staged });
  tarball = scratch.join(readdirSync(scratch.path).find((name) => name.endsWith('.tgz')) ?? '');
  consumer = scratch.join('consumer');
  mkdirSync(consumer);
  writeFileSync(join(consumer, 'package.json'), '{ "name": "consumer", "private": true }');
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball], { cwd: consumer });
  hasVitest = await installVitest();
  // What else users have beside it: linked, not installed again.
  for (const name of ['jest', '@kubernetes/client-node']) {
    mkdirSync(join(consumer, 'node_modules', name, '..'), { recursive: true });
    symlinkSync(join(modules, name), join(consumer, 'node_modules', name), 'junction');
  }
  cpSync(join(root, 'test/package'), consumer, { recursive: true });
}, 300_000);

afterAll(() => scratch[Symbol.dispose]());

describe('the package as installed', () => {
  test('is small, and runs nothing when it is installed', () => {
    expect(statSync(tarball).size).toBeLessThan(6 * 1024 * 1024);
    const { scripts = {} } = JSON.parse(readFileSync(join(consumer, 'node_modules/kubette/package.json'), 'utf8')) as Manifest;
    expect(Object.keys(scripts).filter((name) => /^(pre|post)?install$|^prepare$/.test(name))).toEqual([]);
  });

  test('brings the licences of all that is bundled', () => {
    const notices = readFileSync(join(consumer, 'node_modules/kubette/dist/THIRD-PARTY-NOTICES.txt'), 'utf8');
    const named = [...notices.matchAll(/^=+\n(\S+) \S+ \((.*)\)\n=+\n\n(?=\S)/gm)].map(([, name]) => name);
    expect(named).toEqual(expect.arrayContaining(['@kubernetes/client-node', 'express', 'just-bash', 'ws']));
  });

  test('does what its users are promised, for importers and for those who require', async () => {
    const files = readdirSync(join(consumer, 'consumer')).filter((name) => /\.test\.[cm]js$/.test(name)).map((name) => join('consumer', name));
    expect(files.length).toBeGreaterThan(8);
    const printed = await node(['--expose-gc', '--test', ...files], { KUBECTL: kubectlPath() });
    expect(printed).toMatch(/^# fail 0$/m);
    expect(printed).toMatch(/^# skipped 0$/m);
  }, 600_000);

  test.each(['nodenext', 'node16'])('has types for both, with module %s', async (module) => {
    const config = {
      compilerOptions: { module, moduleResolution: module, target: 'es2022', lib: ['es2023', 'esnext.disposable'], strict: true, noEmit: true, skipLibCheck: false, types: ['node'], typeRoots: [join(modules, '@types')] },
      files: ['types/esm.mts', 'types/commonjs.cts'],
    };
    writeFileSync(join(consumer, `tsconfig.${module}.json`), JSON.stringify(config));
    await node([join(modules, 'typescript/bin/tsc'), '-p', `tsconfig.${module}.json`]);
  });

  test.each([['in a worker each', []], ['in one process', ['-i']]])('gives jest a cluster that is reset between tests, %s', async (_name, flags) => {
    const printed = await node([join(modules, 'jest/bin/jest.js'), '--rootDir', 'jest', '--config', 'jest/jest.config.cjs', '--ci', ...flags]);
    expect(printed).toMatch(/^Tests: +8 passed, 8 total$/m);
    // The cluster must not keep jest from ending.
    expect(printed).not.toMatch(/did not exit|failed to exit/);
  });

  test.each([
    ['in a worker each', []],
    ['in a worker that files share', ['--no-isolate', '--no-file-parallelism']],
  ])('gives vitest a cluster that is reset between tests, %s', async (_name, flags) => {
    if (!hasVitest) return;
    const printed = await node([join(consumer, 'node_modules/vitest/vitest.mjs'), 'run', '--root', 'vitest', ...flags], { NO_COLOR: '1' });
    expect(printed).toMatch(/^ *Tests +10 passed \(10\)$/m);
    // No vitest that hangs at its end, and no interface that will go.
    expect(printed).not.toMatch(/close timed out|deprecated/);
  });
});
