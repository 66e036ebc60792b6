import { type ApiError, expired } from '../api/errors.js';
import type { KubeObject, Status } from '../api/object.js';
import { revision, StorageError, type Change, type Entry } from '../storage/types.js';
import type { RegistryDependencies } from './dependencies.js';
import type { Kind } from './kind.js';
import { listPrefix } from './list.js';
import { ensureNotFuture } from './resource-version.js';
import type { Selection } from './selection.js';
import { unsavedEntry } from './unsaved-entry.js';
import { viewEntry } from './view.js';
import type { Timer } from '../base/clock.js';
import type { Watcher } from '../watch/types.js';

/** An event of a watch, before it is encoded. */
export type RegistryEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly entry: Entry; readonly change?: Change | undefined }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string; readonly initialEventsEnd: boolean }
  | { readonly type: 'ERROR'; readonly status: Status };

export interface WatchQuery {
  readonly selection: Selection;
  /** '' and '0' start with the present state as ADDED events. */
  readonly resourceVersion: string;
  readonly sendInitialEvents: boolean;
  readonly bookmarks: boolean;
  readonly timeoutMs: number;
}

/** How often a watcher that asked for bookmarks gets one. */
const BOOKMARK_INTERVAL_MS = 60_000;

/**
 * Changes of a kind in order of revision, each once; ends when the signal aborts or the time is up.
 * History that is gone answers with one ERROR event of a 410 Status (traps.md T8), after which the stream ends.
 */
export async function* watch(registry: RegistryDependencies, kind: Kind, namespace: string, query: WatchQuery, signal: AbortSignal): AsyncGenerator<readonly RegistryEvent[], void, undefined> {
  const prefix = watchPrefix(kind, namespace, query.selection);
  const asked = query.resourceVersion === '' ? 0 : Number(query.resourceVersion);
  if (asked > 0) {
    try {
      ensureNotFuture(registry, asked);
    } catch (error) {
      yield [{ type: 'ERROR', status: (error as ApiError).toStatus() }];
      return;
    }
  }
  const initial = query.sendInitialEvents || asked === 0;
  let from = revision(asked);
  if (initial) {
    const snapshot = registry.reader.list(prefix);
    from = snapshot.revision;
    const events: RegistryEvent[] = [];
    for (const stored of snapshot.entries) {
      if (!exactName(query.selection, stored, prefix)) continue;
      const entry = viewEntry(kind, stored);
      if (query.selection.empty || query.selection.matches(entry.object)) events.push({ type: 'ADDED', entry });
    }
    if (query.sendInitialEvents && query.bookmarks) events.push({ type: 'BOOKMARK', resourceVersion: String(from), initialEventsEnd: true });
    if (events.length > 0) yield events;
  }
  yield* live(registry, kind, prefix, from, query, signal);
}

async function* live(registry: RegistryDependencies, kind: Kind, prefix: string, from: Entry['revision'], query: WatchQuery, signal: AbortSignal): AsyncGenerator<readonly RegistryEvent[], void, undefined> {
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) stop.abort();
  const timeUp = registry.clock.after(query.timeoutMs, abort);
  const watcher = registry.reader.watch(prefix, { from, signal: stop.signal });
  const bookmarks = query.bookmarks ? new BookmarkTimer(registry, watcher) : undefined;
  try {
    for (;;) {
      const batch = await watcher.next();
      if (batch.done) break;
      const events: RegistryEvent[] = [];
      for (const change of batch.value) {
        const event = eventOf(kind, query.selection, change);
        if (event) events.push(event);
      }
      if (bookmarks?.takeDue()) events.push({ type: 'BOOKMARK', resourceVersion: String(watcher.revision), initialEventsEnd: false });
      if (events.length > 0) yield events;
    }
    // The last word before the time is up, so that the client resumes from here.
    if (query.bookmarks && !signal.aborted) yield [{ type: 'BOOKMARK', resourceVersion: String(watcher.revision), initialEventsEnd: false }];
  } catch (error) {
    if (!(error instanceof StorageError) || error.code !== 'compacted') throw error;
    yield [{ type: 'ERROR', status: expired(`too old resource version: ${from} (${registry.reader.revision})`).toStatus() }];
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
  private timer: Timer;

  constructor(
    private readonly registry: RegistryDependencies,
    private readonly watcher: Watcher,
  ) {
    this.timer = this.arm();
  }

  /** Whether a bookmark is due; the next one is an interval away then. */
  takeDue(): boolean {
    if (!this.due) return false;
    this.due = false;
    this.timer = this.arm();
    return true;
  }

  stop(): void {
    this.timer.cancel();
  }

  private arm(): Timer {
    return this.registry.clock.after(BOOKMARK_INTERVAL_MS, () => {
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
