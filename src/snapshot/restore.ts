import { deepEqual } from '../base/freeze.js';
import type { KubeObject } from '../api/object.js';
import { StorageError, type Entry, type ObjectKey, type Operation, type Store } from '../storage/types.js';
import type { Snapshot, SnapshotRow } from './snapshot.js';

/** How often to look again when others write meanwhile. */
const ATTEMPTS = 10;

export interface RestoreOptions {
  /** Objects that stay as they are, if they are there at all. */
  readonly keep?: ((key: ObjectKey) => boolean) | undefined;
}

/**
 * Makes the store hold what a snapshot holds, by ordinary writes: revisions go on, watchers see DELETED, ADDED and
 * MODIFIED events. Objects that are as they were are not touched. All deletions are one write, and the rest another.
 */
export async function restore(store: Store, snapshot: Snapshot, { keep = () => false }: RestoreOptions = {}): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await store.commit(deletions(store, snapshot, keep));
      await store.commit(writes(store, snapshot, keep));
      return;
    } catch (error) {
      const overtaken = error instanceof StorageError && (error.code === 'missing' || error.code === 'conflict' || error.code === 'exists');
      if (!overtaken || attempt === ATTEMPTS) throw error;
    }
  }
}

function deletions(store: Store, { rows }: Snapshot, keep: (key: ObjectKey) => boolean): Operation[] {
  const operations: Operation[] = [];
  for (const { key, revision, object } of store.list('')) {
    const row = rows.get(key);
    // Another object of the same name has to go before the old one can come back: clients see that by the uid.
    const goes = row ? row.revision !== revision && row.object.metadata.uid !== object.metadata.uid : true;
    const head = store.head(key);
    if (goes && head && !keep(key)) operations.push({ key, expected: head.revision, object: null });
  }
  return operations;
}

function writes(store: Store, snapshot: Snapshot, keep: (key: ObjectKey) => boolean): Operation[] {
  const operations: Operation[] = [];
  for (const row of snapshot.rows.values()) {
    const head = store.head(row.key);
    if (head && (keep(row.key) || isSame(store, snapshot, row, head))) continue;
    operations.push({ key: row.key, expected: head?.revision ?? 0, object: unowned(row.object), ttlMs: row.ttlMs === undefined ? undefined : Math.max(0, row.ttlMs) });
  }
  return operations;
}

function isSame(store: Store, snapshot: Snapshot, row: SnapshotRow, head: Entry): boolean {
  if (snapshot.store === store) return row.revision === head.revision;
  return deepEqual(withoutVersion(row.object), withoutVersion(head.object));
}

const withoutVersion = (object: KubeObject): KubeObject => ({ ...object, metadata: { ...object.metadata, resourceVersion: '' } });

/** The store takes what it is given and stamps it: the snapshot keeps its own. */
const unowned = (object: KubeObject): KubeObject => ({ ...object, metadata: { ...object.metadata } });

/**
 * Deletes what the residents have still written for objects that are gone: events, and what belongs to owners or
 * namespaces that the snapshot does not know. Resolves with how much that was.
 */
export async function sweep(store: Store, snapshot: Snapshot): Promise<number> {
  const uids = new Set<string | undefined>();
  const namespaces = new Set<string | undefined>();
  for (const { key, object } of snapshot.rows.values()) {
    uids.add(object.metadata.uid);
    if (key.startsWith('core/namespaces/')) namespaces.add(object.metadata.name);
  }
  const strays = store.list('').filter(({ key, object: { kind, metadata } }) => {
    if (snapshot.rows.has(key)) return false;
    const homeless = metadata.namespace !== undefined && !namespaces.has(metadata.namespace);
    return homeless || kind === 'Event' || metadata.ownerReferences?.some(({ uid }) => !uids.has(uid));
  });
  const operations = strays.flatMap(({ key }): Operation[] => {
    const head = store.head(key);
    return head ? [{ key, expected: head.revision, object: null }] : [];
  });
  await store.commit(operations).catch((error: unknown) => {
    if (!(error instanceof StorageError) || error.code === 'io' || error.code === 'closed') throw error;
  });
  return operations.length;
}
