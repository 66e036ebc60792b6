import { randomBytes } from 'node:crypto';
import { errorText } from '../../files/file-system-error.js';
import { MountedFileSystem } from '../../files/mounted-file-system.js';
import { MemoryFileSystem } from '../../files/memory-file-system.js';
import { asMounted } from '../../root-file-system.js';
import { CommandError } from '../errors.js';
import { openPath } from '../io/open.js';
import type { OpenFile } from '../io/open-file.js';
import { execute, type Tool } from '../program.js';
import type { Task } from '../task.js';
import { humanSize } from './ls.js';
import { isBusybox, toolName } from './input.js';
import { parseOptions } from './options.js';
import { lookUpId } from './users.js';

export const mktemp: Tool = async (task, args) => {
  const { options, operands } = parseOptions(args, 'dqutp:', { directory: 'd', tmpdir: 'p:', 'dry-run': 'u', quiet: 'q', suffix: 'suffix:' });
  const [template = 'tmp.XXXXXXXXXX'] = operands;
  const xs = /X{3,}(?=[^X]*$)/.exec(template);
  if (!xs) throw new CommandError(`too few X's in template '${template}'`);
  const folder = options.get('p') ?? (operands.length === 0 || options.has('t') ? (task.env.get('TMPDIR') ?? '/tmp') : undefined);
  const name = template.slice(0, xs.index) + randomName(xs[0].length) + template.slice(xs.index + xs[0].length) + (options.get('suffix') ?? '');
  const path = folder === undefined ? name : `${folder.replace(/\/$/, '')}/${name}`;
  const full = task.resolve(path);
  if (!options.has('u')) {
    if (options.has('d')) await task.fs.mkdir(full);
    else await task.fs.writeFile(full, '');
    await task.fs.chmod(full, options.has('d') ? 0o700 : 0o600);
  }
  await task.write(`${path}\n`);
  return 0;
};

function randomName(length: number): string {
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
  return [...randomBytes(length)].map((byte) => letters[byte % letters.length]).join('');
}

/** `chown` and `chgrp`. */
export const chown: Tool = async (task, args) => {
  const { options, operands } = parseOptions(args, 'RhfvcLHP', { recursive: 'R', 'no-dereference': 'h', quiet: 'f', silent: 'f', verbose: 'v', changes: 'c', reference: 'ref:' });
  const [spec, ...paths] = operands;
  if (spec === undefined || paths.length === 0) throw new CommandError('missing operand');
  const groupOnly = toolName(task) === 'chgrp';
  const [user = '', group] = groupOnly ? ['', spec] : spec.split(/[:.]/);
  const uid = user === '' ? -1 : await lookUpId(task, 'user', user);
  const gid = group === undefined || group === '' ? -1 : await lookUpId(task, 'group', group);
  if (uid === undefined) throw new CommandError(isBusybox(task) ? `unknown user ${user}` : `invalid user: '${spec}'`);
  if (gid === undefined) throw new CommandError(isBusybox(task) ? `unknown group ${group}` : `invalid group: '${spec}'`);
  let status = 0;
  const one = async (path: string): Promise<void> => {
    const { fs } = task;
    if (fs instanceof MountedFileSystem || fs instanceof MemoryFileSystem) await fs.chown(path, uid, gid, { follow: !options.has('h') });
    if (!options.has('R') || !(await fs.lstat(path)).isDirectory) return;
    for (const name of await fs.readdir(path)) await one(`${path}/${name}`);
  };
  for (const path of paths) {
    try {
      await one(task.resolve(path));
    } catch (error) {
      if (!options.has('f')) await task.writeError(`${toolName(task)}: ${isBusybox(task) ? `${path}: ` : `cannot access '${path}': `}${errorText(error)}\n`);
      status = 1;
    }
  }
  return status;
};

export const realpath: Tool = async (task, args) => {
  const { options, operands } = parseOptions(args, 'emsqzLP', { 'canonicalize-existing': 'e', 'canonicalize-missing': 'm', 'no-symlinks': 's' });
  if (operands.length === 0) throw new CommandError('missing operand');
  let status = 0;
  for (const path of operands) {
    const full = task.resolve(path);
    try {
      await task.write(`${await task.fs.realpath(full)}\n`);
    } catch (error) {
      const parent = full.slice(0, full.lastIndexOf('/')) || '/';
      const folder = options.has('e') ? undefined : await task.fs.realpath(parent).catch(() => (options.has('m') ? parent : undefined));
      if (folder !== undefined) await task.write(`${folder === '/' ? '' : folder}${full.slice(full.lastIndexOf('/'))}\n`);
      else {
        await task.writeError(`realpath: ${path}: ${errorText(error)}\n`);
        status = 1;
      }
    }
  }
  return status;
};

export const mkfifo: Tool = async (task, args) => {
  const { options, operands } = parseOptions(args, 'm:', { mode: 'm:' });
  if (operands.length === 0) throw new CommandError('missing operand');
  const mode = Number.parseInt(options.get('m') ?? (0o666 & ~task.umask).toString(8), 8);
  const { fs } = task;
  for (const path of operands) {
    try {
      if (fs instanceof MountedFileSystem || fs instanceof MemoryFileSystem) await fs.mknod(task.resolve(path), 'fifo', mode);
    } catch (error) {
      throw new CommandError(isBusybox(task) ? `${path}: ${errorText(error)}` : `cannot create fifo '${path}': ${errorText(error)}`);
    }
  }
  return 0;
};

const DD_UNITS: Readonly<Record<string, number>> = { '': 1, c: 1, w: 2, b: 512, k: 1024, K: 1024, kB: 1000, M: 1 << 20, MB: 1e6, G: 2 ** 30, GB: 1e9 };

function size(text: string): number {
  const match = /^(\d+)([cwbkKMG]?B?)$/.exec(text);
  const unit = match ? DD_UNITS[match[2] ?? ''] : undefined;
  if (!match || unit === undefined) throw new CommandError(`invalid number '${text}'`);
  return Number(match[1]) * unit;
}

export const dd: Tool = async (task, args) => {
  const values = new Map(args.map((arg) => [arg.slice(0, arg.indexOf('=')), arg.slice(arg.indexOf('=') + 1)]));
  const block = values.get('bs');
  const ibs = size(block ?? values.get('ibs') ?? '512');
  const limit = values.has('count') ? size(values.get('count') ?? '') * ibs : Infinity;
  const [inputPath, outputPath] = [values.get('if'), values.get('of')];
  const notrunc = (values.get('conv') ?? '').includes('notrunc');
  const input = inputPath === undefined ? task.stdin.retain() : await opened(task, inputPath, 'read');
  const output = outputPath === undefined ? task.stdout.retain() : await opened(task, outputPath, notrunc ? 'both' : 'write');
  const started = task.container.clock.now();
  let skip = size(values.get('skip') ?? '0') * ibs;
  let total = 0;
  try {
    for (let seek = size(values.get('seek') ?? '0') * ibs; seek > 0; seek -= Math.min(seek, 1 << 16)) await output.write(new Uint8Array(Math.min(seek, 1 << 16)), task.signal);
    while (total < limit) {
      const chunk = await input.read(task.signal);
      if (!chunk) break;
      const rest = chunk.subarray(Math.min(skip, chunk.length));
      skip -= chunk.length - rest.length;
      const part = rest.subarray(0, Math.min(rest.length, limit - total));
      input.unread(rest.subarray(part.length));
      await output.write(part, task.signal);
      total += part.length;
      if ((total & 0xfffff) === 0) await new Promise((resolve) => { setImmediate(resolve); });
    }
  } finally {
    input.release();
    output.release();
  }
  if (values.get('status') !== 'none') {
    const records = `${Math.floor(total / ibs)}+${Number(total % ibs > 0)}`;
    const seconds = (task.container.clock.now() - started) / 1000;
    const speed = `${seconds.toFixed(6)} seconds, ${humanSize(seconds > 0 ? total / seconds : total)}B/s`;
    await task.writeError(`${records} records in\n${records} records out\n${values.get('status') === 'noxfer' ? '' : `${total} bytes (${humanSize(total)}B) copied, ${speed}\n`}`);
  }
  return 0;
};

async function opened(task: Task, path: string, mode: 'read' | 'write' | 'both'): Promise<OpenFile> {
  try {
    return await openPath(task, path, mode);
  } catch (error) {
    throw new CommandError(isBusybox(task) ? `can't open '${path}': ${errorText(error)}` : `failed to open '${path}': ${errorText(error)}`);
  }
}

export const truncate: Tool = async (task, args) => {
  const { options, operands } = parseOptions(args, 's:c', { size: 's:', 'no-create': 'c' });
  const text = options.get('s');
  if (text === undefined) throw new CommandError('you must specify -s');
  for (const path of operands) {
    const full = task.resolve(path);
    const old = await task.fs.readFileBuffer(full).catch(() => new Uint8Array(0));
    const wanted = /^[-+]/.test(text) ? old.length + (text.startsWith('-') ? -1 : 1) * size(text.slice(1)) : size(text);
    const data = new Uint8Array(Math.max(0, wanted));
    data.set(old.subarray(0, data.length));
    await task.fs.writeFile(full, data);
  }
  return 0;
};

export const unlink: Tool = async (task, args) => {
  for (const path of args) await task.fs.rm(task.resolve(path)).catch((error: unknown) => { throw new CommandError(`can't remove file '${path}': ${errorText(error)}`); });
  return 0;
};

export const mount: Tool = async (task, args) => {
  if (args.some((arg) => !arg.startsWith('-'))) throw new CommandError('permission denied (are you root?)');
  for (const line of (await task.fs.readFile('/proc/mounts').catch(() => '')).trimEnd().split('\n')) {
    const [device, path, type, flags] = line.split(' ');
    if (path) await task.write(`${device} on ${path} type ${type} (${flags})\n`);
  }
  return 0;
};

export const umount: Tool = async (_task, args) => {
  throw new CommandError(`can't unmount ${args[0] ?? ''}: Operation not permitted`);
};

/** What every node's disk looks like to `df`. */
const DISK = { totalKib: 100 * 2 ** 20, usedKib: 20 * 2 ** 20 };

export const df: Tool = async (task, args) => {
  const { options, operands } = parseOptions(args, 'hkmPTait:B:', { 'human-readable': 'h', portability: 'P', all: 'a', inodes: 'i', 'print-type': 'T' });
  const rows = (await task.fs.readFile('/proc/mounts').catch(() => '')).trimEnd().split('\n').map((line) => line.split(' '))
    .filter(([, path, type]) => path && type !== 'proc')
    .map(([device = '', path = '']) => ({ device, path }));
  const shown = operands.length === 0 ? rows : operands.map((operand) => rows.filter((row) => row.path === '/' || task.resolve(operand) === row.path || task.resolve(operand).startsWith(`${row.path}/`)).sort((a, b) => b.path.length - a.path.length)[0]).filter((row) => row !== undefined);
  const unit = options.has('m') ? 1024 : 1;
  const show = (kib: number): string => (options.has('h') ? humanSize(kib * 1024) : String(Math.ceil(kib / unit)));
  const heading = options.has('h') ? ['Size', 'Used', 'Available', 'Use%'] : [options.has('m') ? '1M-blocks' : isBusybox(task) ? '1K-blocks' : '1K-blocks', 'Used', 'Available', 'Use%'];
  const line = (cells: string[]): string => `${(cells[0] ?? '').padEnd(20)} ${(cells[1] ?? '').padStart(10)} ${(cells[2] ?? '').padStart(9)} ${(cells[3] ?? '').padStart(9)} ${(cells[4] ?? '').padStart(4)} ${cells[5] ?? ''}\n`;
  await task.write(line(['Filesystem', ...heading, 'Mounted on']));
  for (const row of shown) {
    const percent = `${Math.ceil((DISK.usedKib / DISK.totalKib) * 100)}%`;
    await task.write(line([row.device, show(DISK.totalKib), show(DISK.usedKib), show(DISK.totalKib - DISK.usedKib), percent, row.path]));
  }
  return 0;
};

/** chroot(1) into a folder that is a mount of its own, such as /host of `kubectl debug node/NAME`, or lies in the root layer. */
export const chroot: Tool = async (task, args) => {
  const [folder, ...given] = args.filter((arg) => !arg.startsWith('--'));
  if (folder === undefined) throw new CommandError('missing operand', 125);
  const path = task.resolve(folder);
  const point = asMounted(task.fs)?.mounts().find((mount) => mount.path === path);
  const root = typeof point?.filesystem === 'function' ? point.filesystem() : point?.filesystem;
  if (!(root instanceof MemoryFileSystem)) throw new CommandError(`cannot change root directory to '${folder}': No such file or directory`, 125);
  task.container = { ...task.container, fs: new MountedFileSystem(root), family: 'debian' };
  task.cwd = '/';
  return execute(task, given.length > 0 ? given : ['/bin/sh', '-i']);
};
