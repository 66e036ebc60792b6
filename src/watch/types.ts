import type { KubeObject } from '../api/object.js';
import type { LabelMatcher } from '../api/label-selector.js';
import type { Change, Entry, ObjectKey, RangeOptions, Revision } from '../storage/types.js';

/** The state of some objects at one revision. The array is a snapshot: nothing changes it later. */
export interface Snapshot {
  readonly revision: Revision;
  readonly entries: readonly Entry[];
}

/** Part of a snapshot. */
export interface SnapshotPage extends Snapshot {
  /** How many entries of the range come after the last one here. */
  readonly remaining: number;
}

export interface ListOptions extends RangeOptions {
  /** Show exactly the state at this revision. */
  readonly at?: Revision | undefined;
}

/** How the selected field of an object reads; undefined: the object is not in the index. */
export type FieldReader = (object: KubeObject) => string | undefined;

/**
 * Read access to all that is durable; everything that is not a write goes through it.
 * Prefixes end in '/' ('core/pods/', 'core/pods/default/') or are '' for everything; any other is the key of one object.
 */
export interface Reader {
  /** Newest published revision. */
  readonly revision: Revision;

  get(key: ObjectKey): Entry | undefined;

  /**
   * Entries under a prefix, sorted by key. `at` an older revision: reconstructed from the event window; throws
   * StorageError 'compacted' when the window does not reach back that far (see `listAt`), 'future' for one to come.
   */
  list(prefix: string, options?: ListOptions): SnapshotPage;

  /** As `list`, and reads the storage's log where the window does not reach. Rejects with 'compacted' or 'future'. */
  listAt(prefix: string, at: Revision, options?: RangeOptions): Promise<SnapshotPage>;

  /** An object at an older revision. Rejects with StorageError 'compacted' or 'future'. */
  getAt(key: ObjectKey, at: Revision): Promise<Entry | undefined>;

  /** Number of objects under a prefix. */
  count(prefix: string): number;

  /**
   * To be awaited before {@link selectLabels} where there is something to wait for: what a selector needs is read of many
   * objects without holding up others. Without it the same is done in one go.
   */
  prepareLabels(prefix: string, selector: LabelMatcher): Promise<unknown> | undefined;

  /** Entries under a prefix whose labels match, sorted by key. Looks up an index for '=', 'in' and 'exists'. */
  selectLabels(prefix: string, selector: LabelMatcher): Snapshot;

  /**
   * Declares an index over a field of the resource's objects, once for each (prefix, name). `prefix` names a resource
   * ('core/pods/'). Built when first looked up.
   */
  index(prefix: string, name: string, field: FieldReader): void;

  /** Entries under a prefix whose indexed field has this value, sorted by key. Throws TypeError without such an index. */
  selectField(prefix: string, name: string, value: string): Snapshot;

  /**
   * A cursor into the shared event window. `prefix` names at least a resource. Throws StorageError 'future' when
   * `from` has not happened yet.
   */
  watch(prefix: string, options: WatchOptions): Watcher;

  /** What stands under a prefix, and a watcher of what happens from there on: nothing is lost, nothing comes twice. */
  listAndWatch(prefix: string, options: { readonly signal: AbortSignal }): Snapshot & { readonly watcher: Watcher };
}

export interface WatchOptions {
  /** Events strictly after this revision. */
  readonly from: Revision;
  /** Ends the watch: a pending `next` resolves as done. */
  readonly signal: AbortSignal;
}

/**
 * Delivers the changes under a prefix in order of revision, each once, in batches of what is there (at most a few
 * hundred, a revision is never split). One `next` at a time. A watcher that nobody reads costs nothing.
 * `next` rejects with StorageError 'compacted' once history that was not delivered yet is gone, 'closed' when the
 * store closes; the watcher is done then.
 */
export interface Watcher extends AsyncIterableIterator<readonly Change[]> {
  /** Everything up to here has been handed out by `next`: what a bookmark may say. */
  readonly revision: Revision;
  next(): Promise<IteratorResult<readonly Change[], undefined>>;
  return(): Promise<IteratorResult<readonly Change[], undefined>>;
  /** Makes a pending `next` resolve with an empty batch: for callers who have something else to do. */
  interrupt(): void;
  [Symbol.asyncIterator](): Watcher;
}
