import { ApiError } from '../api/errors.js';
import { compareBytes } from '../base/sorted-map.js';
import { revision, StorageError, type Entry, type RangeOptions } from '../storage/types.js';
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
  const after = token && kind.storage.prefix + token.after;
  // Where everything under the prefix is shown, only the chunk itself is looked at.
  const range = query.selection.empty && query.limit > 0 ? { after, limit: query.limit } : undefined;
  const snapshot = await snapshotAt(registry, kind, prefix, at, query, token?.after, range);
  return range ? chunk(kind, snapshot, viewAll(kind, snapshot.entries), snapshot.remaining ?? 0) : select(kind, snapshot, query, after);
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
  readonly remaining?: number;
}

async function snapshotAt(
  registry: RegistryDependencies,
  kind: Kind,
  prefix: string,
  at: number | undefined,
  query: ListQuery,
  after: string | undefined,
  range: RangeOptions | undefined,
): Promise<Snapshot> {
  const { reader } = registry;
  const { selection } = query;
  if (at === undefined || at === reader.revision) {
    if (selection.name !== undefined && (!kind.facts.namespaced || prefix !== kind.storage.prefix)) {
      const entry = reader.get(prefix + selection.name);
      return { revision: reader.revision, entries: entry ? [entry] : [] };
    }
    return selection.labels.empty ? reader.list(prefix, range) : reader.selectLabels(prefix, selection.labels);
  }
  try {
    return await reader.listAt(prefix, revision(at), range);
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

/** The entries behind `after` that match, up to the limit. */
function select(kind: Kind, snapshot: Snapshot, { selection, limit }: ListQuery, after: string | undefined): ListResult {
  const start = after === undefined ? 0 : firstAfter(snapshot.entries, after);
  const all = start === 0 ? snapshot.entries : snapshot.entries.slice(start);
  if (selection.empty) return { entries: viewAll(kind, all), resourceVersion: String(snapshot.revision) };
  const entries: Entry[] = [];
  for (const stored of all) {
    const entry = viewEntry(kind, stored);
    if (!selection.matches(entry.object)) continue;
    // With a selector the server does not know how many more would match.
    if (limit > 0 && entries.length === limit) return chunk(kind, snapshot, entries, undefined);
    entries.push(entry);
  }
  return { entries, resourceVersion: String(snapshot.revision) };
}

/** Part of a list; `remaining` undefined: more will come, but nobody knows how much. */
function chunk(kind: Kind, snapshot: Snapshot, entries: readonly Entry[], remaining: number | undefined): ListResult {
  const resourceVersion = String(snapshot.revision);
  const last = entries.at(-1);
  if (remaining === 0 || !last) return { entries, resourceVersion };
  return {
    entries,
    resourceVersion,
    continue: encodeContinue({ revision: snapshot.revision, after: last.key.slice(kind.storage.prefix.length) }),
    ...(remaining === undefined ? {} : { remainingItemCount: remaining }),
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
    if (compareBytes((entries[middle] as Entry).key, key) > 0) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Where the keys of a kind's objects start, in one namespace or in all. */
export function listPrefix(kind: Kind, namespace: string): string {
  return kind.facts.namespaced && namespace ? `${kind.storage.prefix}${namespace}/` : kind.storage.prefix;
}
