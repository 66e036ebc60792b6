import { compareBytes } from '../base/sorted-map.js';
import { underPrefix } from '../storage/key.js';
import type { Entry, ObjectKey, RangeOptions, Revision, Store } from '../storage/types.js';
import type { EventWindow } from './event-window.js';
import type { SnapshotPage } from './types.js';

/**
 * The state under a prefix at a revision that the window still covers: the newest state with the changes since then
 * taken back. Costs what has changed since and what is returned, however many objects there are.
 */
export function reconstruct(store: Store, window: EventWindow, prefix: string, at: Revision, { after, limit = Infinity }: RangeOptions): SnapshotPage {
  const undone = new Map<ObjectKey, Entry | undefined>();
  for (let i = window.end - 1; i >= window.start; i--) {
    const change = window.at(i);
    if (change.revision <= at) break;
    if (underPrefix(change.key, prefix) && (after === undefined || compareBytes(change.key, after) > 0)) undone.set(change.key, change.previous);
  }
  if (undone.size === 0) {
    const entries = store.list(prefix, { after, limit });
    return { revision: at, entries, remaining: store.count(prefix, { after }) - entries.length };
  }
  let total = store.count(prefix, { after });
  for (const [key, entry] of undone) total += (entry ? 1 : 0) - (store.get(key) ? 1 : 0);
  const old = [...undone.values()].filter((entry) => entry !== undefined).sort((a, b) => compareBytes(a.key, b.key));
  // At most so many of the current ones are not part of the old state.
  const current = store.list(prefix, { after, limit: limit + undone.size }).filter(({ key }) => !undone.has(key));
  const entries = merge(current, old, limit);
  return { revision: at, entries, remaining: total - entries.length };
}

function merge(a: readonly Entry[], b: readonly Entry[], limit: number): Entry[] {
  const merged: Entry[] = [];
  let i = 0;
  let j = 0;
  while (merged.length < limit) {
    const left = a[i];
    const right = b[j];
    if (left && (!right || compareBytes(left.key, right.key) < 0)) {
      merged.push(left);
      i++;
    } else if (right) {
      merged.push(right);
      j++;
    } else break;
  }
  return merged;
}
