import { randomFillSync } from 'node:crypto';
import type { FileSystem } from '../../file-system.js';
import { FileSystemError } from '../../files/file-system-error.js';
import type { ContainerStat } from '../../files/memory-file-system.js';
import { MountedFileSystem } from '../../files/mounted-file-system.js';
import { tasksOf, type Task } from '../task.js';
import { connectStream } from './stream-files.js';
import { EndlessFile, NullFile, type OpenFile } from './open-file.js';
import { Fifo } from './pipe.js';
import { RegularFile } from './regular-file.js';

export type OpenMode = 'read' | 'write' | 'append' | 'both';

/** FIFOs by file system and path: their two ends are opened by different processes. */
const fifos = new WeakMap<FileSystem, Map<string, Fifo>>();

/**
 * Opens a path as open(2) would for the process: devices, FIFOs, /dev/fd/N, another process's /proc/PID/fd/N,
 * bash's /dev/tcp/HOST/PORT. 'write' truncates; all but 'read' create. Rejects with file system errors.
 */
export async function openPath(task: Task, path: string, mode: OpenMode): Promise<OpenFile> {
  if (path === '') throw new FileSystemError('ENOENT', 'open', path);
  const full = task.resolve(path);
  const inherited = descriptorFile(task, full);
  if (inherited) return inherited.retain();
  const socket = /^\/dev\/tcp\/([^/]+)\/(\d+)$/.exec(full);
  if (socket) return connectStream(await task.container.network.connect(socket[1] ?? '', Number(socket[2]), task.signal));
  const { fs } = task;
  const stat = await fs.stat(full).catch(() => undefined) as ContainerStat | undefined;
  if (stat?.isDirectory) {
    if (mode !== 'read') throw new FileSystemError('EISDIR', 'open', path);
    throw new FileSystemError('EISDIR', 'read', path);
  }
  if (stat?.device) return openDevice(task, stat.device, full, mode);
  if (mode === 'read') {
    if (!stat) await fs.stat(full);
    return new RegularFile(fs, full, false);
  }
  if (mode === 'write') await fs.writeFile(full, '');
  else if (!stat) await fs.writeFile(full, '');
  else if (fs instanceof MountedFileSystem && (await fs.isReadOnly(full))) throw new FileSystemError('EROFS', 'open', path);
  if (!stat) await createdBy(task, full);
  return new RegularFile(fs, full, mode === 'append');
}

/** Gives a new file the mode and owner that the process's umask and user make. */
async function createdBy(task: Task, path: string): Promise<void> {
  const mode = 0o666 & ~task.umask;
  if (mode !== 0o644) await task.fs.chmod(path, mode);
}

function descriptorFile(task: Task, path: string): OpenFile | undefined {
  const standard = { '/dev/stdin': 0, '/dev/stdout': 1, '/dev/stderr': 2 }[path];
  if (standard !== undefined) return present(task.files.get(standard), path);
  const own = /^\/dev\/fd\/(\d+)$/.exec(path);
  if (own) return present(task.files.get(Number(own[1])), path);
  const other = /^\/proc\/(\d+)\/fd\/(\d+)$/.exec(path);
  if (other) return present(tasksOf(task.container.pids).get(Number(other[1]))?.files.get(Number(other[2])), path);
  return undefined;
}

function present(file: OpenFile | undefined, path: string): OpenFile {
  if (!file) throw new FileSystemError('ENOENT', 'open', path);
  return file;
}

async function openDevice(task: Task, device: string, path: string, mode: OpenMode): Promise<OpenFile> {
  switch (device) {
    case 'zero': return new EndlessFile(() => new Uint8Array(64 * 1024));
    case 'full': return new EndlessFile(() => new Uint8Array(64 * 1024), true);
    case 'random':
    case 'urandom': return new EndlessFile(() => randomFillSync(new Uint8Array(64 * 1024)));
    case 'tty': {
      const terminal = [0, 1, 2].map((fd) => task.files.get(fd)).find((file) => file?.tty);
      return present(terminal, path).retain();
    }
    case 'fifo': {
      let known = fifos.get(task.fs);
      if (!known) fifos.set(task.fs, (known = new Map()));
      let fifo = known.get(path);
      if (!fifo) known.set(path, (fifo = new Fifo()));
      return fifo.open(mode === 'read' ? 'read' : 'write', task.signal);
    }
    default: return new NullFile();
  }
}
