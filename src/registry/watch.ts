import { ApiError, expired } from '../api/errors.js';
import type { KubeObject, Status } from '../api/object.js';
import { revision, StorageError, type Change, type Entry } from '../storage/types.js';
import type { RegistryDependencies } from './dependencies.js';
import type { Kind } from './kind.js';
import { listPrefix } from './list.js';
import { untilReached, type WantedRevision } from './resource-version.js';
import type { Selection } from './selection.js';
import { unsavedEntry } from './unsaved-entry.js';
import { loadViews, viewEntry } from './view.js';
import type { Clock, Timer } from '../base/clock.js';
import type { Watcher } from '../watch/types.js';

/** An event of a watch, before it is encoded. */
export type RegistryEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly entry: Entry; readonly change?: Change | undefined }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string; readonly initialEventsEnd: boolean }
  | { readonly type: 'ERROR'; readonly status: Status };

export interface WatchQuery {
  readonly selection: Selection;
  /** Changes after this revision are sent; 0: from now on. */
  readonly resourceVersion: WantedRevision;
  /** Starts with the present state as ADDED events; undefined: where it has no revision to start from. */
  readonly sendInitialEvents: boolean | undefined;
  readonly bookmarks: boolean;
  readonly timeoutMs: number;
}

/** Streams end and are kept alive in real time: their clients know no other. */
const streamClock = ({ streamClock: own, clock }: RegistryDependencies): Clock => own ?? clock;

/** How often a watcher that asked for bookmarks gets one. */
const BOOKMARK_INTERVAL_MS = 60_000;
/** How long before its time is up a watcher gets the last one, from which the client resumes. */
const LAST_BOOKMARK_MS = 2000;

/**
 * Changes of a kind in order of revision, each once; ends when the signal aborts or the time is up. Resolves when the
 * state to start from is there.
 * History that is gone answers with one ERROR event of a 410 Status (traps.md T8), after which the stream ends.
 */
export async function watch(registry: RegistryDependencies, kind: Kind, namespace: string, query: WatchQuery, signal: AbortSignal): Promise<AsyncIterable<readonly RegistryEvent[]>> {
  if (query.sendInitialEvents) {
    try {
      await untilReached(registry, query.resourceVersion, signal);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return failed(error);
    }
  }
  return events(registry, kind, namespace, query, signal);
}

/** What goes wrong once a request has been understood is told within the stream. */
async function* failed(error: ApiError): AsyncGenerator<readonly RegistryEvent[], void, undefined> {
  yield [{ type: 'ERROR', status: error.toStatus() }];
}

async function* events(registry: RegistryDependencies, kind: Kind, namespace: string, query: WatchQuery, signal: AbortSignal): AsyncGenerator<readonly RegistryEvent[], void, undefined> {
  if (query.timeoutMs < 0) return;
  const prefix = watchPrefix(kind, namespace, query.selection);
  const asked = query.resourceVersion;
  // Who starts at a revision that has not happened yet gets what comes after it.
  let from = asked > 0 && asked <= registry.reader.revision ? revision(Number(asked)) : registry.reader.revision;
  if (query.sendInitialEvents ?? asked === 0) {
    const snapshot = registry.reader.list(prefix);
    from = snapshot.revision;
    const present: RegistryEvent[] = [];
    await registry.store.load(snapshot.entries);
    await loadViews(kind, snapshot.entries);
    for (const stored of snapshot.entries) {
      if (!exactName(query.selection, stored, prefix)) continue;
      const entry = viewEntry(kind, stored);
      if (query.selection.empty || query.selection.matches(entry.object)) present.push({ type: 'ADDED', entry });
    }
    if (query.sendInitialEvents && query.bookmarks) present.push({ type: 'BOOKMARK', resourceVersion: String(from), initialEventsEnd: true });
    if (present.length > 0) yield present;
  }
  yield* live(registry, kind, prefix, from, query, signal);
}

async function* live(registry: RegistryDependencies, kind: Kind, prefix: string, from: Entry['revision'], query: WatchQuery, signal: AbortSignal): AsyncGenerator<readonly RegistryEvent[], void, undefined> {
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) stop.abort();
  const timeUp = streamClock(registry).after(query.timeoutMs, abort);
  const watcher = registry.reader.watch(prefix, { from, signal: stop.signal });
  const bookmarks = query.bookmarks ? new BookmarkTimer(registry, watcher, query.timeoutMs) : undefined;
  try {
    for (;;) {
      const batch = await watcher.next();
      if (batch.done) break;
      const events: RegistryEvent[] = [];
      if (kind.storage.remote) await loadViews(kind, batch.value.flatMap(({ entry, previous }) => (previous ? [entry, previous] : [entry])));
      for (const change of batch.value) {
        if (change.revision <= query.resourceVersion) continue;
        const event = eventOf(kind, query.selection, change);
        if (event) events.push(event);
      }
      if (bookmarks?.takeDue() && watcher.revision >= query.resourceVersion) events.push({ type: 'BOOKMARK', resourceVersion: String(watcher.revision), initialEventsEnd: false });
      if (events.length > 0) yield events;
    }
  } catch (error) {
    if (error instanceof ApiError) return yield [{ type: 'ERROR', status: error.toStatus() }];
    if (!(error instanceof StorageError) || error.code !== 'compacted') throw error;
    yield [{ type: 'ERROR', status: expired(`too old resource version: ${from} (${registry.store.floor})`).toStatus() }];
  } finally {
    bookmarks?.stop();
    timeUp.cancel();
    signal.removeEventListener('abort', abort);
    stop.abort();
  }
}

/** Says when a bookmark is due, and wakes the watcher for it where nothing happens. */
class BookmarkTimer {
  private due = false;
  private timer: Timer | undefined;
  private readonly last: number;

  constructor(
    private readonly registry: RegistryDependencies,
    private readonly watcher: Watcher,
    timeoutMs: number,
  ) {
    this.last = streamClock(registry).now() + timeoutMs - LAST_BOOKMARK_MS;
    this.arm();
  }

  /** Whether a bookmark is due; the next one is an interval away then. */
  takeDue(): boolean {
    if (!this.due) return false;
    this.due = false;
    this.arm();
    return true;
  }

  stop(): void {
    this.timer?.cancel();
  }

  private arm(): void {
    const left = this.last - streamClock(this.registry).now();
    if (left <= 0) return;
    this.timer = streamClock(this.registry).after(Math.min(left, BOOKMARK_INTERVAL_MS), () => {
      this.due = true;
      this.watcher.interrupt();
    });
  }
}

/** What a change is to a watcher that sees only a selection: objects come into view and go out of it. */
function eventOf(kind: Kind, selection: Selection, change: Change): RegistryEvent | undefined {
  const entry = viewEntry(kind, change.entry);
  const previous = change.previous && viewEntry(kind, change.previous);
  const now = change.type !== 'deleted' && (selection.empty || selection.matches(entry.object));
  const before = previous !== undefined && (selection.empty || selection.matches(previous.object));
  if (now) return { type: before ? 'MODIFIED' : 'ADDED', entry, change };
  if (!before) return undefined;
  if (change.type === 'deleted') return { type: 'DELETED', entry, change };
  return { type: 'DELETED', entry: lastMatching(previous, change) };
}

/** The state that matched last, at the revision that took it out of view. */
function lastMatching(previous: Entry, change: Change): Entry {
  const object: KubeObject = { ...previous.object, metadata: { ...previous.object.metadata, resourceVersion: String(change.revision) } };
  return unsavedEntry(change.key, object);
}

/** A watch of one name follows that key alone. */
function watchPrefix(kind: Kind, namespace: string, selection: Selection): string {
  const prefix = listPrefix(kind, namespace);
  const single = selection.name !== undefined && (!kind.facts.namespaced || namespace !== '');
  return single ? prefix + selection.name : prefix;
}

/** A prefix that is a whole key also finds longer keys: those are not the name that was asked for. */
function exactName(selection: Selection, entry: Entry, prefix: string): boolean {
  return selection.name === undefined || prefix.endsWith('/') || entry.key === prefix;
}
