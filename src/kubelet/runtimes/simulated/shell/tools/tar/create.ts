import { errorText } from '../../../files/file-system-error.js';
import type { ContainerStat } from '../../../files/memory-file-system.js';
import { resolvePath } from '../../../files/paths.js';
import { nextTurn } from '../../io/condition.js';
import type { Task } from '../../task.js';
import { isBusybox } from '../input.js';
import { BLOCK, encodeHeader, padding, type Member } from './header.js';
import type { TarOptions } from './tar.js';

const CHUNK = 256 * 1024;

/** Writes the archive of the operands; gives tar's exit code. */
export async function createArchive(task: Task, options: TarOptions, write: (bytes: Uint8Array) => Promise<void>): Promise<number> {
  let status = 0;
  let warned = false;
  const missing = async (path: string, error: unknown): Promise<void> => {
    await task.writeError(isBusybox(task) ? `tar: ${path}: ${errorText(error)}\n` : `tar: ${path}: Cannot stat: ${errorText(error)}\n`);
    status = isBusybox(task) ? 1 : 2;
  };
  const add = async (shown: string, full: string): Promise<void> => {
    if (options.excluded(shown.replace(/\/$/, ''))) return;
    await nextTurn(task.signal);
    const stat = await (options.dereference ? task.fs.stat(full) : task.fs.lstat(full)) as ContainerStat;
    if (stat.device) return;
    const name = memberName(shown);
    if (name !== shown && shown.startsWith('/') && !warned) {
      warned = true;
      await task.writeError(isBusybox(task) ? "tar: removing leading '/' from member names\n" : "tar: Removing leading `/' from member names\n");
    }
    if (options.verbose) await (options.file === '-' ? task.writeError(`${shown}\n`) : task.write(`${shown}\n`));
    const type: Member['type'] = stat.isSymbolicLink ? 'symlink' : stat.isDirectory ? 'directory' : 'file';
    const content = type === 'file' ? await task.fs.readFileBuffer(full) : new Uint8Array(0);
    await write(encodeHeader({
      name: type === 'directory' ? `${name.replace(/\/$/, '')}/` : name, type, mode: stat.mode, uid: stat.uid ?? 0, gid: stat.gid ?? 0, size: content.length,
      mtime: stat.mtime.getTime() / 1000, target: type === 'symlink' ? await task.fs.readlink(full) : '',
    }));
    for (let at = 0; at < content.length; at += CHUNK) await write(content.subarray(at, at + CHUNK));
    if (content.length % BLOCK !== 0) await write(padding(content.length));
    if (type !== 'directory') return;
    for (const child of await task.fs.readdir(full)) {
      await add(`${shown.replace(/\/$/, '')}/${child}`, resolvePath(full, child)).catch((error: unknown) => inside(error, `${shown}/${child}`));
    }
  };
  const inside = async (error: unknown, path: string): Promise<void> => {
    if (task.signal.aborted || !(error instanceof Error && /^E[A-Z]+:/.test(error.message))) throw error;
    await missing(path, error);
  };
  for (const operand of options.operands) await add(operand, resolvePath(options.folder, operand)).catch((error: unknown) => inside(error, operand));
  await write(Buffer.alloc(2 * BLOCK));
  if (status !== 0) await task.writeError(isBusybox(task) ? 'tar: error exit delayed from previous errors\n' : 'tar: Exiting with failure status due to previous errors\n');
  return status;
}

function memberName(path: string): string {
  return path.replace(/^(\.\.\/)+|^.*\/\.\.\//, '').replace(/^\/+/, '') || './';
}
