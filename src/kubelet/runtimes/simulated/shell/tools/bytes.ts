import { CommandError } from '../errors.js';
import { openPath } from '../io/open.js';
import type { Tool } from '../program.js';
import type { Task } from '../task.js';
import { eachInput, isBusybox, readAll, toolName } from './input.js';
import { parseOptions } from './options.js';

async function input(task: Task, operands: readonly string[]): Promise<{ data: Buffer; status: number }> {
  const parts: Buffer[] = [];
  const status = await eachInput(task, operands, async (file) => {
    parts.push(await readAll(file, task.signal));
  });
  return { data: Buffer.concat(parts), status };
}

function printable(bytes: Uint8Array): string {
  return [...bytes].map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join('');
}

const hex = (byte: number): string => byte.toString(16).padStart(2, '0');

/** hexdump and hd: -C beside the characters, else as numbers of two bytes. */
export const hexdump: Tool = async (task, args) => {
  const { options, operands } = parseOptions(args, 'Cn:s:vbcdox', {});
  const { data, status } = await input(task, operands);
  const start = Number(options.get('s') ?? '0');
  const bytes = data.subarray(start, options.has('n') ? start + Number(options.get('n')) : undefined);
  const canonical = options.has('C') || toolName(task) === 'hd';
  const width = canonical ? 8 : 7;
  const lines: string[] = [];
  let before = '';
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16);
    const cells = canonical
      ? `${[...row].map((byte, i) => `${i === 8 ? ' ' : ''} ${hex(byte)}`).join('').padEnd(49)}  |${printable(row)}|`
      : Array.from({ length: Math.ceil(row.length / 2) }, (_, i) => ` ${hex(row[2 * i + 1] ?? 0)}${hex(row[2 * i] ?? 0)}`).join('').padEnd(40);
    // Rows that repeat are shown once.
    if (cells !== before || options.has('v') || at + 16 >= bytes.length) lines.push(`${(start + at).toString(16).padStart(width, '0')}${canonical ? ' ' : ''}${cells}`);
    else if (lines.at(-1) !== '*') lines.push('*');
    before = cells;
  }
  if (bytes.length > 0) lines.push((start + bytes.length).toString(16).padStart(width, '0'));
  await task.write(lines.map((line) => `${line}\n`).join(''));
  return status;
};

export const xxd: Tool = async (task, args) => {
  const { options, operands } = parseOptions(args, 'prl:c:g:s:u');
  const { data, status } = await input(task, operands.slice(0, 1));
  if (options.has('r')) {
    const text = data.toString('latin1');
    const digits = options.has('p') ? text : text.split('\n').map((line) => line.replace(/^[^:]*:/, '').replace(/ {2}.*$/, '')).join('');
    await task.write(Buffer.from(digits.replaceAll(/[^0-9a-fA-F]/g, ''), 'hex'));
    return status;
  }
  const start = Number(options.get('s') ?? '0');
  const bytes = data.subarray(start, options.has('l') ? start + Number(options.get('l')) : undefined);
  const columns = Number(options.get('c') ?? (options.has('p') ? '30' : '16'));
  const group = Number(options.get('g') ?? '2');
  for (let at = 0; at < bytes.length; at += columns) {
    const row = [...bytes.subarray(at, at + columns)];
    if (options.has('p')) await task.write(`${row.map(hex).join('')}\n`);
    else {
      const cells = row.map((byte, i) => `${i % group === 0 ? ' ' : ''}${hex(byte)}`).join('');
      await task.write(`${(start + at).toString(16).padStart(8, '0')}:${cells.padEnd(columns * 2 + Math.ceil(columns / group))}  ${printable(Uint8Array.from(row))}\n`);
    }
  }
  return status;
};

/** cmp: whether two files are the same, and where they are not. */
export const cmp: Tool = async (task, args) => {
  const { options, operands } = parseOptions(args, 'slbn:', { silent: 's', quiet: 's', verbose: 'l', bytes: 'n:' });
  const [left = '', right = '-'] = operands;
  if (left === '') throw new CommandError('missing operand', 2);
  const [a, b] = [await whole(task, left), await whole(task, right)];
  const limit = Math.min(a.length, b.length, Number(options.get('n') ?? Infinity));
  let line = 1;
  let differs = false;
  for (let i = 0; i < limit; i++) {
    if (a[i] !== b[i]) {
      differs = true;
      if (options.has('s')) return 1;
      if (!options.has('l')) {
        await task.write(`${left} ${right} differ: ${isBusybox(task) ? 'char' : 'byte'} ${i + 1}, line ${line}\n`);
        return 1;
      }
      await task.write(`${String(i + 1).padStart(4)} ${(a[i] ?? 0).toString(8).padStart(3)} ${(b[i] ?? 0).toString(8).padStart(3)}\n`);
    }
    if (a[i] === 10) line++;
  }
  if (a.length !== b.length && limit === Math.min(a.length, b.length)) {
    if (!options.has('s')) await task.writeError(`cmp: EOF on ${a.length < b.length ? left : right}\n`);
    return 1;
  }
  return Number(differs);
};

async function whole(task: Task, path: string): Promise<Buffer> {
  if (path === '-') return readAll(task.stdin, task.signal);
  const file = await openPath(task, path, 'read').catch((): never => {
    throw new CommandError(isBusybox(task) ? `can't open '${path}': No such file or directory` : `${path}: No such file or directory`, 2);
  });
  try {
    return await readAll(file, task.signal);
  } finally {
    file.release();
  }
}

const SIZES: Readonly<Record<string, number>> = { '': 1, b: 512, k: 1024, K: 1024, m: 2 ** 20, M: 2 ** 20, G: 2 ** 30 };

/** split: a file in pieces of so many lines or bytes, PREFIXaa, PREFIXab, … */
export const split: Tool = async (task, args) => {
  const { options, operands } = parseOptions(args, 'l:b:a:dn:', { lines: 'l:', bytes: 'b:', 'suffix-length': 'a:', 'numeric-suffixes': 'd' });
  const [file = '-', prefix = 'x'] = operands;
  const data = await whole(task, file);
  const [, count = '', unit = ''] = /^(\d+)([bkKmMG]?)/.exec(options.get('b') ?? '') ?? [];
  const pieces: Buffer[] = [];
  if (options.has('b')) {
    const size = Number(count) * (SIZES[unit] ?? 1);
    if (!(size > 0)) throw new CommandError(`invalid number '${options.get('b') ?? ''}'`);
    for (let at = 0; at < data.length; at += size) pieces.push(data.subarray(at, at + size));
  } else {
    const lines = data.toString('latin1').match(/[^\n]*\n|[^\n]+$/g) ?? [];
    const each = Number(options.get('l') ?? '1000');
    if (!(each > 0)) throw new CommandError(`invalid number '${options.get('l') ?? ''}'`);
    for (let at = 0; at < lines.length; at += each) pieces.push(Buffer.from(lines.slice(at, at + each).join(''), 'latin1'));
  }
  const width = Number(options.get('a') ?? '2');
  const [base, first] = options.has('d') ? [10, 48] : [26, 97];
  for (const [i, piece] of pieces.entries()) {
    const suffix = Array.from({ length: width }, (_, at) => String.fromCharCode(first + (Math.floor(i / base ** (width - 1 - at)) % base))).join('');
    await task.fs.writeFile(task.resolve(`${prefix}${suffix}`), piece);
  }
  return 0;
};
