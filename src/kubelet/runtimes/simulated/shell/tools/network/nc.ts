import type { Duplex } from 'node:stream';
import { CommandError } from '../../errors.js';
import { abortable, Condition } from '../../io/condition.js';
import { connectStream } from '../../io/stream-files.js';
import type { Tool } from '../../program.js';
import type { Task } from '../../task.js';
import { chunksOf, isBusybox } from '../input.js';
import { execute } from '../../program.js';
import { parseOptions } from '../options.js';
import { connect, NetworkFailure, resolveHost } from './connection.js';
import { ncUdp, ncUdpListen } from './nc-udp.js';

/** nc(1): connects or listens, by TCP or UDP, or just tries a port (-z). */
export const nc: Tool = async (task, args) => {
  const at = args.indexOf('-e');
  const command = at >= 0 ? args.slice(at + 1) : undefined;
  const { options, operands } = parseOptions(at >= 0 ? args.slice(0, at) : args, 'lkzvnuw:p:q:i:s:N46', { zero: 'z', listen: 'l', verbose: 'v' });
  const patience = options.get('w');
  const patienceMs = patience === undefined ? undefined : Number(patience) * 1000;
  if (options.has('u') && options.has('l')) return ncUdpListen(task, Number(options.get('p') ?? operands.at(-1) ?? '0'), patienceMs);
  if (options.has('l')) return listen(task, Number(options.get('p') ?? operands.at(-1) ?? '0'), options.has('k'), command);
  const [host, ports = ''] = operands;
  if (host === undefined || ports === '') throw new CommandError('missing operand');
  const [first = 0, last = first] = ports.split('-').map(Number);
  let status = 1;
  for (let port = first; port <= last; port++) {
    try {
      if (options.has('u')) {
        status = await ncUdp(task, { host, port, verbose: options.has('v'), probe: options.has('z'), patienceMs });
        continue;
      }
      const address = await resolveHost(task, host);
      const stream = await connect(task, address, port, patienceMs);
      status = 0;
      if (options.has('v')) await task.writeError(isBusybox(task) ? `${host} (${address}:${port}) open\n` : `Connection to ${host} (${address}) ${port} port [tcp/*] succeeded!\n`);
      if (options.has('z')) stream.destroy();
      else if (command) status = await serve(task, stream, command);
      else await relay(task, stream);
    } catch (error) {
      if (!(error instanceof NetworkFailure)) throw error;
      const quiet = isBusybox(task) ? false : !options.has('v');
      if (quiet) continue;
      if (error.problem === 'unresolved') throw new CommandError(isBusybox(task) ? `bad address '${host}'` : `getaddrinfo for host "${host}" port ${port}: Name or service not known`);
      if (!isBusybox(task)) await task.writeError(`nc: connect to ${host} (${error.address}) port ${port} (tcp) failed: ${error.message}\n`);
      else if (options.has('v') || !options.has('z')) await task.writeError(`nc: ${error.problem === 'timeout' ? 'timed out' : `can't connect to remote host (${error.address}): ${error.message}`}\n`);
    }
  }
  return status;
};

/** Copies both ways until the other side ends; the end of standard input closes only our sending side. */
async function relay(task: Task, stream: Duplex): Promise<void> {
  const file = connectStream(stream);
  const controller = new AbortController();
  const signal = AbortSignal.any([task.signal, controller.signal]);
  const sending = (async (): Promise<void> => {
    for await (const chunk of chunksOf(task.stdin, signal)) await file.write(chunk, signal);
    stream.end();
  })().catch(() => {});
  try {
    for await (const chunk of chunksOf(file, task.signal)) await task.write(chunk);
  } finally {
    controller.abort(new Error('connection closed'));
    stream.destroy();
  }
  await sending;
}

async function serve(task: Task, stream: Duplex, command: readonly string[]): Promise<number> {
  const file = connectStream(stream);
  const files = task.files.copy();
  files.set(0, file);
  files.set(1, file.retain());
  const child = task.spawn({ argv: command, files, main: (next) => execute(next, command) });
  const status = await abortable(child.done, task.signal);
  task.reap(child.pid);
  return status;
}

async function listen(task: Task, port: number, again: boolean, command: readonly string[] | undefined): Promise<number> {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new CommandError(`bad port '${port}'`);
  const waiting: Duplex[] = [];
  const arrived = new Condition();
  const listener = await task.container.network.listen(port, (stream) => {
    stream.on('error', () => {});
    // One connection is served at a time; a few more may wait.
    if (waiting.length >= 16) stream.destroy();
    else waiting.push(stream);
    arrived.notify();
  }).catch((error: unknown) => {
    throw new CommandError(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE' ? 'bind: Address already in use' : String(error));
  });
  try {
    for (;;) {
      while (waiting.length === 0) await arrived.wait(task.signal);
      const stream = waiting.shift();
      if (!stream) continue;
      if (!again) listener.close();
      if (command) await serve(task, stream, command);
      else await relay(task, stream);
      if (!again) return 0;
    }
  } finally {
    listener.close();
    for (const stream of waiting) stream.destroy();
  }
}
