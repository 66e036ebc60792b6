import { CommandError } from '../errors.js';
import type { Tty } from '../../terminal/tty.js';

/**
 * An open file description: shared by the descriptors that were duplicated from one `open`, in one process or
 * several, and closed with the last of them.
 */
export abstract class OpenFile {
  private references = 1;
  private pushedBack: Uint8Array[] = [];

  /** The terminal behind it, for `test -t`, prompts and job control. */
  get tty(): Tty | undefined {
    return undefined;
  }

  retain(): this {
    this.references++;
    return this;
  }

  release(): void {
    if (--this.references === 0) this.close();
  }

  /** The next bytes as they come, undefined at the end. Rejects when the signal aborts; no data is lost then. */
  async read(signal: AbortSignal): Promise<Uint8Array | undefined> {
    signal.throwIfAborted();
    return this.pushedBack.shift() ?? this.fetch(signal);
  }

  /** Gives back bytes that were read too far: the next reader gets them. */
  unread(bytes: Uint8Array): void {
    if (bytes.length > 0) this.pushedBack.unshift(bytes);
  }

  /** Resolves when the bytes are taken; rejects with BrokenPipe when nobody will read them. */
  async write(_bytes: Uint8Array, _signal: AbortSignal): Promise<void> {
    throw new CommandError('write error: Bad file descriptor');
  }

  protected async fetch(_signal: AbortSignal): Promise<Uint8Array | undefined> {
    throw new CommandError('read error: Bad file descriptor');
  }

  protected close(): void {}
}

/** /dev/null, and the standard input of what has none. */
export class NullFile extends OpenFile {
  protected override async fetch(): Promise<undefined> {}

  override async write(): Promise<void> {}
}

/** Bytes that are there from the start: here-documents and here-strings. */
export class BytesFile extends OpenFile {
  private rest: Uint8Array | undefined;

  constructor(bytes: Uint8Array) {
    super();
    this.rest = bytes.length > 0 ? bytes : undefined;
  }

  protected override async fetch(): Promise<Uint8Array | undefined> {
    const bytes = this.rest;
    this.rest = undefined;
    return bytes;
  }
}

/** A device that gives bytes without end. */
export class EndlessFile extends OpenFile {
  constructor(private readonly make: () => Uint8Array, private readonly full = false) {
    super();
  }

  protected override async fetch(): Promise<Uint8Array> {
    return this.make();
  }

  override async write(): Promise<void> {
    if (this.full) throw new CommandError('write error: No space left on device');
  }
}

/** Collects what is written, up to a bound: command substitution. */
export class CaptureFile extends OpenFile {
  private readonly chunks: Uint8Array[] = [];
  private size = 0;

  constructor(private readonly limit = 256 << 20) {
    super();
  }

  override async write(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.size += bytes.length;
    if (this.size > this.limit) throw new CommandError('write error: Cannot allocate memory');
    this.chunks.push(bytes);
  }

  bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }
}
