import type { Duplex, Readable, Writable } from 'node:stream';
import { BrokenPipe } from '../errors.js';
import { Condition } from './condition.js';
import { OpenFile } from './open-file.js';

/** A Node stream as standard input. It is never destroyed here: it belongs to the container. */
export class StreamInput extends OpenFile {
  private changed: Condition | undefined;

  /** The stream is asked for at the first use: an idle process never makes one. */
  constructor(private readonly open: () => Readable) {
    super();
  }

  protected override async fetch(signal: AbortSignal): Promise<Uint8Array | undefined> {
    const stream = this.open();
    const changed = this.watch(stream);
    for (;;) {
      const chunk: unknown = stream.read();
      if (typeof chunk === 'string') return Buffer.from(chunk);
      if (chunk instanceof Uint8Array) return chunk;
      if (stream.readableEnded || stream.destroyed) return undefined;
      await changed.wait(signal);
    }
  }

  private watch(stream: Readable): Condition {
    if (this.changed) return this.changed;
    const changed = new Condition();
    const wake = (): void => changed.notify();
    for (const event of ['readable', 'end', 'close', 'error']) stream.on(event, wake);
    return (this.changed = changed);
  }
}

/** A Node stream as standard output or error, with its back-pressure. */
export class StreamOutput extends OpenFile {
  private changed: Condition | undefined;

  constructor(private readonly open: () => Writable) {
    super();
  }

  override async write(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const stream = this.open();
    if (stream.destroyed || stream.writableEnded) throw new BrokenPipe();
    if (stream.write(bytes)) return;
    const changed = this.watch(stream);
    while (stream.writableNeedDrain && !stream.destroyed) await changed.wait(signal);
  }

  private watch(stream: Writable): Condition {
    if (this.changed) return this.changed;
    const changed = new Condition();
    const wake = (): void => changed.notify();
    for (const event of ['drain', 'close', 'error']) stream.on(event, wake);
    return (this.changed = changed);
  }
}

/** A connection as one file that is read and written; closing it ends the connection. */
class SocketFile extends OpenFile {
  private readonly input: StreamInput;
  private readonly output: StreamOutput;

  constructor(private readonly stream: Duplex) {
    super();
    this.input = new StreamInput(() => stream);
    this.output = new StreamOutput(() => stream);
  }

  protected override fetch(signal: AbortSignal): Promise<Uint8Array | undefined> {
    return this.input.read(signal);
  }

  override write(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    return this.output.write(bytes, signal);
  }

  protected override close(): void {
    this.stream.end();
  }
}

export function connectStream(stream: Duplex): OpenFile {
  stream.on('error', () => {});
  return new SocketFile(stream);
}
