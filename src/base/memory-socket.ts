import { Duplex } from 'node:stream';

/** The addresses of one end of a connection, as a socket shows them. */
export interface ConnectionAddresses {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

/**
 * One end of a connection inside this process. It has the parts of net.Socket that node:http servers and clients
 * touch, so that an end can be handed to `server.emit('connection', end)`.
 */
export class MemorySocket extends Duplex implements ConnectionAddresses {
  readonly remoteFamily = 'IPv4';
  private other: MemorySocket | undefined;
  private pending: (() => void) | undefined;
  private sentEnd = false;

  constructor(
    readonly localAddress: string,
    readonly localPort: number,
    readonly remoteAddress: string,
    readonly remotePort: number,
  ) {
    super({ allowHalfOpen: true });
  }

  /** Joins two ends. */
  static join(a: MemorySocket, b: MemorySocket): void {
    a.other = b;
    b.other = a;
  }

  override _read(): void {
    const proceed = this.other?.pending;
    if (!proceed || !this.other) return;
    this.other.pending = undefined;
    proceed();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const { other } = this;
    if (!other || other.destroyed) return done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    // The writer waits until the reader has room: that is all the flow control there is.
    if (other.push(chunk)) done();
    else this.pending = done;
  }

  override _final(done: (error?: Error | null) => void): void {
    this.endOther(this.other);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const { other, pending } = this;
    this.other = undefined;
    this.pending = undefined;
    pending?.();
    if (other && !other.destroyed) {
      const waiting = other.pending;
      other.pending = undefined;
      waiting?.();
      // A reset tells the other end at once, unless there is something to read still: that is read first.
      if (error && other.readableLength === 0) other.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
      else this.endOther(other);
    }
    done(error);
  }

  private endOther(other: MemorySocket | undefined): void {
    if (!other || other.destroyed || this.sentEnd) return;
    this.sentEnd = true;
    other.push(null);
  }

  setTimeout(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }
}

/** Two joined ends: what one writes the other reads, with back-pressure and half-close. */
export function connectionPair(client: { address: string; port: number }, server: { address: string; port: number }): [MemorySocket, MemorySocket] {
  const a = new MemorySocket(client.address, client.port, server.address, server.port);
  const b = new MemorySocket(server.address, server.port, client.address, client.port);
  MemorySocket.join(a, b);
  return [a, b];
}
