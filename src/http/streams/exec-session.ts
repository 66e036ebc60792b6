import { finished } from 'node:stream/promises';
import type { Readable, Writable } from 'node:stream';
import { ApiError, internalError } from '../../api/errors.js';
import type { ExitStatus } from '../../api/streams.js';
import type { Status } from '../../api/types/meta-v1.js';
import type { Connection } from '../../registry/subresource.js';
import type { StreamContext } from './context.js';
import type { ResizeQueue } from './resize-queue.js';

/** A Status as it travels in the error stream: without kind and version. */
export type ExecStatus = Omit<Status, 'kind' | 'apiVersion'>;

export type ExecConnection = Extract<Connection, { type: 'exec' }>;

/** The client's end of an exec or attach session, whatever it is framed in. */
export interface ExecTransport {
  readonly stdin: Readable | undefined;
  readonly stdout: Writable | undefined;
  readonly stderr: Writable | undefined;
  readonly resize: ResizeQueue;
  /** Tells how the session ended, after all output; then closes the connection. */
  finish(status: ExecStatus): Promise<void>;
}

/** Runs the process between the client's streams and reports how it ended. */
export async function runExec({ exchange, logger }: StreamContext, connection: ExecConnection, transport: ExecTransport): Promise<void> {
  const { stdin, stdout, stderr, resize } = transport;
  const { signal } = exchange;
  const { tty } = connection;
  // What goes on in streams whose client has gone is nobody's error.
  for (const stream of [stdin, stdout, stderr]) stream?.on('error', () => {});
  const onAbort = (): void => {
    resize.end();
    stdin?.destroy();
    stdout?.destroy();
    stderr?.destroy();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  let status: ExecStatus;
  try {
    status = statusOfExit(await connection.run({ stdin, stdout, stderr: tty ? undefined : stderr, tty, resize, signal }));
  } catch (error) {
    if (!(error instanceof ApiError) && !signal.aborted) logger.warn({ error }, 'an exec session failed');
    const message = error instanceof Error ? error.message : String(error);
    status = error instanceof ApiError ? error.toStatus() : internalError(`error executing command in container: ${message}`).toStatus();
  }
  resize.end();
  await Promise.all([flush(stdout), flush(stderr)]);
  signal.removeEventListener('abort', onAbort);
  await transport.finish(status);
}

/** KEP-4006: the exit code travels as a cause of a Status; signals are told as 128 + their number. */
function statusOfExit({ code }: ExitStatus): ExecStatus {
  if (code === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${code}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  };
}

async function flush(output: Writable | undefined): Promise<void> {
  if (!output || output.destroyed || output.writableFinished) return;
  try {
    const over = finished(output, { readable: false });
    output.end();
    await over;
  } catch {
    // The client has gone: nobody is left to read it.
  }
}
