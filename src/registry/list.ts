import { ApiError, badRequest } from '../api/errors.js';
import { compareBytes } from '../base/sorted-map.js';
import { revision, StorageError, type Entry, type RangeOptions, type Revision } from '../storage/types.js';
import { decodeContinue, encodeContinue } from './continue-token.js';
import type { RegistryDependencies } from './dependencies.js';
import type { Kind } from './kind.js';
import { parseResourceVersion, tooLargeResourceVersion, untilReached, type WantedRevision } from './resource-version.js';
import type { Selection } from './selection.js';
import { loadViews, viewEntry } from './view.js';

export interface ListQuery {
  readonly selection: Selection;
  /** 0 or less: no limit. */
  readonly limit: number;
  readonly continue: string;
  readonly resourceVersion: string;
  /** '', 'Exact' or 'NotOlderThan'; already checked to fit resourceVersion. */
  readonly resourceVersionMatch: string;
  /** Whose signal ends the wait for a resourceVersion that has not happened yet; few wait, and a signal is dear. */
  readonly request: { readonly signal: AbortSignal };
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
 * Throws ApiError 400 for a resourceVersion or continue that is none, 410 for history that is gone, 504 for a revision
 * that does not come.
 */
export async function list(registry: RegistryDependencies, kind: Kind, namespace: string, query: ListQuery): Promise<ListResult> {
  const prefix = listPrefix(kind, namespace);
  const name = query.continue === '' && (!kind.facts.namespaced || namespace !== '') ? query.selection.name : undefined;
  const goal = goalOf(query, prefix, name !== undefined);
  if (goal.revision > registry.reader.revision) {
    if (!goal.waits) throw tooLargeResourceVersion(goal.revision, registry.reader.revision);
    await untilReached(registry, goal.revision, query.request.signal);
  }
  const reading: Reading = { registry, kind, prefix, query, goal, at: goal.exact ? revision(Number(goal.revision)) : undefined };
  if (name !== undefined) return single(reading, prefix + name);
  return query.selection.empty && goal.limit > 0 ? chunk(reading) : select(reading);
}

/** What state a list shows, and which part of it. */
interface Goal {
  /** Shows exactly this revision, or else anything that is at least as new. */
  readonly exact: boolean;
  readonly revision: WantedRevision;
  /** Whether to wait for the revision where it has not happened yet. */
  readonly waits: boolean;
  /** Starts behind this key. */
  readonly after: string | undefined;
  readonly limit: number;
}

/** The rules of kube-apiserver's cache in front of etcd (k8s.io/apiserver/pkg/storage/cacher/delegator). */
function goalOf(query: ListQuery, prefix: string, isSingle: boolean): Goal {
  const { resourceVersion, resourceVersionMatch: match } = query;
  // Whoever takes any state gets all of it.
  const limit = resourceVersion === '0' ? 0 : query.limit;
  if (query.continue !== '') {
    const token = decodeContinue(query.continue);
    if (resourceVersion !== '' && resourceVersion !== '0') throw badRequest('specifying resource version is not allowed when using continue');
    const exact = token.revision > 0;
    return { exact, revision: exact ? token.revision : 0, waits: true, after: prefix + token.after, limit };
  }
  const wanted = parseResourceVersion(resourceVersion);
  // Chunks of a list without a match rule start at exactly the revision asked for (the legacy rule).
  const legacy = match === '' && limit > 0 && wanted > 0;
  // One object at one revision is etcd's business, which does not wait.
  return { exact: match === 'Exact' || (legacy && !isSingle), revision: wanted, waits: !(isSingle && (legacy || match === 'Exact')), after: undefined, limit };
}

interface Reading {
  readonly registry: RegistryDependencies;
  readonly kind: Kind;
  readonly prefix: string;
  readonly query: ListQuery;
  readonly goal: Goal;
  /** The revision to show; undefined: the newest. */
  readonly at: Revision | undefined;
}

/** A list that can have one object at most. */
async function single({ registry, kind, query, at }: Reading, key: string): Promise<ListResult> {
  const stored = at === undefined ? registry.reader.get(key) : await past(() => registry.reader.getAt(key, at), undefined);
  if (stored) await loadViews(kind, [stored]);
  const entry = stored && viewEntry(kind, stored);
  return { entries: entry && query.selection.matches(entry.object) ? [entry] : [], resourceVersion: String(at ?? registry.reader.revision) };
}

interface Page {
  readonly revision: number;
  readonly entries: readonly Entry[];
  readonly remaining: number;
}

/** Part of everything: only the part itself is looked at. */
async function chunk(reading: Reading): Promise<ListResult> {
  const { kind, goal } = reading;
  const page = await read(reading, { after: goal.after, limit: goal.limit });
  await reading.registry.store.load(page.entries);
  await loadViews(kind, page.entries);
  const part = { entries: viewAll(kind, page.entries), resourceVersion: String(page.revision) };
  if (page.remaining === 0) return part;
  return { ...part, continue: continueAfter(reading, page.revision, page.entries), remainingItemCount: page.remaining };
}

/** What matches, up to the limit. */
async function select(reading: Reading): Promise<ListResult> {
  const { kind, query, goal } = reading;
  const page = await read(reading, { after: goal.after });
  await reading.registry.store.load(page.entries);
  await loadViews(kind, page.entries);
  const { selection } = query;
  if (selection.empty) return { entries: viewAll(kind, page.entries), resourceVersion: String(page.revision) };
  const entries: Entry[] = [];
  for (const [i, stored] of page.entries.entries()) {
    const entry = viewEntry(kind, stored);
    if (selection.matches(entry.object)) entries.push(entry);
    // Nobody counts how many more would match: it is enough that there are more to look at.
    if (goal.limit > 0 && entries.length === goal.limit) {
      return { entries, resourceVersion: String(page.revision), ...(hasMore(reading, page, i) ? { continue: continueAfter(reading, page.revision, entries) } : {}) };
    }
  }
  return { entries, resourceVersion: String(page.revision) };
}

/** Whether there is anything behind the entry at `index` that the real server would look at. */
function hasMore({ registry, kind, prefix, query, goal, at }: Reading, page: Page, index: number): boolean {
  const field = kind.indexedField;
  const value = field === undefined ? undefined : query.selection.fields.valueOf(field);
  const getter = field === undefined ? undefined : kind.selectableFields.get(field);
  // The newest state is looked up in the kind's index, where it has one.
  if (value !== undefined && getter && at === undefined && goal.after === undefined) return page.entries.slice(index + 1).some(({ object }) => getter(object) === value);
  if (at !== undefined || query.selection.labels.empty) return index < page.entries.length - 1;
  return registry.reader.list(prefix, { after: (page.entries[index] as Entry).key, limit: 1 }).entries.length > 0;
}

/** Entries that may match; those of the newest state are looked up by their labels. */
async function read({ registry: { reader }, prefix, query, goal, at }: Reading, range: RangeOptions): Promise<Page> {
  const { labels } = query.selection;
  const prepared = at === undefined || at === reader.revision ? reader.prepareLabels(prefix, labels) : undefined;
  if (prepared) await prepared;
  // Only now: the newest state may be another one after the wait.
  if (at !== undefined && at !== reader.revision) return past(() => reader.listAt(prefix, at, range), goal.after?.slice(prefix.length));
  if (labels.empty) return range.after === undefined && range.limit === undefined ? reader.list(prefix) : reader.list(prefix, range);
  const found = reader.selectLabels(prefix, labels);
  const start = range.after === undefined ? 0 : firstAfter(found.entries, range.after);
  return { revision: found.revision, entries: start === 0 ? found.entries : found.entries.slice(start), remaining: 0 };
}

/** Reads history; throws ApiError 410 where that is gone, with a token for those who were continuing a list. */
async function past<T>(work: () => Promise<T>, continued: string | undefined): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StorageError) || error.code !== 'compacted') throw error;
    if (continued === undefined) throw new ApiError(410, 'Expired', 'The resourceVersion for the provided list is too old.');
    throw new ContinueExpiredError(encodeContinue({ revision: -1, after: continued }));
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

function continueAfter({ prefix }: Reading, at: number, entries: readonly Entry[]): string {
  return encodeContinue({ revision: at, after: (entries.at(-1) as Entry).key.slice(prefix.length) });
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
