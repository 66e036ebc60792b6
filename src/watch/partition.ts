import type { LabelMatcher } from '../api/label-selector.js';
import type { Change, Entry, Revision, Store } from '../storage/types.js';
import { EventWindow } from './event-window.js';
import { LabelIndex } from './label-index.js';
import { Postings } from './postings.js';
import type { FieldReader } from './types.js';

/** Someone to call when a change under their prefix is there. */
export interface Waiter {
  matches(change: Change): boolean;
  wake(): void;
}

interface FieldIndex {
  readonly read: FieldReader;
  postings: Postings | undefined;
}

/** Lists that are kept until something changes; one per namespace that was asked for. */
const MAX_LISTS = 64;

/** What the cache keeps for one resource: its event window, its indexes, and who waits for its events. */
export class Partition {
  readonly window: EventWindow;
  private waiting = new Set<Waiter>();
  private labels: LabelIndex | undefined;
  private readonly fields = new Map<string, FieldIndex>();
  private readonly lists = new Map<string, readonly Entry[]>();

  constructor(
    /** `group/resource/` */
    readonly prefix: string,
    private readonly store: Store,
    evicted: Revision,
  ) {
    this.window = new EventWindow(evicted);
  }

  apply(change: Change): void {
    this.window.push(change);
    this.labels?.apply(change);
    for (const { postings } of this.fields.values()) postings?.update(change.previous, change.type === 'deleted' ? undefined : change.entry);
    if (this.lists.size > 0) this.lists.clear();
  }

  /** The same array until something under the resource changes. */
  list(prefix: string): readonly Entry[] {
    const known = this.lists.get(prefix);
    if (known) return known;
    const entries = this.store.list(prefix);
    if (this.lists.size >= MAX_LISTS) this.lists.clear();
    this.lists.set(prefix, entries);
    return entries;
  }

  selectLabels(prefix: string, selector: LabelMatcher): readonly Entry[] {
    if (selector.empty) return this.list(prefix);
    if (selector.matchesNothing) return [];
    return this.labelIndex().select(prefix, selector) ?? this.list(prefix).filter((entry) => selector.matches(entry.object.metadata.labels));
  }

  prepareLabels(selector: LabelMatcher): Promise<unknown> | undefined {
    return selector.empty || selector.matchesNothing ? undefined : this.labelIndex().prepare(selector);
  }

  private labelIndex(): LabelIndex {
    return (this.labels ??= new LabelIndex(() => this.store.list(this.prefix), (entries) => this.store.load(entries)));
  }

  index(name: string, read: FieldReader): void {
    if (this.fields.has(name)) throw new TypeError(`${this.prefix} has an index ${name} already`);
    this.fields.set(name, { read, postings: undefined });
  }

  selectField(prefix: string, name: string, value: string): readonly Entry[] {
    const index = this.fields.get(name);
    if (!index) throw new TypeError(`${this.prefix} has no index ${name}`);
    if (!index.postings) {
      index.postings = new Postings((entry) => index.read(entry.object));
      for (const entry of this.store.list(this.prefix)) index.postings.update(undefined, entry);
    }
    return index.postings.select([value], prefix);
  }

  wait(waiter: Waiter): void {
    this.waiting.add(waiter);
  }

  /** Whether it did wait. */
  stopWaiting(waiter: Waiter): boolean {
    return this.waiting.delete(waiter);
  }

  /** Wakes those who wait for one of the changes from this position on. */
  wakeFrom(position: number): void {
    if (this.waiting.size === 0) return;
    const before = this.waiting;
    this.waiting = new Set();
    for (const waiter of before) {
      if (this.hasMatch(waiter, position)) waiter.wake();
      else this.waiting.add(waiter);
    }
  }

  wakeAll(): void {
    const before = this.waiting;
    this.waiting = new Set();
    for (const waiter of before) waiter.wake();
  }

  private hasMatch(waiter: Waiter, position: number): boolean {
    for (let i = Math.max(position, this.window.start); i < this.window.end; i++) {
      if (waiter.matches(this.window.at(i))) return true;
    }
    return false;
  }
}
