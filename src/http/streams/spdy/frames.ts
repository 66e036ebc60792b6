/** Frames of SPDY/3.1 that Kubernetes' clients use (draft 3.1, section 2.6). */
export const FRAME = { synStream: 1, synReply: 2, rstStream: 3, settings: 4, ping: 6, goAway: 7, headers: 8, windowUpdate: 9 } as const;

export const FLAG_FIN = 1;

export const RST = { protocolError: 1, invalidStream: 2, refusedStream: 3, cancel: 5, internalError: 6 } as const;

const HEADER_SIZE = 8;
/** A larger control frame has no use here. */
const MAX_CONTROL = 64 * 1024;

export interface FrameHandler {
  /** A piece of a data frame; `fin` with the last piece of the last frame. */
  onData(streamId: number, bytes: Buffer, fin: boolean): void;
  onControl(type: number, flags: number, body: Buffer): void;
}

/**
 * Cuts bytes into frames. Data is handed on as it arrives, so that a frame of 16 MiB takes no memory;
 * control frames are collected first.
 */
export class FrameParser {
  private readonly head = Buffer.alloc(HEADER_SIZE);
  private headSize = 0;
  private left = 0;
  private control: Buffer[] | undefined;

  constructor(private readonly handler: FrameHandler) {}

  /** Throws for frames that are too large. */
  push(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.headSize < HEADER_SIZE) {
        const taken = bytes.copy(this.head, this.headSize, at, at + HEADER_SIZE - this.headSize);
        this.headSize += taken;
        at += taken;
        if (this.headSize < HEADER_SIZE) return;
        this.startFrame();
        continue;
      }
      const piece = bytes.subarray(at, at + this.left);
      at += piece.length;
      this.left -= piece.length;
      if (this.control) this.control.push(piece);
      else this.handler.onData(this.head.readUInt32BE(0), piece, this.left === 0 && this.fin);
      if (this.left === 0) this.endFrame();
    }
  }

  private get fin(): boolean {
    return (this.head.readUInt8(4) & FLAG_FIN) !== 0;
  }

  private startFrame(): void {
    this.left = this.head.readUIntBE(5, 3);
    const isControl = (this.head.readUInt8(0) & 0x80) !== 0;
    if (isControl && this.left > MAX_CONTROL) throw new RangeError('a SPDY control frame is too large');
    this.control = isControl ? [] : undefined;
    if (this.left > 0) return;
    if (!isControl) this.handler.onData(this.head.readUInt32BE(0), Buffer.alloc(0), this.fin);
    this.endFrame();
  }

  private endFrame(): void {
    const { control } = this;
    this.control = undefined;
    this.headSize = 0;
    if (control) this.handler.onControl(this.head.readUInt16BE(2), this.head.readUInt8(4), Buffer.concat(control));
  }
}

export function controlFrame(type: number, flags: number, body: Buffer): Buffer {
  const frame = Buffer.alloc(HEADER_SIZE + body.length);
  frame.writeUInt16BE(0x8003, 0);
  frame.writeUInt16BE(type, 2);
  frame.writeUInt8(flags, 4);
  frame.writeUIntBE(body.length, 5, 3);
  body.copy(frame, HEADER_SIZE);
  return frame;
}

export function dataFrameHead(streamId: number, length: number, fin: boolean): Buffer {
  const head = Buffer.alloc(HEADER_SIZE);
  head.writeUInt32BE(streamId, 0);
  head.writeUInt8(fin ? FLAG_FIN : 0, 4);
  head.writeUIntBE(length, 5, 3);
  return head;
}
