import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import { SortedMap } from '../base/sorted-map.js';
import type { ObjectCodec } from './codec.js';
import { deletedEntry, encode, ParsingSource, stamp, StoredChange, StoredEntry, type EntrySource } from './entry.js';
import { StorageError } from './errors.js';
import { Expiry } from './expiry.js';
import { prefixRange } from './key.js';
import type { LogWrite, RevisionLog } from './log.js';
import { Retention, type RetentionOptions } from './retention.js';
import type { Change, Entry, HistoryPage, HistoryRange, ObjectKey, Operation, RangeOptions, Revision, Store, StoreListener } from './types.js';
import { GroupWriter, type PendingCommit } from './writer.js';

export interface ObjectStoreOptions {
  readonly log: RevisionLog;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly codec: ObjectCodec;
  readonly sync: boolean;
  readonly retention: RetentionOptions;
}

/** What a key will hold once everything accepted is on disk; `entry` undefined: deleted. */
interface Accepted {
  readonly revision: Revision;
  readonly entry: Entry | undefined;
}

const LOAD_PAGE = 500;

/** Versions that were replaced just now are looked at by watchers with selectors; older ones need no parsed object. */
const RECENTLY_REPLACED = 500;

/** etcd's limit of a request. */
const MAX_OBJECT_BYTES = 1.5 * 1024 * 1024;

/** The top layer: objects, compare-and-set and publication, over a log of revisions. */
export class ObjectStore implements Store {
  private readonly log: RevisionLog;
  private readonly codec: ObjectCodec;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly source: EntrySource;
  private readonly writer: GroupWriter;
  private readonly retention: Retention;
  private readonly expiry: Expiry;
  private readonly listeners = new Set<StoreListener>();
  /** Durable state, twice: by key, and in order. */
  private readonly state = new Map<ObjectKey, StoredEntry>();
  private readonly sorted = new SortedMap<StoredEntry>();
  private readonly accepted = new Map<ObjectKey, Accepted>();
  /** Entries that nobody has read since the start. */
  private unread = 0;
  private published = 0 as Revision;
  /** The newest revision ever given out, also to writes that failed: none is used twice. */
  private assigned = 0;
  private readonly replaced: StoredEntry[] = [];
  private replacements = 0;
  private compactions: Array<{ resolve: () => void; reject: (error: StorageError) => void }> = [];
  private closing: Promise<void> | undefined;

  private constructor(options: ObjectStoreOptions) {
    this.log = options.log;
    this.codec = options.codec;
    this.clock = options.clock;
    this.logger = options.logger;
    this.source = new ParsingSource(options.codec, (entry) => {
      this.unread--;
      return this.log.readSync(entry.key, entry.revision);
    });
    this.retention = new Retention(options.clock, options.retention, () => this.writer.compact());
    this.expiry = new Expiry(options.clock, (key, revision) => this.expire(key, revision));
    this.writer = new GroupWriter(options.log, this.writerHooks(), options.sync, options.logger);
  }

  /** Loads the state from a log. Reads no object where the engine can read them later. */
  static async open(options: ObjectStoreOptions): Promise<ObjectStore> {
    const store = new ObjectStore(options);
    const { log } = options;
    await log.load({
      index: (key, { revision, createRevision, expires }) => {
        store.unread++;
        store.put(new StoredEntry({ key, revision, createRevision, expires }, store.source));
      },
      superseded: (version) => store.retention.add(version),
    });
    if (!log.readsLazily) await store.read(store.sorted.slice());
    store.published = log.revision;
    store.assigned = log.revision;
    store.retention.raise(log.floor);
    if (log.revision > log.floor) store.retention.published(log.revision, log.floor);
    return store;
  }

  get revision(): Revision {
    return this.published;
  }

  get floor(): Revision {
    return this.log.floor;
  }

  head(key: ObjectKey): Entry | undefined {
    const accepted = this.accepted.get(key);
    return accepted ? accepted.entry : this.state.get(key);
  }

  get(key: ObjectKey): Entry | undefined {
    return this.state.get(key);
  }

  list(prefix: string, options: RangeOptions = {}): readonly Entry[] {
    const { from, to } = prefixRange(prefix, options.after);
    return this.sorted.slice(from, to, options.limit);
  }

  async load(entries: readonly Entry[]): Promise<void> {
    if (this.unread === 0) return;
    const unread = entries.filter((entry): entry is StoredEntry => entry instanceof StoredEntry && !entry.isRead);
    try {
      await this.read(unread);
    } catch (error) {
      // Compaction may have overtaken it. What is needed is read on demand, and fails there if it must.
      this.logger.debug({ err: error }, 'objects could not be read ahead');
    }
  }

  count(prefix: string, options: { after?: ObjectKey | undefined } = {}): number {
    const { from, to } = prefixRange(prefix, options.after);
    return this.sorted.count(from, to);
  }

  commit(operations: readonly Operation[]): Promise<readonly Change[]> {
    return new Promise((resolve, reject) => {
      if (this.closing) throw new StorageError('closed', 'the store is closed');
      if (operations.length === 0) return resolve([]);
      const previous = this.check(operations);
      const revision = (this.assigned + 1) as Revision;
      const prepared = operations.map((operation, i) => this.prepare(operation, previous[i], revision));
      // Nothing can fail from here on.
      this.assigned = revision;
      for (const { write, entry } of prepared) this.accepted.set(write.key, { revision, entry });
      this.writer.submit({
        writes: prepared.map(({ write }) => write),
        changes: prepared.map(({ change }) => change),
        bytes: prepared.reduce((sum, { write }) => sum + (write.json?.length ?? 0), 0),
        resolve,
        reject,
      });
    });
  }

  async getAt(key: ObjectKey, at: Revision): Promise<Entry | undefined> {
    const entry = this.state.get(key);
    if (at <= this.published && at >= this.log.floor && entry && entry.revision <= at) return entry;
    return (await this.listAt(key, at))[0];
  }

  async listAt(prefix: string, at: Revision): Promise<readonly Entry[]> {
    this.checkReadable(at);
    const { from, to } = prefixRange(prefix);
    const now = this.sorted.slice(from, to);
    if (at === this.published) return now;
    const replaced = await this.log.firstReplaced(prefix, at, this.published);
    const result = new SortedMap<StoredEntry>();
    for (const entry of now) if (entry.revision <= at) result.set(entry.key, entry);
    const older = [...replaced].filter(([, { previous }]) => previous <= at).map(([key, { previous, createRevision }]) => ({ key, revision: previous, createRevision }));
    for (let i = 0; i < older.length; i += LOAD_PAGE) {
      const page = older.slice(i, i + LOAD_PAGE);
      const values = await this.readPast(page, at);
      page.forEach((version, j) => result.set(version.key, new StoredEntry({ ...version, json: values[j] }, this.source)));
    }
    return result.slice();
  }

  async history(prefix: string, range: HistoryRange): Promise<HistoryPage> {
    this.checkOpen();
    const { records, until } = await this.log.records(prefix, { ...range, until: Math.min(range.until, this.published) as Revision });
    const changes = records.map(({ key, revision, json, createRevision, previous }) => {
      const before = previous && new StoredEntry({ key, revision: previous.revision, createRevision, json: previous.json }, this.source);
      if (!json) return new StoredChange('deleted', deletedEntry(this.codec, before as StoredEntry, revision), before);
      const current = this.state.get(key);
      const entry = current?.revision === revision ? current : new StoredEntry({ key, revision, createRevision, json }, this.source);
      return new StoredChange(before ? 'updated' : 'created', entry, before);
    });
    return { changes, until };
  }

  compact(floor: Revision): Promise<void> {
    return new Promise((resolve, reject) => {
      this.checkOpen();
      if (floor > this.published) throw new StorageError('future', `revision ${floor} has not happened yet, the newest is ${this.published}`);
      this.retention.raise(floor);
      this.compactions.push({ resolve, reject });
      this.writer.compact();
    });
  }

  subscribe(listener: StoreListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  close(): Promise<void> {
    this.closing ??= (async () => {
      this.expiry.close();
      await this.writer.idle();
      // What was still written has set its timer again.
      this.retention.close();
      await this.log.close();
      this.tell((listener) => listener.closed?.());
      this.listeners.clear();
    })();
    return this.closing;
  }

  /** The head versions that the operations replace; throws where one is not what was expected. */
  private check(operations: readonly Operation[]): Array<Entry | undefined> {
    if (operations.length > 1 && new Set(operations.map(({ key }) => key)).size < operations.length) throw new TypeError('a commit names a key twice');
    return operations.map(({ key, expected, object }) => {
      const current = this.head(key);
      if (current && expected === 0) throw new StorageError('exists', `${key} exists already`, { key, current });
      if (!current && (expected ? true : object === null)) throw new StorageError('missing', `${key} does not exist`, { key });
      if (current && expected !== undefined && current.revision !== expected) {
        throw new StorageError('conflict', `${key} is at revision ${current.revision}, not ${expected}`, { key, current });
      }
      return current;
    });
  }

  private prepare({ key, object, ttlMs }: Operation, previous: Entry | undefined, revision: Revision): { write: LogWrite; change: Change; entry: StoredEntry | undefined } {
    // Its bytes are read now if ever: once it is history, compaction may take them from the disk.
    const replaced = previous && { revision: previous.revision, createRevision: previous.createRevision, expires: previous.expires, bytes: previous.json.length };
    const createRevision = previous?.createRevision ?? revision;
    if (object === null) {
      const change = new StoredChange('deleted', deletedEntry(this.codec, previous as Entry, revision), previous);
      return { write: { key, revision, createRevision, expires: undefined, json: undefined, previous: replaced }, change, entry: undefined };
    }
    const stamped = stamp(object, revision);
    const json = encode(this.codec, stamped);
    if (json.length > MAX_OBJECT_BYTES && (this.codec.size?.(stamped) ?? json.length) > MAX_OBJECT_BYTES) throw new StorageError('large', `${key} is larger than ${MAX_OBJECT_BYTES} bytes`, { key });
    const expires = ttlMs === undefined ? undefined : Math.ceil(this.clock.now() + ttlMs);
    const entry = new StoredEntry({ key, revision, createRevision, expires, object: stamped, json }, this.source);
    return { write: { key, revision, createRevision, expires, json, previous: replaced }, change: new StoredChange(previous ? 'updated' : 'created', entry, previous), entry };
  }

  private writerHooks(): ConstructorParameters<typeof GroupWriter>[1] {
    return {
      published: (commits) => this.publish(commits),
      failed: (commits) => this.rollBack(commits),
      nextCompaction: () => {
        const next = this.retention.next(this.log.floor);
        if (!next) for (const { resolve } of this.compactions.splice(0)) resolve();
        return next;
      },
      compacted: (compaction) => {
        this.retention.done(compaction);
        this.tell((listener) => listener.compacted?.(this.log.floor));
      },
      compactionFailed: (error) => {
        for (const { reject } of this.compactions.splice(0)) reject(error);
      },
    };
  }

  private publish(commits: readonly PendingCommit[]): void {
    const changes: Change[] = [];
    for (const commit of commits) {
      for (const change of commit.changes) {
        const { key, revision, type, previous } = change;
        if (type === 'deleted') {
          this.state.delete(key);
          this.sorted.delete(key);
        } else {
          this.put(change.entry as StoredEntry);
        }
        if (this.accepted.get(key)?.revision === revision) this.accepted.delete(key);
        if (previous instanceof StoredEntry) this.forgetLater(previous);
        if (previous) this.retention.add({ key, at: revision, deleted: type === 'deleted', previous: previous.revision, bytes: previous.json.length });
        this.published = revision;
        changes.push(change);
      }
    }
    this.tell((listener) => listener.published?.(changes));
    this.retention.published(this.published, this.log.floor);
    if (this.retention.target > this.log.floor) this.writer.compact();
  }

  private forgetLater(entry: StoredEntry): void {
    const slot = this.replacements++ % RECENTLY_REPLACED;
    this.replaced[slot]?.forget();
    this.replaced[slot] = entry;
  }

  private rollBack(commits: readonly PendingCommit[]): void {
    for (const { writes } of commits) for (const { key } of writes) this.accepted.delete(key);
  }

  private put(entry: StoredEntry): void {
    this.state.set(entry.key, entry);
    this.sorted.set(entry.key, entry);
    if (entry.expires !== undefined) this.expiry.add(entry.key, entry.revision, entry.expires);
  }

  private expire(key: ObjectKey, revision: Revision): void {
    if (this.head(key)?.revision !== revision || this.closing) return;
    this.commit([{ key, expected: revision, object: null }]).catch((error: unknown) => {
      if (error instanceof StorageError && error.code === 'closed') return;
      this.logger.warn({ err: error, key }, 'an expired object could not be deleted');
      this.expiry.retry(key, revision);
    });
  }

  private async read(entries: readonly StoredEntry[]): Promise<void> {
    for (let i = 0; i < entries.length; i += LOAD_PAGE) {
      const page = entries.slice(i, i + LOAD_PAGE);
      const values = await this.log.readMany(page);
      page.forEach((entry, j) => {
        if (!entry.isRead) this.unread--;
        entry.fill(values[j] as Buffer);
      });
    }
  }

  private async readPast(versions: ReadonlyArray<{ key: ObjectKey; revision: Revision }>, at: Revision): Promise<Buffer[]> {
    try {
      return await this.log.readMany(versions);
    } catch (error) {
      // Compaction may have overtaken the read, which then is not 'corrupt' but late.
      this.log.checkNotCompacted(at);
      throw error;
    }
  }

  private checkReadable(at: Revision): void {
    this.checkOpen();
    if (at > this.published) throw new StorageError('future', `revision ${at} has not happened yet, the newest is ${this.published}`);
    this.log.checkNotCompacted(at);
  }

  private checkOpen(): void {
    if (this.closing) throw new StorageError('closed', 'the store is closed');
  }

  private tell(call: (listener: StoreListener) => void): void {
    for (const listener of this.listeners) {
      try {
        call(listener);
      } catch (error) {
        this.logger.error({ err: error }, 'a listener of the store threw');
      }
    }
  }
}
