import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
/** Builds and downloads are kept between runs. */
const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'kubette-test');
const env = { ...process.env, KUBETTE: `${process.execPath} ${join(root, 'dist/cli.mjs')}`, GOFLAGS: '-mod=mod' };

const has = (command: string, ...args: string[]): boolean => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** Runs a command to its end; what it printed when it failed. */
function failure(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, env, encoding: 'utf8', timeout: 280_000 });
  return status === 0 ? '' : `${command} ${args.join(' ')}: ${error?.message ?? `exit code ${status}`}\n${stdout}${stderr}`;
}

/** A copy of an example in the cache, so that what its toolchain leaves beside it stays out of the checkout. */
function copyOf(example: string): string {
  const folder = join(cache, `example-${example}`);
  mkdirSync(folder, { recursive: true });
  cpSync(join(root, 'examples', example), folder, { recursive: true });
  return folder;
}

/** The frame of a language, where its toolchain is; elsewhere a line says that it was not tried. */
function frame(language: string, available: boolean, run: () => string): void {
  if (!available) process.stderr.write(`no ${language} here: its example is not tried\n`);
  else test(`the frame for ${language} works`, () => expect(run()).toBe(''), 300_000);
}

describe('examples in other languages', () => {
  test('are there', () => {
    for (const name of ['go', 'python', 'java']) expect(existsSync(join(root, 'examples', name))).toBe(true);
  });

  frame('Go', has('go', 'version'), () => {
    const folder = copyOf('go');
    return failure('go', ['mod', 'tidy'], folder) || failure('go', ['test', '-count=1', './...'], folder);
  });

  frame('Python', has('python3', '-m', 'venv', '--help'), () => {
    const venv = join(cache, 'python-client');
    const python = join(venv, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
    const prepare = existsSync(python) && has(python, '-c', 'import kubernetes') ? '' : failure('python3', ['-m', 'venv', venv], cache) || failure(python, ['-m', 'pip', 'install', '-q', 'kubernetes'], cache);
    return prepare || failure(python, ['-m', 'unittest', 'test_pods'], copyOf('python'));
  });

  frame('Java', has('java', '-version') && has('mvn', '--version'), () => failure('mvn', ['-q', '-B', 'test'], copyOf('java')));
});
