import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
/** Builds and downloads are kept between runs. */
const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'kubette-test');
const env = { ...process.env, KUBETTE: `${process.execPath} ${join(root, 'dist/cli.mjs')}`, GOFLAGS: '-mod=mod' };

const has = (command: string, ...args: string[]): boolean => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** How long a command may take: compilers that start with an empty cache need long, and are then not waited for. */
const COMMAND_MS = 120_000;

/** What cannot be had here: libraries without a network, or a build that takes too long. */
class NotHere extends Error {}

/** Runs a command to its end. Throws what it printed when it failed. */
function run(command: string, args: readonly string[], cwd: string): void {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, env, encoding: 'utf8', timeout: COMMAND_MS, killSignal: 'SIGKILL' });
  const words = `${command} ${args.join(' ')}: ${error?.message ?? `exit code ${status}`}\n${stdout}${stderr}`;
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ETIMEDOUT') throw new NotHere(words);
  if (status !== 0) throw new Error(words);
}

/** Runs a command that fetches libraries. */
function fetch(command: string, args: readonly string[], cwd: string): void {
  try {
    run(command, args, cwd);
  } catch (error) {
    throw new NotHere((error as Error).message);
  }
}

/** A copy of an example in the cache, so that what its toolchain leaves beside it stays out of the checkout. */
function copyOf(example: string): string {
  const folder = join(cache, `example-${example}`);
  mkdirSync(folder, { recursive: true });
  cpSync(join(root, 'examples', example), folder, { recursive: true });
  return folder;
}

/** The frame of a language, where its toolchain and its libraries are; elsewhere a line says that it was not tried. */
function frame(language: string, available: boolean, play: () => void): void {
  if (!available) process.stderr.write(`no ${language} here: its example is not tried\n`);
  else
    test(`the frame for ${language} works`, () => {
      try {
        play();
      } catch (error) {
        if (!(error instanceof NotHere)) throw error;
        process.stderr.write(`the example for ${language} cannot be tried here: ${error.message}\n`);
      }
    }, 4 * COMMAND_MS);
}

describe('examples in other languages', () => {
  test('are there', () => {
    for (const name of ['go', 'python', 'java']) expect(existsSync(join(root, 'examples', name))).toBe(true);
  });

  frame('Go', has('go', 'version'), () => {
    const folder = copyOf('go');
    fetch('go', ['mod', 'tidy'], folder);
    run('go', ['test', '-count=1', './...'], folder);
  });

  frame('Python', has('python3', '-m', 'venv', '--help'), () => {
    const venv = join(cache, 'python-client');
    const python = join(venv, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
    const example = copyOf('python');
    if (!existsSync(python) || !has(python, '-c', 'import kubernetes')) {
      fetch('python3', ['-m', 'venv', venv], cache);
      fetch(python, ['-m', 'pip', 'install', '-q', 'kubernetes'], cache);
    }
    run(python, ['-m', 'unittest', 'test_pods'], example);
  });

  frame('Java', has('java', '-version') && has('mvn', '--version'), () => {
    const folder = copyOf('java');
    fetch('mvn', ['-q', '-B', 'test-compile'], folder);
    run('mvn', ['-q', '-B', 'test'], folder);
  });
});
