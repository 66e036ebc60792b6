import { deflateSync, createDeflate, constants, type Deflate } from 'node:zlib';
import type { Duplex } from 'node:stream';
import { controlFrame, dataFrameHead, FRAME, FrameParser } from '../../src/http/streams/spdy/frames.js';
import { HEADER_DICTIONARY } from '../../src/http/streams/spdy/dictionary.js';
import { uint32 } from '../../src/http/streams/spdy/header-block.js';

/** A SPDY client for tests, compressing headers as Go's does: one zlib stream with the dictionary, flushed after each block. */
export class SpdyClient {
  readonly controls: Array<{ type: number; body: Buffer }> = [];
  readonly data = new Map<number, Buffer>();
  readonly finished = new Set<number>();
  private readonly deflate: Deflate = createDeflate({ dictionary: HEADER_DICTIONARY });
  private packed: Buffer[] = [];

  constructor(readonly transport: Duplex) {
    this.deflate.on('data', (chunk: Buffer) => this.packed.push(chunk));
    const parser = new FrameParser({
      onControl: (type, _flags, body) => this.controls.push({ type, body }),
      onData: (id, bytes, fin) => {
        this.data.set(id, Buffer.concat([this.data.get(id) ?? Buffer.alloc(0), bytes]));
        if (fin) this.finished.add(id);
      },
    });
    transport.on('data', (chunk: Buffer) => parser.push(chunk));
  }

  async open(id: number, headers: Record<string, string>): Promise<void> {
    const block = await this.pack(headers);
    this.transport.write(controlFrame(FRAME.synStream, 0, Buffer.concat([uint32(id), uint32(0), Buffer.alloc(2), block])));
  }

  send(id: number, bytes: Buffer | string, fin = false): void {
    const body = Buffer.from(bytes as Buffer);
    this.transport.write(Buffer.concat([dataFrameHead(id, body.length, fin), body]));
  }

  control(type: number, body: Buffer): void {
    this.transport.write(controlFrame(type, 0, body));
  }

  pack(headers: Record<string, string>): Promise<Buffer> {
    const entries = Object.entries(headers);
    const counted = (text: string): Buffer[] => [uint32(Buffer.byteLength(text)), Buffer.from(text)];
    this.deflate.write(Buffer.concat([uint32(entries.length), ...entries.flatMap(([name, value]) => [...counted(name), ...counted(value)])]));
    return new Promise((resolve) =>
      this.deflate.flush(constants.Z_SYNC_FLUSH, () => {
        resolve(Buffer.concat(this.packed));
        this.packed = [];
      }),
    );
  }
}

/** A header block that inflates to `size` bytes of nothing. */
export const bomb = (size: number): Buffer => deflateSync(Buffer.alloc(size), { dictionary: HEADER_DICTIONARY, finishFlush: constants.Z_SYNC_FLUSH });
