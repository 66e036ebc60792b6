interface Chunk<V> {
  readonly keys: string[];
  readonly values: V[];
}

const CHUNK = 512;
/** Where UTF-16 order stops being the order of UTF-8 bytes. */
const BEYOND_PLAIN = /[\ud800-\uffff]/;

/**
 * A map sorted by the bytes of its keys (UTF-8). A list of short sorted arrays: inserting and deleting move a few
 * hundred pointers however large the map is, and a range is a handful of slices.
 */
export class SortedMap<V> {
  private chunks: Chunk<V>[] = [];
  private length = 0;
  /** Comparing as UTF-16 is several times cheaper and right as long as no key is beyond this point. */
  private plain = true;

  get size(): number {
    return this.length;
  }

  get(key: string): V | undefined {
    const chunk = this.chunks[this.chunkOf(key)];
    if (!chunk) return undefined;
    const at = this.position(chunk.keys, key);
    return chunk.keys[at] === key ? chunk.values[at] : undefined;
  }

  /** The value that stood there before. */
  set(key: string, value: V): V | undefined {
    // The keys that are there are all plain, so their order stands.
    if (this.plain && BEYOND_PLAIN.test(key)) this.plain = false;
    const index = this.chunkOf(key);
    const chunk = this.chunks[index];
    if (!chunk) {
      this.chunks.push({ keys: [key], values: [value] });
      this.length++;
      return undefined;
    }
    const at = this.position(chunk.keys, key);
    if (chunk.keys[at] === key) {
      const before = chunk.values[at];
      chunk.values[at] = value;
      return before;
    }
    this.length++;
    if (at === chunk.keys.length) {
      // Keys that come in order (a load, a counter in the name) fill chunks up instead of splitting them in halves.
      if (at >= CHUNK && index === this.chunks.length - 1) this.chunks.push({ keys: [key], values: [value] });
      else {
        chunk.keys.push(key);
        chunk.values.push(value);
      }
    } else {
      chunk.keys.splice(at, 0, key);
      chunk.values.splice(at, 0, value);
    }
    if (chunk.keys.length > 2 * CHUNK) this.chunks.splice(index + 1, 0, { keys: chunk.keys.splice(CHUNK), values: chunk.values.splice(CHUNK) });
    return undefined;
  }

  /** The value that stood there. */
  delete(key: string): V | undefined {
    const index = this.chunkOf(key);
    const chunk = this.chunks[index];
    if (!chunk) return undefined;
    const at = this.position(chunk.keys, key);
    if (chunk.keys[at] !== key) return undefined;
    const [before] = chunk.values.splice(at, 1);
    chunk.keys.splice(at, 1);
    this.length--;
    if (chunk.keys.length === 0) this.chunks.splice(index, 1);
    else this.joinWithNext(index);
    return before;
  }

  /** Values of the keys from `from` (inclusive) to `to` (exclusive; undefined: to the end), in order, at most `limit`. */
  slice(from = '', to?: string, limit = Infinity): V[] {
    return this.range(from, to, limit, (chunk) => chunk.values);
  }

  /** Keys of a range, as `slice`. */
  keys(from = '', to?: string, limit = Infinity): string[] {
    return this.range(from, to, limit, (chunk) => chunk.keys);
  }

  /** Number of keys of a range, without visiting them. */
  count(from = '', to?: string): number {
    let total = 0;
    for (let i = this.chunkOf(from); i < this.chunks.length; i++) {
      const { keys } = this.chunks[i] as Chunk<V>;
      if (to !== undefined && this.compare(keys[0] as string, to) >= 0) break;
      total += Math.max(0, this.end(keys, to) - this.position(keys, from));
    }
    return total;
  }

  private range<T>(from: string, to: string | undefined, limit: number, of: (chunk: Chunk<V>) => T[]): T[] {
    const parts: T[][] = [];
    let left = limit;
    for (let i = this.chunkOf(from); i < this.chunks.length && left > 0; i++) {
      const chunk = this.chunks[i] as Chunk<V>;
      if (to !== undefined && this.compare(chunk.keys[0] as string, to) >= 0) break;
      const start = this.position(chunk.keys, from);
      const part = of(chunk).slice(start, Math.min(this.end(chunk.keys, to), start + left));
      left -= part.length;
      parts.push(part);
    }
    if (parts.length === 1) return parts[0] as T[];
    // Many times faster than flat().
    return ([] as T[]).concat(...parts);
  }

  private end(keys: string[], to: string | undefined): number {
    return to === undefined || this.compare(keys[keys.length - 1] as string, to) < 0 ? keys.length : this.position(keys, to);
  }

  /** Index of the chunk that holds the key or would take it. */
  private chunkOf(key: string): number {
    let low = 0;
    let high = this.chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.compare((this.chunks[middle] as Chunk<V>).keys[0] as string, key) <= 0) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Index of the first key that is not smaller. */
  private position(keys: string[], key: string): number {
    let low = 0;
    let high = keys.length;
    if (high > 0 && this.compare(keys[high - 1] as string, key) < 0) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.compare(keys[middle] as string, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private compare(a: string, b: string): number {
    return this.plain ? (a === b ? 0 : a < b ? -1 : 1) : compareBytes(a, b);
  }

  private joinWithNext(index: number): void {
    const chunk = this.chunks[index] as Chunk<V>;
    const next = this.chunks[index + 1];
    if (!next || chunk.keys.length + next.keys.length > CHUNK / 2) return;
    chunk.keys.push(...next.keys);
    chunk.values.push(...next.values);
    this.chunks.splice(index + 1, 1);
  }
}

/** The order of the UTF-8 encodings of two strings. */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  if (BEYOND_PLAIN.test(a) || BEYOND_PLAIN.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : 1;
}
