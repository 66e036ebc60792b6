import { Duplex } from 'node:stream';
import { RST } from './frames.js';
import type { SpdyHeaders } from './header-block.js';

/** How much of a stream may wait for its reader before the whole connection stops reading. */
export const STREAM_BUFFER = 256 * 1024;

/** What a stream asks of its connection. */
export interface StreamOwner {
  sendData(id: number, bytes: Buffer, fin: boolean, done: (error?: Error | null) => void): void;
  sendReset(id: number, code: number): void;
  /** The stream's reader wants more. */
  wantsData(stream: SpdyStream): void;
  forget(stream: SpdyStream): void;
}

/** One stream of a SPDY connection; each direction ends on its own. */
export class SpdyStream extends Duplex {
  private peerEnded = false;
  private ended = false;

  constructor(
    readonly id: number,
    readonly headers: SpdyHeaders,
    private readonly owner: StreamOwner,
  ) {
    super({ allowHalfOpen: true, readableHighWaterMark: STREAM_BUFFER, writableHighWaterMark: STREAM_BUFFER });
    // A stream that is reset before anyone looks at it must not take the process down.
    this.on('error', () => {});
  }

  /** Bytes from the peer; false when the connection should wait for the reader. */
  deliver(bytes: Buffer, fin: boolean): boolean {
    if (this.peerEnded || this.destroyed) return true;
    const room = bytes.length === 0 || this.push(bytes);
    if (fin) {
      this.peerEnded = true;
      this.push(null);
      this.forgetWhenOver();
    }
    return room || fin;
  }

  /** The peer gave the stream up. */
  resetByPeer(): void {
    this.peerEnded = true;
    this.ended = true;
    this.owner.forget(this);
    this.destroy();
  }

  override _read(): void {
    this.owner.wantsData(this);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.owner.sendData(this.id, chunk, false, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.ended = true;
    this.owner.sendData(this.id, Buffer.alloc(0), true, done);
    this.forgetWhenOver();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.ended || !this.peerEnded) {
      this.owner.sendReset(this.id, error ? RST.internalError : RST.cancel);
      this.owner.forget(this);
    }
    this.owner.wantsData(this);
    done(error);
  }

  private forgetWhenOver(): void {
    if (this.ended && this.peerEnded) this.owner.forget(this);
  }
}
