import { compareBytes, SortedMap } from '../base/sorted-map.js';
import { prefixRange, underPrefix } from '../storage/key.js';
import type { Entry } from '../storage/types.js';

/** Entries by one string that can be read off them; those that have none are left out. */
export class Postings {
  /** Most values of some labels stand on one object only: a map for each would be waste. */
  private readonly byValue = new Map<string, Entry | SortedMap<Entry>>();

  constructor(private readonly read: (entry: Entry) => string | undefined) {}

  /** Replaces `previous` by `entry`; either may be missing. */
  update(previous: Entry | undefined, entry: Entry | undefined): void {
    const before = previous && this.read(previous);
    const now = entry && this.read(entry);
    if (previous && before !== undefined && before !== now) this.remove(before, previous);
    if (entry && now !== undefined) this.add(now, entry);
  }

  /** Adds an entry that is new here, and whose string is known. */
  insert(entry: Entry, value: string | undefined): void {
    if (value !== undefined) this.add(value, entry);
  }

  /** How many entries under a prefix have one of these values. */
  count(values: readonly string[], prefix: string): number {
    const { from, to } = prefixRange(prefix);
    let total = 0;
    for (const value of values) {
      const posting = this.byValue.get(value);
      if (posting instanceof SortedMap) total += posting.count(from, to);
      else if (posting && underPrefix(posting.key, prefix)) total++;
    }
    return total;
  }

  /** Entries under a prefix that have one of these (different) values, sorted by key. */
  select(values: readonly string[], prefix: string): Entry[] {
    const { from, to } = prefixRange(prefix);
    const parts: Entry[][] = [];
    for (const value of values) {
      const posting = this.byValue.get(value);
      if (posting instanceof SortedMap) parts.push(posting.slice(from, to));
      else if (posting && underPrefix(posting.key, prefix)) parts.push([posting]);
    }
    if (parts.length === 1) return parts[0] as Entry[];
    return parts.flat().sort((a, b) => compareBytes(a.key, b.key));
  }

  get values(): string[] {
    return [...this.byValue.keys()];
  }

  private add(value: string, entry: Entry): void {
    const posting = this.byValue.get(value);
    if (posting instanceof SortedMap) {
      posting.set(entry.key, entry);
    } else if (!posting || posting.key === entry.key) {
      this.byValue.set(value, entry);
    } else {
      const many = new SortedMap<Entry>();
      many.set(posting.key, posting);
      many.set(entry.key, entry);
      this.byValue.set(value, many);
    }
  }

  private remove(value: string, entry: Entry): void {
    const posting = this.byValue.get(value);
    if (posting instanceof SortedMap) {
      posting.delete(entry.key);
      if (posting.size === 0) this.byValue.delete(value);
    } else if (posting?.key === entry.key) {
      this.byValue.delete(value);
    }
  }
}
