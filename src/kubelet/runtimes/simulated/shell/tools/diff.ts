import { errorText } from '../../files/file-system-error.js';
import { CommandError } from '../errors.js';
import { openPath } from '../io/open.js';
import type { Tool } from '../program.js';
import type { Task } from '../task.js';
import { formatTime } from './date.js';
import { isBusybox, readAll } from './input.js';
import { parseOptions } from './options.js';

interface Change {
  readonly oldStart: number;
  readonly oldEnd: number;
  readonly newStart: number;
  readonly newEnd: number;
}

/** Larger tables than this are not worth a line-by-line comparison. */
const MAX_CELLS = 25_000_000;

/** diff(1): normal or unified, briefly, recursively. */
export const diff: Tool = async (task, args) => {
  const { options, operands } = parseOptions(args, 'uU:qrNbBwisat', { unified: 'u', brief: 'q', recursive: 'r', 'new-file': 'N', 'ignore-case': 'i', 'ignore-all-space': 'w', 'ignore-space-change': 'b', 'report-identical-files': 's', text: 'a', color: 'color' });
  const [left, right] = operands;
  if (left === undefined || right === undefined) throw new CommandError('missing operand', 2);
  return compare(task, left, right, options);
};

async function compare(task: Task, left: string, right: string, options: ReadonlyMap<string, string>): Promise<number> {
  const isFolder = (path: string): Promise<boolean> => task.fs.stat(task.resolve(path)).then((stat) => stat.isDirectory, () => false);
  const [leftFolder, rightFolder] = [await isFolder(left), await isFolder(right)];
  if (leftFolder && rightFolder) return folders(task, left, right, options);
  const [a, b] = [leftFolder ? `${left}/${right.split('/').at(-1)}` : left, rightFolder ? `${right}/${left.split('/').at(-1)}` : right];
  const [oldText, newText] = [await content(task, a, options), await content(task, b, options)];
  if (oldText === newText) {
    if (options.has('s')) await task.write(`Files ${a} and ${b} are identical\n`);
    return 0;
  }
  const [oldLines, newLines] = [lines(oldText), lines(newText)];
  const changes = differences(oldLines.map((line) => keyOf(line, options)), newLines.map((line) => keyOf(line, options)));
  if (changes.length === 0) return 0;
  if (options.has('q')) await task.write(`Files ${a} and ${b} differ\n`);
  else if (options.has('u') || options.has('U') || isBusybox(task)) await task.write(await unified(task, a, b, oldLines, newLines, changes, Number(options.get('U') ?? '3')));
  else await task.write(normal(oldLines, newLines, changes));
  return 1;
}

async function folders(task: Task, left: string, right: string, options: ReadonlyMap<string, string>): Promise<number> {
  const [a, b] = [await task.fs.readdir(task.resolve(left)), await task.fs.readdir(task.resolve(right))];
  let status = 0;
  for (const name of [...new Set([...a, ...b])].sort()) {
    if (!a.includes(name) || !b.includes(name)) {
      await task.write(`Only in ${a.includes(name) ? left : right}: ${name}\n`);
      status = 1;
      continue;
    }
    const isFolder = (await task.fs.stat(task.resolve(`${left}/${name}`))).isDirectory;
    if (isFolder && !options.has('r')) await task.write(`Common subdirectories: ${left}/${name} and ${right}/${name}\n`);
    else status = Math.max(status, await compare(task, `${left}/${name}`, `${right}/${name}`, options));
  }
  return status;
}

async function content(task: Task, path: string, options: ReadonlyMap<string, string>): Promise<string> {
  if (path === '-') return (await readAll(task.stdin, task.signal)).toString('utf8');
  try {
    const file = await openPath(task, path, 'read');
    try {
      return (await readAll(file, task.signal)).toString('utf8');
    } finally {
      file.release();
    }
  } catch (error) {
    if (options.has('N')) return '';
    throw new CommandError(isBusybox(task) ? `can't stat '${path}': ${errorText(error)}` : `${path}: ${errorText(error)}`, 2);
  }
}

function lines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function keyOf(line: string, options: ReadonlyMap<string, string>): string {
  let key = line;
  if (options.has('w')) key = key.replace(/\s+/g, '');
  else if (options.has('b')) key = key.replace(/\s+/g, ' ').trimEnd();
  return options.has('i') ? key.toLowerCase() : key;
}

/** The longest common subsequence's gaps. */
function differences(a: readonly string[], b: readonly string[]): Change[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let [aEnd, bEnd] = [a.length, b.length];
  while (aEnd > start && bEnd > start && a[aEnd - 1] === b[bEnd - 1]) {
    aEnd--;
    bEnd--;
  }
  const [rows, columns] = [aEnd - start, bEnd - start];
  if (rows * columns > MAX_CELLS) return [{ oldStart: start, oldEnd: aEnd, newStart: start, newEnd: bEnd }];
  const width = columns + 1;
  const lengths = new Uint32Array((rows + 1) * width);
  for (let i = rows - 1; i >= 0; i--) {
    for (let j = columns - 1; j >= 0; j--) {
      lengths[i * width + j] = a[start + i] === b[start + j] ? (lengths[(i + 1) * width + j + 1] ?? 0) + 1 : Math.max(lengths[(i + 1) * width + j] ?? 0, lengths[i * width + j + 1] ?? 0);
    }
  }
  const changes: Change[] = [];
  let [i, j] = [0, 0];
  while (i < rows || j < columns) {
    const [fromI, fromJ] = [i, j];
    while ((i < rows || j < columns) && !(i < rows && j < columns && a[start + i] === b[start + j])) {
      if (j >= columns || (i < rows && (lengths[(i + 1) * width + j] ?? 0) >= (lengths[i * width + j + 1] ?? 0))) i++;
      else j++;
    }
    if (i > fromI || j > fromJ) changes.push({ oldStart: start + fromI, oldEnd: start + i, newStart: start + fromJ, newEnd: start + j });
    while (i < rows && j < columns && a[start + i] === b[start + j]) {
      i++;
      j++;
    }
  }
  return changes;
}

const NO_NEWLINE = '\n\\ No newline at end of file\n';

function marked(mark: string, line: string): string {
  return `${mark}${line.endsWith('\n') ? line : line + NO_NEWLINE}`;
}

function normal(oldLines: readonly string[], newLines: readonly string[], changes: readonly Change[]): string {
  const range = (from: number, to: number): string => (to - from <= 1 ? String(to > from ? from + 1 : from) : `${from + 1},${to}`);
  return changes.map((change) => {
    const [removed, added] = [oldLines.slice(change.oldStart, change.oldEnd), newLines.slice(change.newStart, change.newEnd)];
    const letter = removed.length === 0 ? 'a' : added.length === 0 ? 'd' : 'c';
    return `${range(change.oldStart, change.oldEnd)}${letter}${range(change.newStart, change.newEnd)}\n${removed.map((line) => marked('< ', line)).join('')}${letter === 'c' ? '---\n' : ''}${added.map((line) => marked('> ', line)).join('')}`;
  }).join('');
}

async function unified(task: Task, a: string, b: string, oldLines: readonly string[], newLines: readonly string[], changes: readonly Change[], context: number): Promise<string> {
  const label = async (path: string): Promise<string> => {
    if (isBusybox(task)) return path;
    const time = await task.fs.stat(task.resolve(path)).then((stat) => stat.mtime.getTime(), () => task.container.clock.now());
    return `${path}\t${formatTime('%Y-%m-%d %H:%M:%S.%N %z', time)}`;
  };
  const hunks: Change[][] = [];
  for (const change of changes) {
    const last = hunks.at(-1)?.at(-1);
    if (last && change.oldStart - last.oldEnd <= 2 * context) hunks.at(-1)?.push(change);
    else hunks.push([change]);
  }
  let text = `--- ${await label(a)}\n+++ ${await label(b)}\n`;
  for (const hunk of hunks) {
    const [first, last] = [hunk[0], hunk.at(-1)];
    if (!first || !last) continue;
    const before = Math.min(context, first.oldStart, first.newStart);
    const after = Math.min(context, oldLines.length - last.oldEnd);
    const range = (from: number, to: number): string => (to - from === 1 ? String(from + 1) : `${to === from ? from : from + 1},${to - from}`);
    text += `@@ -${range(first.oldStart - before, last.oldEnd + after)} +${range(first.newStart - before, last.newEnd + after)} @@\n`;
    let at = first.oldStart - before;
    for (const change of hunk) {
      text += oldLines.slice(at, change.oldStart).map((line) => marked(' ', line)).join('');
      text += oldLines.slice(change.oldStart, change.oldEnd).map((line) => marked('-', line)).join('');
      text += newLines.slice(change.newStart, change.newEnd).map((line) => marked('+', line)).join('');
      at = change.oldEnd;
    }
    text += oldLines.slice(at, at + after).map((line) => marked(' ', line)).join('');
  }
  return text;
}
