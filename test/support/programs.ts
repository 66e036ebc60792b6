import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** A build that takes longer is given up for now; what it has compiled so far, Go keeps for the next time. */
const BUILD_MS = 120_000;
const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'kubette-test');

/** How to start a program; or why it cannot be had here: no compiler, or no network to fetch libraries. */
export type Program = { readonly command: readonly [string, ...string[]] } | { readonly missing: string };

/** A Go program of a folder, built once and kept in the cache for as long as its sources stay the same. */
export async function goProgram(folder: string): Promise<Program> {
  try {
    const { stdout: version } = await run('go', ['version']);
    const sources = ['main.go', 'go.mod', 'go.sum'].map((name) => readFileSync(join(folder, name), 'utf8'));
    const binary = await cached(`go-${digest(folder.split('/').at(-1) ?? '', version, ...sources)}`, (scratch) => run('go', ['build', '-mod=readonly', '-o', join(scratch, 'program'), '.'], { cwd: folder, timeout: BUILD_MS }));
    return { command: [join(binary, 'program')] };
  } catch (error) {
    return { missing: `Go, or the modules of ${folder}: ${reason(error)}` };
  }
}

/** A Python script with packages from PyPI, in a folder that is filled once. */
export async function pythonProgram(script: string, packages: readonly string[]): Promise<Program> {
  try {
    const { stdout: version } = await run('python3', ['--version']);
    const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-compile', '--target'];
    const folder = await cached(`python-${digest(version, ...packages)}`, (scratch) => run('python3', [...install, scratch, ...packages], { timeout: BUILD_MS }));
    return { command: ['env', `PYTHONPATH=${folder}`, 'python3', script] };
  } catch (error) {
    return { missing: `Python with ${packages.join(', ')}: ${reason(error)}` };
  }
}

/** A folder of the cache, filled by `make` where it is not there: as a whole or not at all. */
async function cached(name: string, make: (scratch: string) => Promise<unknown>): Promise<string> {
  const folder = join(CACHE, name);
  if (existsSync(folder)) return folder;
  mkdirSync(dirname(folder), { recursive: true });
  const scratch = mkdtempSync(`${folder}-`);
  try {
    await make(scratch);
    renameSync(scratch, folder);
  } catch (error) {
    rmSync(scratch, { recursive: true, force: true });
    // Another test run may have been faster.
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

const digest = (...parts: readonly string[]): string => createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 12);

const reason = (error: unknown): string => String((error as { stderr?: string }).stderr || (error as Error).message).split('\n')[0] ?? '';
