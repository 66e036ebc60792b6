import { finished } from 'node:stream/promises';
import type { StreamContext } from './context.js';
import { runExec, type ExecConnection } from './exec-session.js';
import { ResizeQueue } from './resize-queue.js';
import { SpdyConnection } from './spdy/connection.js';
import type { SpdyStream } from './spdy/stream.js';
import { acceptSpdy, spdyProtocol } from './upgrade.js';

const V4 = 'v4.channel.k8s.io';
const V3 = 'v3.channel.k8s.io';
const PROTOCOLS = [V4, V3, 'v2.channel.k8s.io', 'channel.k8s.io', ''];
const CREATION_TIMEOUT_MS = 30_000;

type StreamType = 'error' | 'stdin' | 'stdout' | 'stderr' | 'resize';

/** exec and attach over SPDY/3.1: the client opens one SPDY stream for each of the session's streams. */
export async function execOverSpdy(context: StreamContext, connection: ExecConnection): Promise<void> {
  const protocol = spdyProtocol(context.exchange, PROTOCOLS);
  const { stdin, stdout, tty } = connection;
  const stderr = connection.stderr && !tty;
  const wanted: StreamType[] = ['error'];
  if (stdin) wanted.push('stdin');
  if (stdout) wanted.push('stdout');
  if (stderr) wanted.push('stderr');
  if (tty && (protocol === V4 || protocol === V3)) wanted.push('resize');

  const streams = new Map<StreamType, SpdyStream>();
  let complete = (): void => {};
  const completed = new Promise<void>((resolve) => (complete = resolve));
  const spdy = new SpdyConnection(acceptSpdy(context, protocol), (stream) => {
    streams.set(stream.headers.get('streamtype') as StreamType, stream);
    spdy.reply(stream);
    if (wanted.every((type) => streams.has(type))) complete();
  });
  const { signal } = context.exchange;
  const giveUp = (): void => spdy.close();
  signal.addEventListener('abort', complete, { once: true });
  const timer = context.clock.after(CREATION_TIMEOUT_MS, complete);
  await completed;
  timer.cancel();
  signal.removeEventListener('abort', complete);
  const error = streams.get('error');
  if (signal.aborted || !error || wanted.some((type) => !streams.has(type))) return giveUp();

  const resize = new ResizeQueue();
  streams.get('resize')?.on('data', (bytes: Buffer) => resize.feed(bytes)).on('end', () => resize.end());
  await runExec(context, connection, {
    stdin: stdin ? streams.get('stdin') : undefined,
    stdout: stdout ? streams.get('stdout') : undefined,
    stderr: stderr ? streams.get('stderr') : undefined,
    resize,
    async finish(status) {
      const text = protocol === V4 ? JSON.stringify(status) : status.status === 'Success' ? '' : (status.message ?? '');
      const over = finished(error, { readable: false }).catch(() => {});
      error.end(text);
      await over;
      await spdy.end();
    },
  });
}
