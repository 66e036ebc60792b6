import type { Duplex } from 'node:stream';
import { encode, RespReader, splitWords, array, type RespValue } from '../../images/redis/resp.js';
import { LineEditor } from '../../terminal/line-editor.js';
import type { Tool } from '../program.js';
import type { Task } from '../task.js';
import { readAll } from './input.js';
import { connect, NetworkFailure, resolveHost } from './network/connection.js';

const PORT = 6379;

/** redis-cli: one command by its arguments, many on standard input, or a session at a terminal. */
export const redisCli: Tool = async (task, args) => {
  const { host, port, command, raw } = parse(args);
  let stream: Duplex;
  try {
    stream = await connect(task, await resolveHost(task, host), port);
  } catch (error) {
    if (!(error instanceof NetworkFailure)) throw error;
    await task.writeError(`Could not connect to Redis at ${host}:${port}: ${error.problem === 'unresolved' ? 'Name or service not known' : error.message}\n`);
    return 1;
  }
  const client = new Client(stream);
  try {
    const { tty } = task.stdin;
    if (command.length > 0) return await say(task, await client.send(command), raw ?? task.stdout.tty === undefined);
    if (!tty) {
      for (const line of (await readAll(task.stdin, task.signal)).toString().split('\n')) if (line.trim() !== '') await say(task, await client.send(splitWords(line)), true);
      return 0;
    }
    const editor = new LineEditor(tty, () => Promise.resolve([]));
    for (;;) {
      const line = await editor.readLine(`${host}:${port}> `, task.signal);
      if (line.kind !== 'line') return 0;
      const words = splitWords(line.text);
      if (words.length === 0) continue;
      if (words[0] === 'exit' || words[0] === 'quit') return 0;
      await say(task, await client.send(words), false);
    }
  } finally {
    stream.destroy();
  }
};

function parse(args: readonly string[]): { host: string; port: number; command: readonly string[]; raw: boolean | undefined } {
  let [host, port, raw] = ['127.0.0.1', PORT, undefined as boolean | undefined];
  let i = 0;
  for (; i < args.length && args[i]?.startsWith('-'); i++) {
    if (args[i] === '-h') host = args[++i] ?? host;
    else if (args[i] === '-p') port = Number(args[++i]);
    else if (args[i] === '-a' || args[i] === '-n') i++;
    else if (args[i] === '--raw') raw = true;
    else if (args[i] === '--no-raw') raw = false;
  }
  return { host, port, command: args.slice(i), raw };
}

class Client {
  private readonly reader = new RespReader();
  private readonly waiting: Array<(value: RespValue) => void> = [];

  constructor(private readonly stream: Duplex) {
    stream.on('data', (chunk: Buffer) => {
      for (const value of this.reader.push(chunk)) this.waiting.shift()?.(value);
    });
    const lost = (): void => {
      for (const tell of this.waiting.splice(0)) tell({ type: 'error', text: 'Error: Server closed the connection' });
    };
    stream.on('close', lost).on('end', lost).on('error', lost);
  }

  send(words: readonly string[]): Promise<RespValue> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.stream.write(encode(array(words.map((word) => Buffer.from(word).toString('latin1')))), 'latin1');
    });
  }
}

async function say(task: Task, value: RespValue, raw: boolean): Promise<number> {
  await task.write(Buffer.from(`${raw ? rawText(value) : formatted(value)}\n`, 'latin1'));
  return value.type === 'error' ? 1 : 0;
}

function rawText(value: RespValue): string {
  switch (value.type) {
    case 'array':
      return value.items.map(rawText).join('\n');
    case 'integer':
      return String(value.value);
    default:
      return value.text ?? '';
  }
}

function formatted(value: RespValue): string {
  switch (value.type) {
    case 'error':
      return `(error) ${value.text}`;
    case 'integer':
      return `(integer) ${value.value}`;
    case 'bulk':
      return value.text === undefined ? '(nil)' : `"${value.text.replace(/["\\]/g, '\\$&').replaceAll('\r', '\\r').replaceAll('\n', '\\n')}"`;
    case 'array':
      return value.items.length === 0 ? '(empty array)' : value.items.map((item, i) => `${i + 1}) ${formatted(item)}`).join('\n');
    case 'simple':
      return value.text;
  }
}
