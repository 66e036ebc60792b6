import { createGunzip, createGzip } from 'node:zlib';
import type { Transform } from 'node:stream';
import { errorText } from '../../files/file-system-error.js';
import { CommandError } from '../errors.js';
import type { OpenFile } from '../io/open-file.js';
import { openPath } from '../io/open.js';
import type { Tool } from '../program.js';
import type { Task } from '../task.js';
import { chunksOf, readAll, toolName } from './input.js';
import { parseOptions } from './options.js';

/** `gzip`, `gunzip` and `zcat`. */
export const gzip: Tool = async (task, args) => {
  const { options, operands } = parseOptions(args, 'cdfkntqv123456789S:l', {
    stdout: 'c', 'to-stdout': 'c', decompress: 'd', uncompress: 'd', force: 'f', keep: 'k', test: 't', quiet: 'q', fast: '1', best: '9', 'no-name': 'n', verbose: 'v',
  });
  const name = toolName(task);
  const unpack = name !== 'gzip' || options.has('d') || options.has('t');
  const toStdout = name === 'zcat' || options.has('c');
  const level = Number([...options.keys()].find((key) => /^[1-9]$/.test(key)) ?? '6');
  const convert = async (input: OpenFile, output: OpenFile | undefined): Promise<void> => {
    const source = through(unpack ? createGunzip() : createGzip({ level }), chunksOf(input, task.signal));
    try {
      for await (const chunk of source) await output?.write(chunk, task.signal);
    } catch (error) {
      if (task.signal.aborted || !(error instanceof Error && 'code' in error && String(error.code).startsWith('Z_'))) throw error;
      throw new CommandError(error.message.includes('unexpected end') ? 'unexpected end of file' : 'invalid magic');
    }
  };
  let status = 0;
  for (const operand of operands.length > 0 ? operands : ['-']) {
    if (operand === '-') {
      await convert(task.stdin, options.has('t') ? undefined : task.stdout);
      continue;
    }
    try {
      status = Math.max(status, await convertFile(task, operand, { unpack, toStdout, keep: options.has('k') || toStdout || options.has('t'), force: options.has('f'), test: options.has('t') }, convert));
    } catch (error) {
      if (error instanceof CommandError || task.signal.aborted) throw error;
      await task.writeError(`${name}: ${operand}: ${errorText(error)}\n`);
      status = 1;
    }
  }
  return status;
};

interface FileMode {
  readonly unpack: boolean;
  readonly toStdout: boolean;
  readonly keep: boolean;
  readonly force: boolean;
  readonly test: boolean;
}

async function convertFile(task: Task, path: string, mode: FileMode, convert: (input: OpenFile, output: OpenFile | undefined) => Promise<void>): Promise<number> {
  const target = mode.unpack ? path.replace(/\.(gz|tgz)$/, (suffix) => (suffix === '.tgz' ? '.tar' : '')) : `${path}.gz`;
  if (!mode.toStdout && !mode.test && target === path) {
    await task.writeError(`${toolName(task)}: ${path}: unknown suffix -- ignored\n`);
    return 1;
  }
  const input = await openPath(task, path, 'read');
  try {
    if (mode.toStdout || mode.test) await convert(input, mode.test ? undefined : task.stdout);
    else {
      if (!mode.force && (await task.fs.exists(task.resolve(target)))) throw new CommandError(`can't open '${target}': File exists`);
      const output = await openPath(task, target, 'write');
      await convert(input, output).finally(() => output.release());
    }
  } finally {
    input.release();
  }
  if (!mode.keep) await task.fs.rm(task.resolve(path));
  return 0;
}

/** Data through a zlib transform, with its back-pressure. */
export async function* through(transform: Transform, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const fed = (async (): Promise<void> => {
    for await (const chunk of source) await push(transform, chunk);
    transform.end();
  })().catch((error: unknown) => { transform.destroy(error instanceof Error ? error : new Error(String(error))); });
  for await (const chunk of transform) yield chunk as Buffer;
  await fed;
}

export function push(transform: Transform, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    transform.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

export const base64: Tool = async (task, args) => {
  const { options, operands } = parseOptions(args, 'dDw:i', { decode: 'd', wrap: 'w:', 'ignore-garbage': 'i' });
  const [path = '-'] = operands;
  const file = path === '-' ? task.stdin.retain() : await openPath(task, path, 'read').catch((error: unknown) => { throw new CommandError(`${path}: ${errorText(error)}`); });
  const input = await readAll(file, task.signal).finally(() => file.release());
  if (options.has('d') || options.has('D')) {
    const text = input.toString('latin1').replace(/\s/g, '');
    const valid = options.has('i') || /^[A-Za-z0-9+/]*={0,2}$/.test(text);
    await task.write(Buffer.from(text, 'base64'));
    if (!valid) throw new CommandError('invalid input');
    return 0;
  }
  const width = Number(options.get('w') ?? '76');
  const text = input.toString('base64');
  if (width === 0) await task.write(text);
  else if (text !== '') await task.write(`${(text.match(new RegExp(`.{1,${width}}`, 'g')) ?? []).join('\n')}\n`);
  return 0;
};
