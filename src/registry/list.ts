import { ApiError } from '../api/errors.js';
import { revision, StorageError, type Entry } from '../storage/types.js';
import { decodeContinue, encodeContinue } from './continue-token.js';
import type { RegistryDependencies } from './dependencies.js';
import type { Kind } from './kind.js';
import { ensureNotFuture, parseResourceVersion } from './resource-version.js';
import type { Selection } from './selection.js';
import { viewEntry } from './view.js';

export interface ListQuery {
  readonly selection: Selection;
  /** 0 or less: no limit. */
  readonly limit: number;
  readonly continue: string;
  readonly resourceVersion: string;
  /** '', 'Exact' or 'NotOlderThan'; already checked to fit resourceVersion. */
  readonly resourceVersionMatch: string;
}

export interface ListResult {
  readonly entries: readonly Entry[];
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

/**
 * Objects of a kind, '' for all namespaces, sorted by namespace and name. All chunks of a list show the revision of
 * the first. https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
 */
export async function list(registry: RegistryDependencies, kind: Kind, namespace: string, query: ListQuery): Promise<ListResult> {
  const prefix = listPrefix(kind, namespace);
  const token = query.continue ? decodeContinue(query.continue) : undefined;
  const at = token ? (token.revision < 0 ? undefined : token.revision) : exactRevision(registry, query);
  const snapshot = await snapshotAt(registry, kind, prefix, at, query, token?.after);
  return page(kind, prefix, snapshot, query, token);
}

/** The revision that a list must show exactly; undefined where any state that is new enough will do. */
function exactRevision(registry: RegistryDependencies, query: ListQuery): number | undefined {
  const wanted = parseResourceVersion(query.resourceVersion);
  if (wanted === undefined || wanted === 0) return undefined;
  ensureNotFuture(registry, wanted);
  // Chunks of a list without a match rule start at exactly the revision asked for (the legacy rule).
  const exact = query.resourceVersionMatch === 'Exact' || (query.resourceVersionMatch === '' && query.limit > 0);
  return exact ? wanted : undefined;
}

interface Snapshot {
  readonly revision: number;
  readonly entries: readonly Entry[];
}

async function snapshotAt(registry: RegistryDependencies, kind: Kind, prefix: string, at: number | undefined, query: ListQuery, after: string | undefined): Promise<Snapshot> {
  const { reader } = registry;
  const { selection } = query;
  if (at === undefined || at === reader.revision) {
    if (selection.name !== undefined && (!kind.facts.namespaced || prefix !== kind.storage.prefix)) {
      const entry = reader.get(prefix + selection.name);
      return { revision: reader.revision, entries: entry ? [entry] : [] };
    }
    return selection.labels.empty ? reader.list(prefix) : reader.selectLabels(prefix, selection.labels);
  }
  try {
    return await reader.listAt(prefix, revision(at));
  } catch (error) {
    if (!(error instanceof StorageError) || error.code !== 'compacted') throw error;
    if (after === undefined) throw new ApiError(410, 'Expired', `The resourceVersion for the provided list is too old.`);
    throw new ContinueExpiredError(encodeContinue({ revision: -1, after }));
  }
}

/** 410 with a token in Status.metadata.continue that goes on with the newest state. */
export class ContinueExpiredError extends ApiError {
  constructor(readonly token: string) {
    super(
      410,
      'Expired',
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
    );
  }

  override toStatus(): ReturnType<ApiError['toStatus']> {
    return { ...super.toStatus(), metadata: { continue: this.token } };
  }
}

function page(kind: Kind, prefix: string, snapshot: Snapshot, query: ListQuery, token: { after: string } | undefined): ListResult {
  const { selection, limit } = query;
  const start = token ? firstAfter(snapshot.entries, kind.storage.prefix + token.after) : 0;
  const resourceVersion = String(snapshot.revision);
  const all = start === 0 ? snapshot.entries : snapshot.entries.slice(start);
  if (selection.empty && limit <= 0) return { entries: viewAll(kind, all), resourceVersion };
  const entries: Entry[] = [];
  let seen = 0;
  for (; seen < all.length; seen++) {
    const entry = viewEntry(kind, all[seen] as Entry);
    if (!selection.empty && !selection.matches(entry.object)) continue;
    if (limit > 0 && entries.length === limit) break;
    entries.push(entry);
  }
  const last = entries.at(-1);
  if (seen === all.length || !last) return { entries, resourceVersion };
  return {
    entries,
    resourceVersion,
    continue: encodeContinue({ revision: snapshot.revision, after: last.key.slice(kind.storage.prefix.length) }),
    // With a selector the server does not know how many more would match.
    ...(selection.empty ? { remainingItemCount: all.length - seen } : {}),
  };
}

function viewAll(kind: Kind, entries: readonly Entry[]): readonly Entry[] {
  return kind.storage.fromStorage ? entries.map((entry) => viewEntry(kind, entry)) : entries;
}

/** Index of the first entry whose key sorts after `key`. */
function firstAfter(entries: readonly Entry[], key: string): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((entries[middle] as Entry).key > key) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Where the keys of a kind's objects start, in one namespace or in all. */
export function listPrefix(kind: Kind, namespace: string): string {
  return kind.facts.namespaced && namespace ? `${kind.storage.prefix}${namespace}/` : kind.storage.prefix;
}
