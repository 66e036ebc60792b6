import { errorText } from '../../files/file-system-error.js';
import type { ContainerStat } from '../../files/memory-file-system.js';
import type { Tool } from '../program.js';
import type { Task } from '../task.js';
import { formatTime } from './date.js';
import { isBusybox } from './input.js';
import { parseOptions } from './options.js';
import { nameTables } from './users.js';

interface Entry {
  readonly name: string;
  readonly path: string;
  readonly stat: ContainerStat;
  readonly target: string | undefined;
}

type Options = ReadonlyMap<string, string>;

export const ls: Tool = async (task, args) => {
  const { options, operands } = parseOptions(args, 'laA1hdRtrSFpinsgoGHLqkcuxCmQXvwUNb', {
    all: 'a', 'almost-all': 'A', 'human-readable': 'h', directory: 'd', recursive: 'R', reverse: 'r', classify: 'F', color: 'color', inode: 'i',
    'full-time': 'full-time', 'numeric-uid-gid': 'n', 'time-style': 'style:', 'group-directories-first': 'first', 'no-group': 'G', dereference: 'L',
  });
  const files: Entry[] = [];
  const folders: Entry[] = [];
  let status = 0;
  const long = options.has('l') || options.has('n') || options.has('g') || options.has('o') || options.has('full-time');
  for (const operand of operands.length > 0 ? operands : ['.']) {
    try {
      const entry = await inspect(task, operand, operand, !long || options.has('L') || operand.endsWith('/'));
      (entry.stat.isDirectory && !options.has('d') ? folders : files).push(entry);
    } catch (error) {
      const reason = errorText(error);
      await task.writeError(isBusybox(task) ? `ls: ${operand}: ${reason}\n` : `ls: cannot access '${operand}': ${reason}\n`);
      status = isBusybox(task) ? 1 : 2;
    }
  }
  if (files.length > 0) await list(task, sorted(files, options), options, long, false);
  const titled = folders.length + files.length > 1 || options.has('R') || status > 0 && folders.length > 0 && operands.length > 1;
  let first = files.length === 0;
  const queue = sorted(folders, options);
  for (let folder = queue.shift(); folder; folder = queue.shift()) {
    if (titled) await task.write(`${first ? '' : '\n'}${folder.name}:\n`);
    first = false;
    const entries = await contents(task, folder, options);
    await list(task, entries, options, long, true);
    if (options.has('R')) {
      const inner = entries.filter((entry) => entry.stat.isDirectory && entry.name !== '.' && entry.name !== '..');
      queue.unshift(...inner.map((entry) => ({ ...entry, name: `${folder.name.replace(/\/$/, '')}/${entry.name}` })));
    }
  }
  return status;
};

async function inspect(task: Task, name: string, path: string, follow: boolean): Promise<Entry> {
  const full = task.resolve(path);
  let stat = await task.fs.lstat(full) as ContainerStat;
  const target = stat.isSymbolicLink ? await task.fs.readlink(full) : undefined;
  if (follow && target !== undefined) stat = await task.fs.stat(full).catch(() => stat) as ContainerStat;
  return { name, path: full, stat, target: stat.isSymbolicLink ? target : undefined };
}

async function contents(task: Task, folder: Entry, options: Options): Promise<Entry[]> {
  const names = (await task.fs.readdir(folder.path)).filter((name) => options.has('a') || options.has('A') || !name.startsWith('.'));
  const entries: Entry[] = [];
  for (const name of names) entries.push(await inspect(task, name, `${folder.path}/${name}`, options.has('L')).catch(() => ({ name, path: `${folder.path}/${name}`, stat: folder.stat, target: undefined })));
  const ordered = sorted(entries, options);
  if (!options.has('a')) return ordered;
  return [await inspect(task, '.', folder.path, true), await inspect(task, '..', `${folder.path}/..`, true), ...ordered];
}

function sorted(entries: readonly Entry[], options: Options): Entry[] {
  const byName = (a: Entry, b: Entry): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
  const order = [...entries].sort((a, b) => {
    if (options.has('t')) return b.stat.mtime.getTime() - a.stat.mtime.getTime() || byName(a, b);
    if (options.has('S')) return b.stat.size - a.stat.size || byName(a, b);
    return byName(a, b);
  });
  if (options.has('r')) order.reverse();
  return options.has('first') ? [...order.filter((entry) => entry.stat.isDirectory), ...order.filter((entry) => !entry.stat.isDirectory)] : order;
}

async function list(task: Task, entries: readonly Entry[], options: Options, long: boolean, isFolder: boolean): Promise<void> {
  if (long) {
    await task.write(await longLines(task, entries, options, isFolder));
    return;
  }
  const names = entries.map((entry) => `${options.has('i') ? `${inode(entry)} ` : ''}${entry.name}${mark(entry, options)}`);
  if (names.length === 0) return;
  const terminal = task.stdout.tty;
  if (!terminal || options.has('1')) await task.write(`${names.join('\n')}\n`);
  else await task.write(columns(names, terminal.size.width || 80));
}

function mark(entry: Entry, options: Options): string {
  if (entry.stat.isDirectory && (options.has('F') || options.has('p'))) return '/';
  if (!options.has('F')) return '';
  if (entry.stat.isSymbolicLink) return '@';
  return entry.stat.mode & 0o111 ? '*' : '';
}

function columns(names: readonly string[], width: number): string {
  const cell = Math.max(...names.map((name) => name.length)) + 2;
  const perRow = Math.max(1, Math.floor(width / cell));
  const rows = Math.ceil(names.length / perRow);
  return Array.from({ length: rows }, (_, row) => {
    const line = names.filter((__, i) => i % rows === row).map((name) => name.padEnd(cell)).join('');
    return `${line.trimEnd()}\n`;
  }).join('');
}

async function longLines(task: Task, entries: readonly Entry[], options: Options, isFolder: boolean): Promise<string> {
  const names = await nameTables(task);
  const now = task.container.clock.now();
  const numeric = options.has('n');
  const rows = entries.map((entry) => ({
    mode: permissions(entry.stat),
    links: String(entry.stat.links ?? 1),
    user: numeric ? String(entry.stat.uid ?? 0) : names.user(entry.stat.uid ?? 0),
    group: numeric ? String(entry.stat.gid ?? 0) : names.group(entry.stat.gid ?? 0),
    size: options.has('h') ? humanSize(entry.stat.size) : String(entry.stat.size),
    time: shownTime(entry.stat.mtime.getTime(), now, options),
    name: `${entry.name}${mark(entry, options)}${entry.target === undefined ? '' : ` -> ${entry.target}`}`,
  }));
  const blocks = entries.reduce((sum, entry) => sum + Math.ceil(entry.stat.size / 4096) * 4, 0);
  const total = isFolder ? `total ${options.has('h') ? humanSize(blocks * 1024) : blocks}\n` : '';
  if (isBusybox(task)) {
    return total + rows.map((row) => `${row.mode} ${row.links.padStart(4)} ${row.user.slice(0, 8).padEnd(8)} ${row.group.slice(0, 8).padEnd(8)} ${row.size.padStart(9)} ${row.time} ${row.name}\n`).join('');
  }
  const width = (pick: (row: (typeof rows)[number]) => string): number => Math.max(0, ...rows.map((row) => pick(row).length));
  const [links, user, group, size] = [width((row) => row.links), width((row) => row.user), width((row) => row.group), width((row) => row.size)];
  return total + rows.map((row) => [
    row.mode, row.links.padStart(links), ...(options.has('g') ? [] : [row.user.padEnd(user)]), ...(options.has('o') || options.has('G') ? [] : [row.group.padEnd(group)]),
    row.size.padStart(size), row.time, row.name,
  ].join(' ') + '\n').join('');
}

function shownTime(time: number, now: number, options: Options): string {
  if (options.has('full-time') || options.get('style') === 'full-iso') return formatTime('%Y-%m-%d %H:%M:%S.%N %z', time);
  if (options.get('style') === 'long-iso') return formatTime('%Y-%m-%d %H:%M', time);
  const recent = time <= now + 3_600_000 && time > now - 182 * 86_400_000;
  return formatTime(recent ? '%b %e %H:%M' : '%b %e  %Y', time);
}

/** The mode as `ls -l` shows it. */
export function permissions(stat: Pick<ContainerStat, 'mode' | 'isDirectory' | 'isSymbolicLink'> & { device?: string | undefined }): string {
  const type = stat.isSymbolicLink ? 'l' : stat.isDirectory ? 'd' : stat.device === 'fifo' ? 'p' : stat.device ? 'c' : '-';
  const bits = [0o400, 0o200, 0o100, 0o40, 0o20, 0o10, 4, 2, 1].map((bit, i) => (stat.mode & bit ? 'rwxrwxrwx'[i] : '-'));
  const special = (index: number, bit: number, letter: string): void => {
    if (stat.mode & bit) bits[index] = bits[index] === 'x' ? letter : letter.toUpperCase();
  };
  special(2, 0o4000, 's');
  special(5, 0o2000, 's');
  special(8, 0o1000, 't');
  return type + bits.join('');
}

export function humanSize(bytes: number): string {
  if (bytes < 1024) return String(bytes);
  let value = bytes;
  let unit = '';
  for (const next of ['K', 'M', 'G', 'T']) {
    if (value < 1024) break;
    value /= 1024;
    unit = next;
  }
  return value < 10 ? `${(Math.ceil(value * 10) / 10).toFixed(1)}${unit}` : `${Math.ceil(value)}${unit}`;
}

function inode(entry: Entry): string {
  let hash = 7;
  for (const c of entry.path) hash = (Math.imul(hash, 31) + c.charCodeAt(0)) >>> 0;
  return String(100_000 + (hash % 900_000));
}
