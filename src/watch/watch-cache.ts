import type { LabelMatcher } from '../api/label-selector.js';
import { compareBytes } from '../base/sorted-map.js';
import { StorageError } from '../storage/errors.js';
import { resourcePrefixOf } from '../storage/key.js';
import type { Change, Entry, ObjectKey, RangeOptions, Revision, Store } from '../storage/types.js';
import { CacheWatcher, type WatcherHost } from './cache-watcher.js';
import { Partition } from './partition.js';
import { reconstruct } from './reconstruct.js';
import type { FieldReader, ListOptions, Reader, Snapshot, SnapshotPage, Watcher, WatchOptions } from './types.js';

export interface WatchCacheOptions {
  /** Most changes in the window, of all resources together. Default 20,000. */
  readonly maxEvents?: number | undefined;
  /** Most bytes of replaced JSON that the window keeps alive. Default 16 MiB. */
  readonly maxBytes?: number | undefined;
}

/** What a change costs beside the JSON that it keeps alive. */
const EVENT_BYTES = 200;

/**
 * The newest state and the latest changes of all objects, for everybody who reads. Subscribes to a store; what the
 * windows have let go, watchers and lists find in the store's log as long as it is not compacted.
 */
export class WatchCache implements Reader, WatcherHost {
  private readonly partitions = new Map<string, Partition>();
  /** Partitions of the changes in the windows, oldest first. */
  private order: Partition[] = [];
  private orderHead = 0;
  private bytes = 0;
  private newest: Revision;
  /** Where the windows begin. */
  private readonly origin: Revision;
  private readonly maxEvents: number;
  private readonly maxBytes: number;
  private isClosed = false;

  constructor(
    readonly store: Store,
    options: WatchCacheOptions = {},
  ) {
    this.maxEvents = options.maxEvents ?? 20_000;
    this.maxBytes = options.maxBytes ?? 16 * 1024 * 1024;
    this.newest = this.origin = store.revision;
    store.subscribe({
      published: (changes) => this.publish(changes),
      compacted: (floor) => this.evictWhile((change) => change.revision <= floor),
      closed: () => this.close(),
    });
  }

  get revision(): Revision {
    return this.newest;
  }

  get closed(): boolean {
    return this.isClosed;
  }

  get(key: ObjectKey): Entry | undefined {
    return this.store.get(key);
  }

  getAt(key: ObjectKey, at: Revision): Promise<Entry | undefined> {
    return this.store.getAt(key, at);
  }

  list(prefix: string, { at, after, limit }: ListOptions = {}): SnapshotPage {
    if (at !== undefined && at !== this.newest) return this.listFromWindows(prefix, at, { after, limit });
    if (after === undefined && limit === undefined) {
      const partition = this.partitionOf(prefix);
      return { revision: this.newest, entries: partition ? partition.list(prefix) : this.store.list(prefix), remaining: 0 };
    }
    const entries = this.store.list(prefix, { after, limit });
    return { revision: this.newest, entries, remaining: this.store.count(prefix, { after }) - entries.length };
  }

  async listAt(prefix: string, at: Revision, options: RangeOptions = {}): Promise<SnapshotPage> {
    try {
      return this.list(prefix, { ...options, at });
    } catch (error) {
      if (!(error instanceof StorageError) || error.code !== 'compacted') throw error;
    }
    const all = await this.store.listAt(prefix, at);
    const { after, limit = Infinity } = options;
    const start = after === undefined ? 0 : all.findIndex(({ key }) => compareBytes(key, after) > 0);
    const entries = start < 0 ? [] : all.slice(start, start + limit);
    return { revision: at, entries, remaining: start < 0 ? 0 : all.length - start - entries.length };
  }

  count(prefix: string): number {
    return this.store.count(prefix);
  }

  prepareLabels(prefix: string, selector: LabelMatcher): Promise<unknown> | undefined {
    return this.partitionOf(prefix)?.prepareLabels(selector);
  }

  selectLabels(prefix: string, selector: LabelMatcher): Snapshot {
    const partition = this.partitionOf(prefix);
    const entries = partition
      ? partition.selectLabels(prefix, selector)
      : this.store.list(prefix).filter((entry) => selector.matches(entry.object.metadata.labels));
    return { revision: this.newest, entries };
  }

  index(prefix: string, name: string, field: FieldReader): void {
    this.resource(prefix).index(name, field);
  }

  selectField(prefix: string, name: string, value: string): Snapshot {
    return { revision: this.newest, entries: this.resource(prefix).selectField(prefix, name, value) };
  }

  watch(prefix: string, options: WatchOptions): Watcher {
    if (options.from > this.newest) throw this.future(options.from);
    return new CacheWatcher(this, this.resource(prefix), prefix, options);
  }

  listAndWatch(prefix: string, { signal }: { readonly signal: AbortSignal }): Snapshot & { readonly watcher: Watcher } {
    const { revision, entries } = this.list(prefix);
    return { revision, entries, watcher: this.watch(prefix, { from: revision, signal }) };
  }

  private publish(changes: readonly Change[]): void {
    const touched = new Map<Partition, number>();
    for (const change of changes) {
      const partition = this.partitionOf(change.key);
      if (!partition) continue;
      if (!touched.has(partition)) touched.set(partition, partition.window.end);
      partition.apply(change);
      this.order.push(partition);
      this.bytes += cost(change);
    }
    this.newest = this.store.revision;
    this.evictWhile(() => this.order.length - this.orderHead > this.maxEvents || this.bytes > this.maxBytes);
    for (const [partition, position] of touched) partition.wakeFrom(position);
  }

  /** Revisions go as a whole: a window that holds half of one could not say where it begins. */
  private evictWhile(tooMuch: (oldest: Change) => boolean): void {
    let revision: Revision | undefined;
    for (;;) {
      const partition = this.order[this.orderHead];
      const oldest = partition?.window.at(partition.window.start);
      if (!partition || !oldest || (oldest.revision !== revision && !tooMuch(oldest))) break;
      revision = oldest.revision;
      this.bytes -= cost(oldest);
      partition.window.shift();
      this.orderHead++;
    }
    if (this.orderHead > 1024 && this.orderHead * 2 > this.order.length) {
      this.order = this.order.slice(this.orderHead);
      this.orderHead = 0;
    }
  }

  private listFromWindows(prefix: string, at: Revision, options: RangeOptions): SnapshotPage {
    if (at > this.newest) throw this.future(at);
    const partition = this.partitionOf(prefix);
    if (!partition || at < partition.window.evicted) {
      throw new StorageError('compacted', `the event window of ${prefix || 'everything'} begins after revision ${at}`);
    }
    return reconstruct(this.store, partition.window, prefix, at, options);
  }

  private resource(prefix: string): Partition {
    const partition = this.partitionOf(prefix);
    if (!partition) throw new TypeError(`${JSON.stringify(prefix)} names no resource`);
    return partition;
  }

  /** The partition of a key or prefix; undefined for prefixes of several resources. */
  private partitionOf(prefix: string): Partition | undefined {
    const name = resourcePrefixOf(prefix);
    if (name === undefined) return undefined;
    let partition = this.partitions.get(name);
    if (!partition) {
      partition = new Partition(name, this.store, this.origin);
      this.partitions.set(name, partition);
    }
    return partition;
  }

  private future(at: Revision): StorageError {
    return new StorageError('future', `revision ${at} has not happened yet, the newest is ${this.newest}`);
  }

  private close(): void {
    this.isClosed = true;
    for (const partition of this.partitions.values()) partition.wakeAll();
  }
}

function cost(change: Change): number {
  return EVENT_BYTES + (change.previous?.json.length ?? 0);
}
