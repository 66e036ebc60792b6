import { SortedMap } from '../../../base/sorted-map.js';
import type { EngineTraits, Row, RowOperation, ScanRange, StorageEngine } from '../../engine.js';
import { StorageError } from '../../errors.js';

const PAGE = 1000;
const EMPTY = Buffer.alloc(0);

/** Rows in this process's memory; they end with it. */
export class MemoryEngine implements StorageEngine {
  readonly name = 'memory';
  readonly traits: EngineTraits = { durable: false, syncReads: true };
  private readonly rows = new SortedMap<Uint8Array>();
  private isClosed = false;

  getSync(key: string): Buffer | undefined {
    if (this.isClosed) throw closed();
    return asBuffer(this.rows.get(key));
  }

  async get(key: string): Promise<Buffer | undefined> {
    return this.getSync(key);
  }

  async getMany(keys: readonly string[]): Promise<Array<Buffer | undefined>> {
    return keys.map((key) => this.getSync(key));
  }

  async *scan({ from, to, reverse = false, limit = Infinity, values = true }: ScanRange): AsyncGenerator<readonly Row[]> {
    if (this.isClosed) throw closed();
    // Going backwards needs the whole range first; only single last rows are ever asked for that way.
    const keys = this.rows.keys(from, to, reverse ? Infinity : limit);
    const found = values ? this.rows.slice(from, to, reverse ? Infinity : limit) : undefined;
    if (reverse) {
      keys.reverse();
      found?.reverse();
    }
    const count = Math.min(keys.length, limit);
    for (let start = 0; start < count; start += PAGE) {
      if (this.isClosed) throw closed();
      yield keys.slice(start, Math.min(count, start + PAGE)).map((key, i) => ({ key, value: asBuffer(found?.[start + i]) ?? EMPTY }));
    }
  }

  async batch(operations: readonly RowOperation[]): Promise<void> {
    if (this.isClosed) throw closed();
    for (const { key, value } of operations) {
      if (value === undefined) this.rows.delete(key);
      else this.rows.set(key, value);
    }
  }

  async recover(): Promise<void> {
    if (this.isClosed) throw closed();
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

function asBuffer(value: Uint8Array | undefined): Buffer | undefined {
  if (value === undefined || Buffer.isBuffer(value)) return value;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

function closed(): StorageError {
  return new StorageError('closed', 'the storage engine is closed');
}
