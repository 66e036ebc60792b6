import { setMaxListeners } from 'node:events';
import { StorageError } from '../storage/errors.js';
import { underPrefix } from '../storage/key.js';
import type { Change, Revision, Store } from '../storage/types.js';
import type { Partition, Waiter } from './partition.js';
import type { Watcher, WatchOptions } from './types.js';

type Result = IteratorResult<readonly Change[], undefined>;

const DONE: Result = { done: true, value: undefined };
const MAX_BATCH = 500;

/** What a watcher needs of its cache. */
export interface WatcherHost {
  readonly store: Store;
  /** Everything up to here is in the windows. */
  readonly revision: Revision;
  readonly closed: boolean;
}

/**
 * A cursor into a resource's event window. Where the window does not reach back far enough (after a restart, or for
 * somebody slow) it reads the storage's log until it has caught up.
 */
export class CacheWatcher implements Watcher, Waiter {
  /** Everything up to here is handed out or none of ours. */
  private reached: Revision;
  /** Where to go on in the window, as long as it is there. */
  private position: number;
  private state: 'open' | 'done' = 'open';
  private pending: { resolve: (result: Result) => void; reject: (error: unknown) => void } | undefined;
  private readonly whole: boolean;

  constructor(
    private readonly host: WatcherHost,
    private readonly partition: Partition,
    private readonly prefix: string,
    private readonly options: WatchOptions,
  ) {
    this.reached = options.from;
    this.position = partition.window.firstAfter(options.from);
    this.whole = prefix === partition.prefix;
    if (options.signal.aborted) {
      this.state = 'done';
      return;
    }
    // Many watchers may share a signal, that of a cluster that stops for instance.
    setMaxListeners(0, options.signal);
    options.signal.addEventListener('abort', this.onAbort, { once: true });
  }

  get revision(): Revision {
    if (this.state === 'open' && this.inWindow()) this.skip();
    return this.reached;
  }

  [Symbol.asyncIterator](): Watcher {
    return this;
  }

  next(): Promise<Result> {
    if (this.pending) return Promise.reject(new TypeError('a watcher takes one next() at a time'));
    if (this.state === 'done') return Promise.resolve(DONE);
    return new Promise((resolve, reject) => {
      this.pending = { resolve, reject };
      this.advance();
    });
  }

  return(): Promise<Result> {
    this.finish(({ resolve }) => resolve(DONE));
    return Promise.resolve(DONE);
  }

  interrupt(): void {
    // Who reads the log delivers what it finds; only waiting can be cut short.
    if (this.pending && this.partition.stopWaiting(this)) this.deliver([]);
  }

  matches(change: Change): boolean {
    return this.whole || underPrefix(change.key, this.prefix);
  }

  wake(): void {
    this.advance();
  }

  /** Settles the pending `next` from the window, goes to read the log, or waits. */
  private advance(): void {
    if (this.host.closed) return this.fail(new StorageError('closed', 'the store is closed'));
    if (!this.inWindow()) {
      this.readLog().catch((error: unknown) => this.fail(error));
      return;
    }
    const changes = this.collect();
    if (changes.length > 0) this.deliver(changes);
    else this.partition.wait(this);
  }

  private inWindow(): boolean {
    const { window } = this.partition;
    if (this.reached < window.evicted) {
      this.position = -1;
      return false;
    }
    if (this.position < window.start) this.position = window.firstAfter(this.reached);
    return true;
  }

  private collect(): Change[] {
    const { window } = this.partition;
    const changes: Change[] = [];
    let last = this.reached;
    for (; this.position < window.end; this.position++) {
      const change = window.at(this.position);
      if (!this.matches(change)) continue;
      if (changes.length >= MAX_BATCH && change.revision !== last) {
        this.reached = (change.revision - 1) as Revision;
        return changes;
      }
      changes.push(change);
      last = change.revision;
    }
    this.reached = this.host.revision;
    return changes;
  }

  /** Moves on over changes that are none of ours. */
  private skip(): void {
    const { window } = this.partition;
    while (this.position < window.end && !this.matches(window.at(this.position))) this.position++;
    this.reached = this.position < window.end ? ((window.at(this.position).revision - 1) as Revision) : this.host.revision;
  }

  private async readLog(): Promise<void> {
    const { store } = this.host;
    while (!this.inWindow()) {
      const { changes, until } = await store.history(this.prefix, { after: this.reached, until: this.partition.window.evicted, limit: MAX_BATCH });
      if (this.state === 'done') return;
      this.reached = until;
      if (changes.length > 0) return this.deliver(changes);
    }
    this.advance();
  }

  private deliver(changes: readonly Change[]): void {
    const pending = this.pending;
    this.pending = undefined;
    pending?.resolve({ done: false, value: changes });
  }

  private fail(error: unknown): void {
    this.finish(({ reject }) => reject(error));
  }

  private finish(settle: (pending: NonNullable<CacheWatcher['pending']>) => void): void {
    if (this.state === 'done') return;
    this.state = 'done';
    this.options.signal.removeEventListener('abort', this.onAbort);
    this.partition.stopWaiting(this);
    const pending = this.pending;
    this.pending = undefined;
    if (pending) settle(pending);
  }

  private readonly onAbort = (): void => {
    this.finish(({ resolve }) => resolve(DONE));
  };
}
