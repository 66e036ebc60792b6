import { CommandError } from '../errors.js';
import { errorText } from '../../files/file-system-error.js';
import { nextTurn } from '../io/condition.js';
import type { OpenFile } from '../io/open-file.js';
import { openPath } from '../io/open.js';
import type { Tool } from '../program.js';
import type { Task } from '../task.js';
import { chunksOf, eachInput, isBusybox, linesOf, toolName } from './input.js';
import { parseOptions } from './options.js';

export const cat: Tool = async (task, args) => {
  const { options, operands } = parseOptions(args, 'nbAetuvsET', { number: 'n', 'show-all': 'A', 'show-ends': 'E', 'number-nonblank': 'b', 'squeeze-blank': 's' });
  const numbered = options.has('n') || options.has('b');
  const marked = options.has('A') || options.has('e') || options.has('E');
  const plain = !numbered && !marked && !options.has('A') && !options.has('v') && !options.has('t') && !options.has('T') && !options.has('s');
  let count = 0;
  let blankBefore = false;
  return eachInput(task, operands, async (file) => {
    if (plain) {
      for await (const chunk of chunksOf(file, task.signal)) await task.write(chunk);
      return;
    }
    for await (const line of linesOf(file, task.signal)) {
      const blank = line.length === 1 && line[0] === 10;
      if (options.has('s') && blank && blankBefore) continue;
      blankBefore = blank;
      let text = line.toString('latin1');
      if (options.has('A') || options.has('T') || options.has('t')) text = text.replace(/\t/g, '^I');
      if (options.has('A') || options.has('v') || options.has('e') || options.has('t')) text = text.replace(/(?![\t\n])\p{Cc}/gu, (c) => `^${String.fromCharCode(c.charCodeAt(0) ^ 64)}`);
      if (marked) text = text.replace(/\n$/, '$\n');
      if (numbered && !(options.has('b') && blank)) text = `${String(++count).padStart(6)}\t${text}`;
      await task.write(Buffer.from(text, 'latin1'));
    }
  });
};

interface Amount {
  readonly count: number;
  readonly bytes: boolean;
  /** `+N` of tail, `-N` of head: counted from the other end. */
  readonly fromOther: boolean;
}

function amount(options: ReadonlyMap<string, string>, otherSign: '+' | '-'): Amount {
  const bytes = options.get('c');
  const text = bytes ?? options.get('n') ?? '10';
  const match = /^([-+]?)(\d+)([bkKmMG]?)B?$/.exec(text);
  if (!match) throw new CommandError(`invalid number '${text}'`);
  const unit = { b: 512, k: 1024, K: 1024, m: 1 << 20, M: 1 << 20, G: 2 ** 30 }[match[3] ?? ''] ?? 1;
  return { count: Number(match[2]) * unit, bytes: bytes !== undefined, fromOther: match[1] === otherSign };
}

/** `head -5`, `tail -5`, `tail +5`: the old forms of -n. */
function oldForm(args: readonly string[]): string[] {
  return args.map((arg, i) => (i === 0 && /^[-+]\d+$/.test(arg) ? `-n${arg.startsWith('+') ? arg : arg.slice(1)}` : arg));
}

async function title(task: Task, name: string, index: number, count: number, options: ReadonlyMap<string, string>): Promise<void> {
  if ((count > 1 && !options.has('q')) || options.has('v')) await task.write(`${index > 0 ? '\n' : ''}==> ${name === '-' ? 'standard input' : name} <==\n`);
}

export const head: Tool = async (task, args) => {
  const { options, operands } = parseOptions(oldForm(args), 'n:c:qv', { lines: 'n:', bytes: 'c:', quiet: 'q', verbose: 'v' });
  const limit = amount(options, '-');
  return eachInput(task, operands, async (file, name, i) => {
    await title(task, name, i, operands.length, options);
    if (limit.fromOther) return allBut(task, file, limit);
    let left = limit.count;
    if (left === 0) return;
    if (limit.bytes) {
      for await (const chunk of chunksOf(file, task.signal)) {
        await task.write(chunk.subarray(0, left));
        file.unread(chunk.subarray(left));
        left -= Math.min(left, chunk.length);
        if (left === 0) return;
      }
      return;
    }
    for await (const chunk of chunksOf(file, task.signal)) {
      let end = 0;
      while (left > 0 && end < chunk.length) {
        const newline = chunk.indexOf(10, end);
        if (newline < 0) {
          end = chunk.length;
          break;
        }
        end = newline + 1;
        left--;
      }
      await task.write(chunk.subarray(0, end));
      if (left === 0) {
        file.unread(chunk.subarray(end));
        return;
      }
    }
  });
};

async function allBut(task: Task, file: OpenFile, limit: Amount): Promise<void> {
  const held: Uint8Array[] = [];
  const parts = limit.bytes ? bytesOf(file, task.signal) : linesOf(file, task.signal);
  for await (const part of parts) {
    held.push(part);
    if (held.length > limit.count) await task.write(held.shift() ?? '');
  }
}

async function* bytesOf(file: OpenFile, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunksOf(file, signal)) for (let i = 0; i < chunk.length; i++) yield chunk.subarray(i, i + 1);
}

/** How often `tail -f` looks for more, as busybox does. */
const FOLLOW_INTERVAL_MS = 1000;

export const tail: Tool = async (task, args) => {
  const { options, operands } = parseOptions(oldForm(args), 'n:c:qvfFs:', {
    lines: 'n:', bytes: 'c:', quiet: 'q', verbose: 'v', follow: 'f', retry: 'F', 'sleep-interval': 's:', pid: 'pid:', 'max-unchanged-stats': 'u:',
  });
  const limit = amount(options, '+');
  const follow = options.has('f') || options.has('F');
  const sizes = new Map<string, number>();
  const status = await eachInput(task, operands, async (file, name, i) => {
    await title(task, name, i, operands.length, options);
    let size = 0;
    if (limit.fromOther) {
      let skip = Math.max(0, limit.count - 1);
      for await (const part of limit.bytes ? chunksOf(file, task.signal) : linesOf(file, task.signal)) {
        size += part.length;
        if (limit.bytes) {
          await task.write(part.subarray(Math.min(skip, part.length)));
          skip -= Math.min(skip, part.length);
        } else if (skip > 0) skip--;
        else await task.write(part);
      }
    } else size = await lastOf(task, file, limit);
    sizes.set(name, size);
  });
  if (follow && sizes.size > 0) await followFiles(task, sizes, operands.length > 1, Number(options.get('s') ?? '') * 1000 || FOLLOW_INTERVAL_MS);
  return status;
};

async function lastOf(task: Task, file: OpenFile, limit: Amount): Promise<number> {
  let held: Uint8Array[] = [];
  let size = 0;
  let kept = 0;
  const measure = (chunk: Uint8Array): number => {
    if (limit.bytes) return chunk.length;
    let lines = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines++;
    return lines;
  };
  for await (const chunk of chunksOf(file, task.signal)) {
    size += chunk.length;
    held.push(chunk);
    kept += measure(chunk);
    while (held.length > 1 && kept - measure(held[0] ?? chunk) > limit.count) kept -= measure(held.shift() ?? chunk);
  }
  const all = Buffer.concat(held);
  held = [];
  if (limit.bytes) {
    await task.write(all.subarray(Math.max(0, all.length - limit.count)));
    return size;
  }
  if (limit.count === 0) return size;
  let start = all.length;
  if (all.at(-1) === 10) start--;
  for (let left = limit.count; left > 0; left--) {
    start = start > 0 ? all.lastIndexOf(10, start - 1) : -1;
    if (start < 0) break;
  }
  await task.write(all.subarray(start + 1));
  return size;
}

async function followFiles(task: Task, sizes: Map<string, number>, titled: boolean, interval: number): Promise<void> {
  let current = [...sizes.keys()].at(-1);
  // Devices and standard input never grow: waiting for the end of the process needs no timer.
  const names: string[] = [];
  for (const name of sizes.keys()) {
    const stat = name === '-' ? undefined : await task.fs.stat(task.resolve(name)).catch(() => undefined);
    if (stat && !('device' in stat && stat.device)) names.push(name);
  }
  if (names.length === 0) return forever(task);
  for (;;) {
    await task.sleep(interval);
    for (const name of names) {
      const path = task.resolve(name);
      const size = await task.fs.stat(path).then((stat) => stat.size, () => undefined);
      const known = sizes.get(name) ?? 0;
      if (size === undefined || size === known) continue;
      if (size < known) await task.writeError(`${toolName(task)}: ${name}: file truncated\n`);
      const content = await task.fs.readFileBuffer(path).catch(() => undefined);
      if (!content) continue;
      sizes.set(name, content.length);
      if (titled && current !== name) await task.write(`\n==> ${name} <==\n`);
      current = name;
      await task.write(content.subarray(content.length < known ? 0 : known));
    }
  }
}

/** Waits until the process is killed. */
export function forever(task: Task): Promise<never> {
  return new Promise((_, reject) => {
    const abort = (): void => reject(task.signal.reason as Error);
    if (task.signal.aborted) abort();
    else task.signal.addEventListener('abort', abort, { once: true });
  });
}

export const tee: Tool = async (task, args) => {
  const { options, operands } = parseOptions(args, 'aip', { append: 'a', 'ignore-interrupts': 'i' });
  const outputs: OpenFile[] = [];
  let status = 0;
  for (const operand of operands) {
    try {
      outputs.push(await openPath(task, operand, options.has('a') ? 'append' : 'write'));
    } catch (error) {
      await task.writeError(`tee: ${operand}: ${errorText(error)}\n`);
      status = 1;
    }
  }
  try {
    for await (const chunk of chunksOf(task.stdin, task.signal)) {
      await task.write(chunk);
      for (const output of outputs) await output.write(chunk, task.signal);
    }
  } finally {
    for (const output of outputs) output.release();
  }
  return status;
};

export const yes: Tool = async (task, args) => {
  const line = Buffer.from(`${args.length > 0 ? args.join(' ') : 'y'}\n`);
  const block = Buffer.concat(Array.from({ length: Math.max(1, Math.floor(4096 / line.length)) }, () => line));
  for (;;) {
    await task.write(block);
    await nextTurn(task.signal);
  }
};

export const wc: Tool = async (task, args) => {
  const { options, operands } = parseOptions(args, 'clwmL', { bytes: 'c', lines: 'l', words: 'w', chars: 'm', 'max-line-length': 'L' });
  const wanted = ['l', 'w', 'm', 'c', 'L'].filter((letter) => (options.size > 0 ? options.has(letter) : 'lwc'.includes(letter)));
  const rows: { counts: number[]; name: string }[] = [];
  const status = await eachInput(task, operands, async (file, name) => {
    const counts = { l: 0, w: 0, m: 0, c: 0, L: 0 };
    let inWord = false;
    let width = 0;
    for await (const chunk of chunksOf(file, task.signal)) {
      counts.c += chunk.length;
      for (const byte of chunk) {
        if (byte === 10) {
          counts.l++;
          width = 0;
        } else counts.L = Math.max(counts.L, ++width);
        if ((byte & 0xc0) !== 0x80) counts.m++;
        const blank = byte === 32 || (byte >= 9 && byte <= 13);
        if (!blank && !inWord) counts.w++;
        inWord = !blank;
      }
    }
    rows.push({ counts: wanted.map((letter) => counts[letter as keyof typeof counts]), name: operands.length > 0 ? name : '' });
  });
  if (rows.length > 1) rows.push({ counts: wanted.map((_, i) => rows.reduce((sum, row) => sum + (row.counts[i] ?? 0), 0)), name: 'total' });
  const bare = wanted.length === 1 && rows.length === 1;
  const digits = Math.max(...rows.flatMap((row) => row.counts).map((count) => String(count).length), 1);
  const width = bare ? 1 : isBusybox(task) ? 9 : operands.length > 0 ? digits : 7;
  for (const row of rows) {
    const numbers = row.counts.map((count) => String(count).padStart(width)).join(' ');
    await task.write(`${numbers}${row.name && row.name !== '-' ? ` ${row.name}` : ''}\n`);
  }
  return status;
};
