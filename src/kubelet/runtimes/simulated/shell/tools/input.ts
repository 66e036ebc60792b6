import { errorText } from '../../files/file-system-error.js';
import { CommandError } from '../errors.js';
import type { OpenFile } from '../io/open-file.js';
import { openPath } from '../io/open.js';
import type { Task } from '../task.js';

/** The chunks of an open file as they come. */
export async function* chunksOf(file: OpenFile, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for (let chunk = await file.read(signal); chunk; chunk = await file.read(signal)) yield chunk;
}

export async function readAll(file: OpenFile, signal: AbortSignal): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of chunksOf(file, signal)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Lines with their newlines, as soon as each is complete. */
export async function* linesOf(file: OpenFile, signal: AbortSignal): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunksOf(file, signal)) {
    rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      yield rest.subarray(0, end + 1);
      rest = rest.subarray(end + 1);
    }
  }
  if (rest.length > 0) yield rest;
}

/** Opens each operand ('-' is standard input) and hands it on; complaints go to stderr in the image's wording. */
export async function eachInput(task: Task, operands: readonly string[], body: (file: OpenFile, name: string, index: number) => Promise<void>): Promise<number> {
  let status = 0;
  for (const [i, operand] of (operands.length > 0 ? operands : ['-']).entries()) {
    if (operand === '-') {
      await body(task.stdin, '-', i);
      continue;
    }
    let file: OpenFile;
    try {
      file = await openPath(task, operand, 'read');
    } catch (error) {
      if (task.signal.aborted) throw error;
      const reason = errorText(error);
      const name = toolName(task);
      const busybox = isBusybox(task);
      const text = reason === 'Is a directory' && !busybox ? `${name}: ${operand}: Is a directory`
        : reason === 'Is a directory' ? `${name}: read error: Is a directory`
          : busybox ? `${name}: can't open '${operand}': ${reason}`
            : name === 'head' || name === 'tail' ? `${name}: cannot open '${operand}' for reading: ${reason}` : `${name}: ${operand}: ${reason}`;
      await task.writeError(`${text}\n`);
      status = 1;
      continue;
    }
    try {
      await body(file, operand, i);
    } finally {
      file.release();
    }
  }
  return status;
}

export function toolName(task: Task): string {
  return (task.argv[0] ?? '').replace(/^.*\//, '');
}

export function isBusybox(task: Task): boolean {
  return task.container.family === 'busybox' || task.container.family === 'alpine';
}

/** A number of seconds with a unit, as sleep and timeout take it; Infinity for 'infinity'. */
export function parseDuration(text: string): number {
  if (/^inf(inity)?$/i.test(text)) return Infinity;
  const match = /^(\d+\.?\d*|\.\d+)([smhd]?)$/.exec(text);
  if (!match) throw new CommandError(`invalid number '${text}'`);
  return Number(match[1]) * ({ '': 1, s: 1, m: 60, h: 3600, d: 86400 }[match[2] ?? ''] ?? 1);
}
