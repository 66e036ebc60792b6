import type { FileSystem } from '../file-system.js';
import { toolOfFile } from '../files/base-image.js';
import type { ContainerStat } from '../files/memory-file-system.js';
import { baseName, resolvePath } from '../files/paths.js';
import type { Task } from './task.js';

/** What a path can be run as. */
export type Program =
  | { readonly kind: 'tool'; readonly path: string; readonly tool: string }
  | { readonly kind: 'script'; readonly path: string; readonly interpreter: readonly string[] };

export interface NoProgram {
  readonly code: 126 | 127;
  readonly isDirectory: boolean;
}

export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Finds what a command name runs, as execvp does with the given search path. */
export function findProgram(task: Task, name: string, path: string): Promise<Program | NoProgram> {
  return lookUp(task.fs, name, path, task.cwd);
}

/**
 * Whether a container can start `argv0`: its path, or why not, as runc words it in
 * `exec: "foo": executable file not found in $PATH`.
 */
export async function findExecutable(
  argv0: string, fs: FileSystem, env: Readonly<Record<string, string>>, cwd = '/',
): Promise<{ readonly path: string } | { readonly error: string }> {
  const found = await lookUp(fs, argv0, env['PATH'] ?? DEFAULT_PATH, cwd);
  if ('kind' in found) return { path: found.path };
  if (found.isDirectory) return { error: `exec: "${argv0}": is a directory` };
  if (found.code === 126) return { error: `exec: "${argv0}": permission denied` };
  if (argv0.includes('/')) return { error: `exec: "${argv0}": stat ${argv0}: no such file or directory` };
  return { error: `exec: "${argv0}": executable file not found in $PATH` };
}

async function lookUp(fs: FileSystem, name: string, path: string, cwd: string): Promise<Program | NoProgram> {
  if (name === '') return { code: 127, isDirectory: false };
  if (name.includes('/')) return inspect(fs, resolvePath(cwd, name), name);
  let best: NoProgram = { code: 127, isDirectory: false };
  for (const folder of path.split(':')) {
    const found = await inspect(fs, resolvePath(cwd, `${folder || '.'}/${name}`), name);
    if ('kind' in found) return found;
    if (found.code === 126 && !found.isDirectory) best = found;
  }
  return best;
}

async function inspect(fs: FileSystem, path: string, name: string): Promise<Program | NoProgram> {
  const stat = await fs.stat(path).catch(() => undefined) as ContainerStat | undefined;
  if (!stat) return { code: 127, isDirectory: false };
  if (stat.isDirectory) return { code: 126, isDirectory: true };
  if ((stat.mode & 0o111) === 0 || stat.device) return { code: 126, isDirectory: false };
  const content = await fs.readFileBuffer(path);
  const tool = toolOfFile(content);
  // busybox is one program that looks at the name it was called by.
  if (tool !== undefined) return { kind: 'tool', path, tool: tool === 'busybox' ? baseName(name).replace(/^-/, '') : tool };
  const line = /^#![ \t]*([^\n]*)/.exec(Buffer.from(content.subarray(0, 256)).toString('latin1'))?.[1]?.trim();
  if (line) {
    const space = line.search(/[ \t]/);
    return { kind: 'script', path, interpreter: space < 0 ? [line] : [line.slice(0, space), line.slice(space).trim()] };
  }
  // As execvp, a file of unknown format is given to the shell.
  return content[0] === 0x7f ? { code: 126, isDirectory: false } : { kind: 'script', path, interpreter: ['/bin/sh'] };
}
