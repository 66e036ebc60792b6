/**
 * How much goes to the socket in one write: large enough for the cost of a write not to count, small enough for the
 * client to decrypt one piece while the next is on its way.
 */
const PIECE_BYTES = 256 * 1024;

/** Puts many small texts and byte strings together into few pieces. */
export class ByteWriter {
  private pieces: Buffer[] = [];
  private piece: Buffer;
  private used = 0;

  /** @param expected how many bytes will come; more may */
  constructor(expected = PIECE_BYTES) {
    this.piece = Buffer.allocUnsafeSlow(Math.min(PIECE_BYTES, Math.max(expected, 64)));
  }

  bytes(bytes: Uint8Array): void {
    if (bytes.length > this.piece.length - this.used) this.makeRoom(bytes.length);
    this.piece.set(bytes, this.used);
    this.used += bytes.length;
  }

  text(text: string): void {
    // A UTF-16 unit takes three bytes at most.
    if (text.length * 3 > this.piece.length - this.used) this.makeRoom(text.length * 3);
    this.used += this.piece.write(text, this.used);
  }

  get hasFull(): boolean {
    return this.pieces.length > 0;
  }

  /** The pieces that have become full since this was asked last. */
  full(): readonly Buffer[] {
    const { pieces } = this;
    this.pieces = [];
    return pieces;
  }

  /** All that was written and not handed out yet. The writer is done then. */
  finish(): readonly Buffer[] {
    this.pieces.push(this.piece.subarray(0, this.used));
    return this.pieces;
  }

  private makeRoom(needed: number): void {
    if (this.used > 0) this.pieces.push(this.piece.subarray(0, this.used));
    this.piece = Buffer.allocUnsafeSlow(Math.max(PIECE_BYTES, needed));
    this.used = 0;
  }
}
