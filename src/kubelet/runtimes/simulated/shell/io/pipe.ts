import { BrokenPipe } from '../errors.js';
import { Condition } from './condition.js';
import { OpenFile } from './open-file.js';

/** As Linux: a writer waits while this much is unread. */
const CAPACITY = 64 * 1024;

class PipeBuffer {
  readonly changed = new Condition();
  readonly chunks: Uint8Array[] = [];
  size = 0;
  readerOpen = true;
  writerOpen = true;
}

class PipeReader extends OpenFile {
  constructor(private readonly pipe: PipeBuffer) {
    super();
  }

  protected override async fetch(signal: AbortSignal): Promise<Uint8Array | undefined> {
    const { pipe } = this;
    for (;;) {
      const chunk = pipe.chunks.shift();
      if (chunk) {
        pipe.size -= chunk.length;
        pipe.changed.notify();
        return chunk;
      }
      if (!pipe.writerOpen) return undefined;
      await pipe.changed.wait(signal);
    }
  }

  protected override close(): void {
    this.pipe.readerOpen = false;
    this.pipe.changed.notify();
  }
}

class PipeWriter extends OpenFile {
  constructor(private readonly pipe: PipeBuffer) {
    super();
  }

  override async write(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    const { pipe } = this;
    signal.throwIfAborted();
    while (pipe.readerOpen && pipe.size >= CAPACITY) await pipe.changed.wait(signal);
    if (!pipe.readerOpen) throw new BrokenPipe();
    if (bytes.length === 0) return;
    pipe.chunks.push(bytes);
    pipe.size += bytes.length;
    pipe.changed.notify();
  }

  protected override close(): void {
    this.pipe.writerOpen = false;
    this.pipe.changed.notify();
  }
}

/** A pipe(2): the reader sees the end when the last writer closes, a writer fails when the last reader has. */
export function createPipe(): { reader: OpenFile; writer: OpenFile } {
  const buffer = new PipeBuffer();
  return { reader: new PipeReader(buffer), writer: new PipeWriter(buffer) };
}

/** A FIFO of the file system: openers wait for the other side, as fifo(7) has it. */
export class Fifo {
  private readonly opened = new Condition();
  private buffer = new PipeBuffer();
  private readers = 0;
  private writers = 0;

  async open(mode: 'read' | 'write', signal: AbortSignal): Promise<OpenFile> {
    if (this.readers === 0 && this.writers === 0) this.buffer = new PipeBuffer();
    const { buffer } = this;
    if (mode === 'read') this.readers++;
    else this.writers++;
    buffer.readerOpen = true;
    buffer.writerOpen = true;
    this.opened.notify();
    const closed = (): void => {
      if (mode === 'read') this.readers--;
      else this.writers--;
      buffer.readerOpen = this.readers > 0;
      buffer.writerOpen = this.writers > 0;
      buffer.changed.notify();
    };
    try {
      while ((mode === 'read' ? this.writers : this.readers) === 0) await this.opened.wait(signal);
    } catch (error) {
      closed();
      throw error;
    }
    return mode === 'read' ? new FifoReader(buffer, closed) : new FifoWriter(buffer, closed);
  }
}

class FifoReader extends PipeReader {
  constructor(pipe: PipeBuffer, private readonly closed: () => void) {
    super(pipe);
  }

  protected override close(): void {
    this.closed();
  }
}

class FifoWriter extends PipeWriter {
  constructor(pipe: PipeBuffer, private readonly closed: () => void) {
    super(pipe);
  }

  protected override close(): void {
    this.closed();
  }
}
