import type { Duplex, Readable, Writable } from 'node:stream';
import { BrokenPipe } from '../errors.js';
import { Condition } from './condition.js';
import { OpenFile } from './open-file.js';

/** A Node stream as standard input. It is never destroyed here: it belongs to the container. */
export class StreamInput extends OpenFile {
  private changed: Condition | undefined;

  constructor(private readonly stream: Readable) {
    super();
  }

  protected override async fetch(signal: AbortSignal): Promise<Uint8Array | undefined> {
    const changed = this.watch();
    for (;;) {
      const chunk: unknown = this.stream.read();
      if (typeof chunk === 'string') return Buffer.from(chunk);
      if (chunk instanceof Uint8Array) return chunk;
      if (this.stream.readableEnded || this.stream.destroyed) return undefined;
      await changed.wait(signal);
    }
  }

  private watch(): Condition {
    if (this.changed) return this.changed;
    const changed = new Condition();
    const wake = (): void => changed.notify();
    for (const event of ['readable', 'end', 'close', 'error']) this.stream.on(event, wake);
    return (this.changed = changed);
  }
}

/** A Node stream as standard output or error, with its back-pressure. */
export class StreamOutput extends OpenFile {
  private changed: Condition | undefined;

  constructor(private readonly stream: Writable) {
    super();
  }

  override async write(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { stream } = this;
    if (stream.destroyed || stream.writableEnded) throw new BrokenPipe();
    if (stream.write(bytes)) return;
    const changed = this.watch();
    while (stream.writableNeedDrain && !stream.destroyed) await changed.wait(signal);
  }

  private watch(): Condition {
    if (this.changed) return this.changed;
    const changed = new Condition();
    const wake = (): void => changed.notify();
    for (const event of ['drain', 'close', 'error']) this.stream.on(event, wake);
    return (this.changed = changed);
  }
}

/** A connection as one file that is read and written; closing it ends the connection. */
class SocketFile extends OpenFile {
  private readonly input: StreamInput;
  private readonly output: StreamOutput;

  constructor(private readonly stream: Duplex) {
    super();
    this.input = new StreamInput(stream);
    this.output = new StreamOutput(stream);
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
