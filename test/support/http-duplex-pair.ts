import { Duplex } from 'node:stream';

/** Two ends of a pipe in memory, with back-pressure: what is written to one can be read from the other. */
export function duplexPair(): [Duplex, Duplex] {
  const near = new End();
  const far = new End();
  near.other = far;
  far.other = near;
  return [near, far];
}

class End extends Duplex {
  other!: End;
  private pending: (() => void) | undefined;

  constructor() {
    super({ allowHalfOpen: true });
    this.on('error', () => {});
  }

  override _read(): void {
    const { pending } = this;
    this.pending = undefined;
    pending?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.other.destroyed) return done();
    if (this.other.push(chunk)) setImmediate(done);
    else this.other.pending = done;
  }

  override _final(done: () => void): void {
    this.other.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (!this.other.destroyed) setImmediate(() => this.other.destroy());
    done(error);
  }
}
