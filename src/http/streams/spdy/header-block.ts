import { constants, inflateRawSync } from 'node:zlib';
import { HEADER_DICTIONARY } from './dictionary.js';

/** Names and values of a stream's headers; names are lower case. */
export type SpdyHeaders = ReadonlyMap<string, string>;

const WINDOW = 32 * 1024;
const MAX_BLOCK = 64 * 1024;
/** zlib's header (2 bytes) with a dictionary's checksum (4 more) in front of the first block. */
const DICTIONARY_FLAG = 0x20;

/**
 * Reads the header blocks of a connection. They are one zlib stream, cut after each block by a sync flush:
 * so each can be inflated alone, with the last 32 KiB that came out as its dictionary, and no zlib state is kept.
 */
export class HeaderReader {
  private window = HEADER_DICTIONARY;
  private started = false;

  /** Throws when the block is broken or inflates to more than 64 KiB. */
  read(block: Buffer): SpdyHeaders {
    const plain = this.inflate(block);
    const headers = new Map<string, string>();
    let at = 0;
    const text = (encoding: 'latin1' | 'utf8'): string => {
      const length = plain.readUInt32BE(at);
      at += 4 + length;
      if (at > plain.length) throw new RangeError('a SPDY header is cut short');
      return plain.toString(encoding, at - length, at);
    };
    const count = plain.readUInt32BE(0);
    at = 4;
    for (let i = 0; i < count; i++) headers.set(text('latin1'), text('utf8'));
    return headers;
  }

  private inflate(block: Buffer): Buffer {
    let body = block;
    if (!this.started) {
      this.started = true;
      body = block.subarray(block.readUInt8(1) & DICTIONARY_FLAG ? 6 : 2);
    }
    const plain = inflateRawSync(body, { dictionary: this.window, finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MAX_BLOCK });
    this.window = Buffer.concat([this.window, plain]).subarray(-WINDOW);
    return plain;
  }
}

/**
 * Writes header blocks as stored deflate blocks: nothing is compressed, so there is no state but the stream's first two bytes.
 */
export class HeaderWriter {
  private started = false;

  write(headers: SpdyHeaders): Buffer {
    const plain = Buffer.concat([uint32(headers.size), ...[...headers].flatMap(([name, value]) => [...counted(name), ...counted(value)])]);
    const stored = Buffer.alloc(5);
    stored.writeUInt16LE(plain.length, 1);
    stored.writeUInt16LE(~plain.length & 0xffff, 3);
    // The empty block at the end makes the reader hand out what it has.
    const flush = Buffer.from([0, 0, 0, 0xff, 0xff]);
    const start = this.started ? [] : [Buffer.from([0x78, 0x01])];
    this.started = true;
    return Buffer.concat([...start, stored, plain, flush]);
  }
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

function counted(text: string): Buffer[] {
  const bytes = Buffer.from(text);
  return [uint32(bytes.length), bytes];
}
