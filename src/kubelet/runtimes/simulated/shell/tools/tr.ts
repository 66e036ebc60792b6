import { CommandError } from '../errors.js';
import type { Tool } from '../program.js';
import { chunksOf } from './input.js';
import { parseOptions } from './options.js';

/** tr(1) on bytes, as its input comes. */
export const tr: Tool = async (task, args) => {
  const { options, operands } = parseOptions(args, 'cCdst', { complement: 'c', delete: 'd', 'squeeze-repeats': 's', 'truncate-set1': 't' });
  const [first, second] = operands;
  if (first === undefined || (second === undefined && !options.has('d') && !options.has('s'))) throw new CommandError('missing operand');
  let from = expandSet(first);
  if (options.has('c') || options.has('C')) {
    const given = new Set(from);
    from = Array.from({ length: 256 }, (_, i) => i).filter((byte) => !given.has(byte));
  }
  const to = second === undefined ? [] : expandSet(second);
  const deleted = new Set(options.has('d') ? from : []);
  const squeezed = new Set(options.has('s') ? (second === undefined ? from : to) : []);
  const table = Uint8Array.from({ length: 256 }, (_, i) => i);
  if (!options.has('d') && to.length > 0) from.forEach((byte, i) => { table[byte] = to[Math.min(i, to.length - 1)] ?? byte; });
  let last = -1;
  for await (const chunk of chunksOf(task.stdin, task.signal)) {
    const out = Buffer.alloc(chunk.length);
    let size = 0;
    for (const byte of chunk) {
      if (deleted.has(byte)) continue;
      const next = table[byte] ?? byte;
      if (next === last && squeezed.has(next)) continue;
      out[size++] = next;
      last = next;
    }
    if (size > 0) await task.write(out.subarray(0, size));
  }
  return 0;
};

const CLASSES: Readonly<Record<string, (byte: number) => boolean>> = {
  upper: (b) => b >= 65 && b <= 90, lower: (b) => b >= 97 && b <= 122, alpha: (b) => (b >= 65 && b <= 90) || (b >= 97 && b <= 122), digit: (b) => b >= 48 && b <= 57,
  alnum: (b) => (b >= 48 && b <= 57) || (b >= 65 && b <= 90) || (b >= 97 && b <= 122), space: (b) => b === 32 || (b >= 9 && b <= 13), blank: (b) => b === 32 || b === 9,
  punct: (b) => (b >= 33 && b <= 47) || (b >= 58 && b <= 64) || (b >= 91 && b <= 96) || (b >= 123 && b <= 126), cntrl: (b) => b < 32 || b === 127, print: (b) => b >= 32 && b < 127,
  graph: (b) => b > 32 && b < 127, xdigit: (b) => (b >= 48 && b <= 57) || (b >= 65 && b <= 70) || (b >= 97 && b <= 102),
};
const ESCAPES: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, a: 7, b: 8, f: 12, v: 11, '\\': 92 };

function expandSet(text: string): number[] {
  const source = Buffer.from(text).toString('latin1');
  const bytes: number[] = [];
  let at = 0;
  const one = (): number => {
    if (source[at] !== '\\' || at + 1 >= source.length) return source.charCodeAt(at++);
    const octal = /^[0-7]{1,3}/.exec(source.slice(at + 1))?.[0];
    if (octal !== undefined) {
      at += 1 + octal.length;
      return Number.parseInt(octal, 8) & 255;
    }
    const letter = source[at + 1] ?? '';
    at += 2;
    return Object.hasOwn(ESCAPES, letter) ? (ESCAPES[letter] ?? 0) : letter.charCodeAt(0);
  };
  while (at < source.length) {
    const name = /^\[:(\w+):\]/.exec(source.slice(at));
    const test = name && Object.hasOwn(CLASSES, name[1] ?? '') ? CLASSES[name[1] ?? ''] : undefined;
    if (name && test) {
      for (let byte = 0; byte < 256; byte++) if (test(byte)) bytes.push(byte);
      at += name[0].length;
      continue;
    }
    const start = one();
    if (source[at] === '-' && at + 1 < source.length) {
      at++;
      const end = one();
      if (end < start) throw new CommandError(`range-endpoints of '${text}' are in reverse collating sequence order`);
      for (let byte = start; byte <= end; byte++) bytes.push(byte);
    } else bytes.push(start);
  }
  return bytes;
}
