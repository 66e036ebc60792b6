import type { Timer } from '../../../../../base/clock.js';
import { CommandError } from '../errors.js';
import type { OpenFile } from '../io/open-file.js';
import { isName } from '../variables.js';
import type { Builtin } from './builtin.js';

interface ReadOptions {
  raw: boolean;
  prompt: string | undefined;
  timeout: number | undefined;
  count: number | undefined;
  delimiter: number;
  array: string | undefined;
  fd: number;
  silent: boolean;
}

/** `read`: takes one line off a descriptor and not a byte more. */
export const read: Builtin = async ({ shell, args }) => {
  const { options, names } = parse(args);
  for (const name of names) if (!isName(name)) throw new CommandError(shell.flavour === 'bash' ? `\`${name}': not a valid identifier` : `${name}: bad variable name`, shell.flavour === 'bash' ? 1 : 2);
  const { task } = shell;
  const file = task.files.get(options.fd);
  if (!file) throw new CommandError(`${options.fd}: invalid file descriptor: Bad file descriptor`);
  if (options.prompt !== undefined && file.tty) await task.writeError(options.prompt);
  const controller = new AbortController();
  const timer: Timer | undefined = options.timeout === undefined
    ? undefined
    : task.container.clock.after(options.timeout * 1000, () => controller.abort(new TimeoutReached()));
  const signal = timer ? AbortSignal.any([task.signal, controller.signal]) : task.signal;
  const restoreEcho = options.silent ? file.tty?.hideEcho() : undefined;
  let result: { bytes: Buffer; ended: boolean };
  try {
    result = await take(file, options, signal);
  } catch (error) {
    if (!(error instanceof TimeoutReached)) throw error;
    return 142;
  } finally {
    timer?.cancel();
    restoreEcho?.();
  }
  const { characters, protectedAt } = unescape(result.bytes.toString('utf8'), options.raw);
  const ifs = shell.variables.get('IFS') ?? ' \t\n';
  if (options.array !== undefined) {
    const words = split(characters, protectedAt, ifs, Infinity);
    shell.variables.setItems(options.array, new Map(words.map((word, i) => [String(i), word])));
  } else if (names.length === 0) shell.variables.set('REPLY', characters.join(''));
  else {
    const words = split(characters, protectedAt, ifs, names.length);
    for (const [i, name] of names.entries()) shell.variables.set(name, words[i] ?? '');
  }
  return Number(result.ended);
};

class TimeoutReached extends Error {}

function parse(args: readonly string[]): { options: ReadOptions; names: string[] } {
  const options: ReadOptions = { raw: false, prompt: undefined, timeout: undefined, count: undefined, delimiter: 10, array: undefined, fd: 0, silent: false };
  let i = 0;
  for (; i < args.length && /^-./.test(args[i] ?? ''); i++) {
    const arg = args[i] ?? '';
    if (arg === '--') {
      i++;
      break;
    }
    for (let j = 1; j < arg.length; j++) {
      const letter = arg[j] ?? '';
      if (letter === 'r') options.raw = true;
      else if (letter === 's') options.silent = true;
      else if (letter === 'e') continue;
      else {
        const value = arg.slice(j + 1) || (args[++i] ?? '');
        if (letter === 'p') options.prompt = value;
        else if (letter === 't') options.timeout = Number(value);
        else if (letter === 'n' || letter === 'N') options.count = Number(value);
        else if (letter === 'd') options.delimiter = value === '' ? 0 : (Buffer.from(value)[0] ?? 0);
        else if (letter === 'a') options.array = value;
        else if (letter === 'u') options.fd = Number(value);
        else throw new CommandError(`-${letter}: invalid option`, 2);
        break;
      }
    }
  }
  return { options, names: args.slice(i) };
}

async function take(file: OpenFile, options: ReadOptions, signal: AbortSignal): Promise<{ bytes: Buffer; ended: boolean }> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  let escaped = false;
  for (;;) {
    const chunk = await file.read(signal);
    if (!chunk) return { bytes: Buffer.concat(chunks), ended: size === 0 || options.count === undefined || size < options.count };
    let end = -1;
    for (let i = 0; i < chunk.length && end < 0; i++) {
      if (options.count !== undefined && size + i + 1 >= options.count) end = chunk[i] === options.delimiter ? i : i + 1;
      else if (chunk[i] === options.delimiter && !escaped) end = i;
      escaped = !options.raw && chunk[i] === 0x5c && !escaped;
    }
    if (end >= 0) {
      chunks.push(chunk.subarray(0, end));
      file.unread(chunk.subarray(chunk[end] === options.delimiter ? end + 1 : end));
      return { bytes: Buffer.concat(chunks), ended: false };
    }
    chunks.push(chunk);
    size += chunk.length;
  }
}

/** Removes backslashes, remembering which characters they protect from splitting. */
function unescape(text: string, raw: boolean): { characters: string[]; protectedAt: Set<number> } {
  const characters: string[] = [];
  const protectedAt = new Set<number>();
  const all = Array.from(text);
  for (let i = 0; i < all.length; i++) {
    if (!raw && all[i] === '\\') {
      i++;
      if (all[i] === '\n' || all[i] === undefined) continue;
      protectedAt.add(characters.length);
    }
    characters.push(all[i] ?? '');
  }
  return { characters, protectedAt };
}

/** Splits at IFS into at most `limit` words; the last takes the rest. */
function split(characters: readonly string[], protectedAt: ReadonlySet<number>, ifs: string, limit: number): string[] {
  const isSeparator = (i: number): boolean => i < characters.length && !protectedAt.has(i) && ifs.includes(characters[i] ?? '');
  const isBlank = (i: number): boolean => isSeparator(i) && ' \t\n'.includes(characters[i] ?? '');
  const words: string[] = [];
  let at = 0;
  while (isBlank(at)) at++;
  while (at < characters.length) {
    const start = at;
    if (words.length === limit - 1) {
      let end = characters.length;
      while (end > at && isBlank(end - 1)) end--;
      const rest = characters.slice(start, end).join('');
      // One trailing separator ends the last word instead of belonging to it.
      const only = isSeparator(end - 1) && !characters.slice(start, end - 1).some((_, i) => isSeparator(start + i));
      words.push(only ? characters.slice(start, end - 1).join('') : rest);
      return words;
    }
    while (at < characters.length && !isSeparator(at)) at++;
    words.push(characters.slice(start, at).join(''));
    while (isBlank(at)) at++;
    if (isSeparator(at)) at++;
    while (isBlank(at)) at++;
  }
  return words;
}

/** `mapfile` and `readarray`. */
export const mapfile: Builtin = async ({ shell, args }) => {
  const strip = args.includes('-t');
  const name = args.find((arg) => !arg.startsWith('-')) ?? 'MAPFILE';
  const chunks: Uint8Array[] = [];
  for (let chunk = await shell.task.stdin.read(shell.task.signal); chunk; chunk = await shell.task.stdin.read(shell.task.signal)) chunks.push(chunk);
  const lines = Buffer.concat(chunks).toString('utf8').match(/[^\n]*\n|[^\n]+$/g) ?? [];
  shell.variables.setItems(name, new Map(lines.map((line, i) => [String(i), strip ? line.replace(/\n$/, '') : line])));
  return 0;
};
