import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { controlFrame, dataFrameHead, FLAG_FIN, FRAME, FrameParser, RST, type FrameHandler } from './frames.js';
import { HeaderReader, HeaderWriter, uint32, type SpdyHeaders } from './header-block.js';
import { SpdyStream, type StreamOwner } from './stream.js';

/** Small frames let the streams of a connection take turns. */
const MAX_DATA = 16 * 1024;
/** A client that makes us answer (pings, resets) without ever reading is cut off here. */
const MAX_UNREAD = 4 * 1024 * 1024;
/** More streams at once than any client opens; the rest are refused. */
const MAX_STREAMS = 4096;

/**
 * The server's side of a SPDY/3.1 connection over any duplex: a socket, or a WebSocket that tunnels.
 * There is no flow control by windows: Go's client (moby/spdystream) neither sends nor respects WINDOW_UPDATE. What bounds
 * memory is the transport: nothing is read from it while a stream's reader is behind, and writes wait for it.
 */
export class SpdyConnection implements FrameHandler, StreamOwner {
  private readonly streams = new Map<number, SpdyStream>();
  private readonly parser = new FrameParser(this);
  private readonly headerReader = new HeaderReader();
  private readonly headerWriter = new HeaderWriter();
  /** Streams whose readers are behind. */
  private readonly behind = new Set<SpdyStream>();
  private closed = false;

  constructor(
    private readonly transport: Duplex,
    private readonly onStream: (stream: SpdyStream) => void,
  ) {
    transport.on('data', (chunk: Buffer) => this.receive(chunk));
    transport.on('end', () => this.close());
    transport.on('close', () => this.close());
    transport.on('error', () => this.close());
  }

  get openStreams(): number {
    return this.streams.size;
  }

  /** Accepts a stream the client has opened. */
  reply(stream: SpdyStream, headers: SpdyHeaders = new Map()): void {
    this.sendControl(FRAME.synReply, 0, Buffer.concat([uint32(stream.id), this.headerWriter.write(headers)]));
  }

  /** Says good-bye once all that was written is out, and closes the transport. */
  async end(): Promise<void> {
    if (this.closed) return;
    this.sendControl(FRAME.goAway, 0, Buffer.concat([uint32(0), uint32(0)]));
    const over = once(this.transport, 'close').catch(() => {});
    this.transport.end();
    await over;
  }

  /** Drops everything at once. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    for (const stream of this.streams.values()) stream.destroy();
    this.streams.clear();
    this.transport.destroy();
  }

  onData(id: number, bytes: Buffer, fin: boolean): void {
    const stream = this.streams.get(id);
    if (!stream) {
      if (bytes.length > 0) this.sendReset(id, RST.invalidStream);
      return;
    }
    if (!stream.deliver(bytes, fin)) {
      this.behind.add(stream);
      this.transport.pause();
    }
  }

  onControl(type: number, flags: number, body: Buffer): void {
    switch (type) {
      case FRAME.synStream:
        return this.openStream(flags, body);
      case FRAME.rstStream:
        return this.streams.get(body.readUInt32BE(0))?.resetByPeer();
      case FRAME.ping:
        return this.sendControl(FRAME.ping, 0, body);
      case FRAME.synReply:
      case FRAME.headers:
        // Of no interest, but part of the one compressed stream.
        this.headerReader.read(body.subarray(4));
        return;
      default:
        // SETTINGS and WINDOW_UPDATE speak of windows; after GOAWAY the client closes by itself.
        return;
    }
  }

  sendData(id: number, bytes: Buffer, fin: boolean, done: (error?: Error | null) => void): void {
    if (this.closed || !this.transport.writable) return done(this.closed || !fin ? new Error('the SPDY connection is closed') : null);
    this.transport.cork();
    for (let at = 0; at < bytes.length || at === 0; at += MAX_DATA) {
      const piece = bytes.subarray(at, at + MAX_DATA);
      const last = at + MAX_DATA >= bytes.length;
      const head = dataFrameHead(id, piece.length, fin && last);
      if (piece.length > 0) this.transport.write(head);
      this.transport.write(piece.length > 0 ? piece : head, last ? done : undefined);
    }
    this.transport.uncork();
  }

  sendReset(id: number, code: number): void {
    this.sendControl(FRAME.rstStream, 0, Buffer.concat([uint32(id), uint32(code)]));
  }

  wantsData(stream: SpdyStream): void {
    if (this.behind.delete(stream) && this.behind.size === 0 && !this.closed) this.transport.resume();
  }

  forget(stream: SpdyStream): void {
    this.streams.delete(stream.id);
  }

  private openStream(flags: number, body: Buffer): void {
    const id = body.readUInt32BE(0);
    const headers = this.headerReader.read(body.subarray(10));
    if (this.streams.size >= MAX_STREAMS) return this.sendReset(id, RST.refusedStream);
    if (this.streams.has(id)) return this.sendReset(id, RST.protocolError);
    const stream = new SpdyStream(id, headers, this);
    this.streams.set(id, stream);
    if (flags & FLAG_FIN) stream.deliver(Buffer.alloc(0), true);
    this.onStream(stream);
  }

  private receive(chunk: Buffer): void {
    if (this.closed) return;
    try {
      this.parser.push(chunk);
    } catch {
      // Broken frames: nothing that follows can be understood.
      this.close();
    }
  }

  private sendControl(type: number, flags: number, body: Buffer): void {
    if (this.closed || !this.transport.writable) return;
    if (this.transport.writableLength > MAX_UNREAD) this.close();
    else this.transport.write(controlFrame(type, flags, body));
  }
}
