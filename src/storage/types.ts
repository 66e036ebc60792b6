import type { KubeObject } from '../api/object.js';

declare const revisionBrand: unique symbol;

/** A point in the one sequence of writes that serves all kinds; metadata.resourceVersion is its decimal text. */
export type Revision = number & { readonly [revisionBrand]: true };

/** Brands a number that is known to be a revision. */
export const revision = (value: number): Revision => value as Revision;

/**
 * `${group || 'core'}/${resource}/${namespace}/${name}`, for cluster-scoped resources
 * `${group || 'core'}/${resource}/${name}`. Keys sort by their bytes, as etcd's do.
 */
export type ObjectKey = string;

/** One version of one object. Immutable, shared by everybody who reads it. */
export interface Entry {
  readonly key: ObjectKey;
  /** The write that made this version; equals metadata.resourceVersion. */
  readonly revision: Revision;
  /** The write that created the object. */
  readonly createRevision: Revision;
  /** Frozen all the way down. Parsed on first use when it came from disk, then kept. */
  readonly object: KubeObject;
  /** The whole object as JSON, encoded once. Never write into it. */
  readonly json: Buffer;
  /** Cluster time in milliseconds at which the store deletes the object by itself; undefined: never. */
  readonly expires: number | undefined;
  /** Encodings that upper layers keep with this version, by media type or whatever they like. */
  readonly cache: Map<string, Buffer>;
}

/** What one write did to one object; shared by all watchers. */
export interface Change {
  readonly type: 'created' | 'updated' | 'deleted';
  readonly key: ObjectKey;
  readonly revision: Revision;
  /** The new state. Of a deletion: the last state, with the revision of the deletion as its resourceVersion. */
  readonly entry: Entry;
  readonly previous: Entry | undefined;
  /** Encodings that upper layers keep with this change (a watch frame per media type). */
  readonly cache: Map<string, Buffer>;
}

export interface Operation {
  readonly key: ObjectKey;
  /**
   * What must be there now: an exact revision, 0 for nothing, undefined for whatever.
   * Deleting what is not there fails with 'missing' in any case.
   */
  readonly expected?: number | undefined;
  /**
   * The new state, or null to delete. The store sets metadata.resourceVersion (in its place where the property is
   * there already), freezes the object and takes ownership. Frozen parts may be shared with earlier versions.
   */
  readonly object: KubeObject | null;
  /** The store deletes the object this long after the write unless another write comes first (as etcd's leases). */
  readonly ttlMs?: number | undefined;
}

/** What the store tells its subscribers, synchronously and in order of revision. */
export interface StoreListener {
  /** Writes that have just become durable, before their commits resolve. Must not throw. */
  published?(changes: readonly Change[]): void;
  /** History up to and including this revision is gone. */
  compacted?(floor: Revision): void;
  /** The store has closed; nothing follows. */
  closed?(): void;
}

/** The objects of a cluster: compare-and-set writes in one sequence of revisions, reads now and at older revisions. */
export interface Store {
  /** Newest revision that is durable and published. */
  readonly revision: Revision;
  /** State can be read at this revision and later; changes are there from the one after it on. */
  readonly floor: Revision;

  /** Newest state including writes on their way to disk: what compare-and-set compares with. */
  head(key: ObjectKey): Entry | undefined;

  /** Durable state. */
  get(key: ObjectKey): Entry | undefined;

  /**
   * Durable state under a prefix, sorted by key: a snapshot of its own. A prefix ends in '/' ('core/pods/',
   * 'core/pods/default/') or is '' for everything; anything else is the key of one object.
   */
  list(prefix: string, options?: RangeOptions): readonly Entry[];

  /**
   * Reads together what is not in memory yet of many entries: each would otherwise be read by itself, and hold up
   * everybody, when its JSON is asked for. Never rejects: what cannot be read says so when it is asked for.
   */
  load(entries: readonly Entry[]): Promise<void>;

  /** Number of objects under a prefix, or of those after a key; costs the same however many there are. */
  count(prefix: string, options?: { after?: ObjectKey | undefined }): number;

  /**
   * All or nothing, one revision for the whole batch, assigned before this returns. Resolves, in order of revision,
   * once the batch is durable and published. A key may appear once. No operations: resolves without a revision.
   * Rejects with StorageError: 'exists', 'missing', 'conflict' (nothing was written), 'io' (the disk failed; nothing
   * of the batch stays), 'closed'.
   */
  commit(operations: readonly Operation[]): Promise<readonly Change[]>;

  /** An object as it was; undefined when it did not exist. Rejects with StorageError 'compacted' or 'future'. */
  getAt(key: ObjectKey, at: Revision): Promise<Entry | undefined>;

  /** What stood under a prefix, sorted by key. Rejects with StorageError 'compacted' or 'future'. */
  listAt(prefix: string, at: Revision): Promise<readonly Entry[]>;

  /**
   * Changes under a prefix with `after` < revision <= `until`, in order, read from the log. Stops at the end of a
   * revision once `limit` changes are found: `until` of the result says how far it came.
   * Rejects with StorageError 'compacted' when `after` lies before the floor.
   */
  history(prefix: string, range: HistoryRange): Promise<HistoryPage>;

  /** Drops history up to `floor` (at most the newest revision) now, whatever the retention says. */
  compact(floor: Revision): Promise<void>;

  /** Calls the listener from now on, until the returned function is called. */
  subscribe(listener: StoreListener): () => void;

  /** Waits for accepted writes, then closes the engine. Idempotent. Later commits reject with 'closed'. */
  close(): Promise<void>;
}

export interface RangeOptions {
  /** Only keys after this one. */
  readonly after?: ObjectKey | undefined;
  readonly limit?: number | undefined;
}

export interface HistoryRange {
  readonly after: Revision;
  readonly until: Revision;
  readonly limit: number;
}

export interface HistoryPage {
  readonly changes: readonly Change[];
  readonly until: Revision;
}

export { StorageError, type StorageErrorCode } from './errors.js';
