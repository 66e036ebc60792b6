import { CommandError } from '../errors.js';
import { execute, type Tool } from '../program.js';
import type { Task } from '../task.js';
import { readAll } from './input.js';
import { parseOptions } from './options.js';

const MAX_ARGUMENTS = 5000;

export const xargs: Tool = async (task, args) => {
  const { options, operands } = parseOptions(args, 'n:I:L:P:d:0rtxs:E:', {
    null: '0', 'no-run-if-empty': 'r', 'max-args': 'n:', replace: 'I:', 'max-procs': 'P:', delimiter: 'd:', verbose: 't', 'max-lines': 'L:',
  }, true);
  const command = operands.length > 0 ? operands : ['echo'];
  const input = (await readAll(task.stdin, task.signal)).toString('utf8');
  const place = options.get('I');
  const groups = batches(input, options, place);
  if (groups.length === 0 && !options.has('r') && place === undefined) groups.push([]);
  const limit = Number(options.get('P') ?? '1') || 64;
  let status = 0;
  const running = new Set<Promise<void>>();
  for (const group of groups) {
    const argv = place === undefined ? [...command, ...group] : command.map((word) => word.replaceAll(place, group[0] ?? ''));
    if (options.has('t')) await task.writeError(`${argv.join(' ')}\n`);
    const one = run(task, argv).then((code) => {
      if (code === 126 || code === 127) status = code;
      else if (code === 255) status = 124;
      else if (code > 128) status = 125;
      else if (code !== 0 && status === 0) status = 123;
    }).finally(() => running.delete(one));
    running.add(one);
    if (running.size >= limit) await Promise.race(running);
    if (status >= 124) break;
  }
  await Promise.all(running);
  return status;
};

async function run(task: Task, argv: readonly string[]): Promise<number> {
  const child = task.spawn({ argv, main: (next) => execute(next, argv) });
  const code = await child.done;
  task.reap(child.pid);
  return code;
}

function batches(input: string, options: ReadonlyMap<string, string>, place: string | undefined): string[][] {
  const delimiter = options.get('d')?.replace('\\n', '\n').replace('\\t', '\t').replace('\\0', '\0');
  if (place !== undefined) return input.split('\n').map((line) => line.trim()).filter((line) => line !== '').map((line) => [unquote(line)]);
  const lines = options.get('L');
  if (lines !== undefined) {
    const rows = input.split('\n').filter((line) => line.trim() !== '');
    return grouped(rows, Number(lines)).map((group) => group.flatMap(words));
  }
  const separator = options.has('0') ? '\0' : delimiter;
  const items = separator === undefined ? words(input) : input.split(separator).filter((item, i, all) => item !== '' || i < all.length - 1);
  return grouped(items, Number(options.get('n') ?? MAX_ARGUMENTS) || 1);
}

function grouped<T>(items: readonly T[], size: number): T[][] {
  const groups: T[][] = [];
  for (let i = 0; i < items.length; i += size) groups.push(items.slice(i, i + size));
  return groups;
}

/** Words with xargs' own quoting. */
function words(text: string): string[] {
  const found: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const c = text[i] ?? '';
    if (quote) {
      if (c === quote) quote = '';
      else word = (word ?? '') + c;
    } else if (c === '"' || c === "'") {
      quote = c;
      word ??= '';
    } else if (c === '\\') word = (word ?? '') + (text[++i] ?? '');
    else if (/\s/.test(c)) {
      if (word !== undefined) found.push(word);
      word = undefined;
    } else word = (word ?? '') + c;
  }
  if (quote) throw new CommandError(`unmatched ${quote === '"' ? 'double' : 'single'} quote`);
  if (word !== undefined) found.push(word);
  return found;
}

function unquote(line: string): string {
  return words(line).length === 1 ? (words(line)[0] ?? line) : line;
}
