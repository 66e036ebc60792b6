import type { KubeObject, ManagedFieldsEntry } from '../api/object.js';
import { deepEqual } from '../base/freeze.js';
import { TypeProblem } from './field-type.js';
import { fieldsOfNew } from './known-fields.js';
import { capUpdateManagers, decodeManagedFields, encodeManagedFields, type Managed, managerId, type Managers } from './managed-fields.js';
import type { PathSet } from './path-set.js';
import { ownable, reconciled, type VersionContext, withoutManagedFields, Write } from './ownership.js';

export interface UpdateOptions extends VersionContext {
  /** The stored object; undefined when the write creates it. */
  readonly live: KubeObject | undefined;
  /**
   * The object as the client's request makes it: decoded, defaults filled in, its managedFields as sent. Before admission
   * and strategy: what those add (cluster IPs, service account volumes, finalizers) nobody owns. Not changed.
   */
  readonly updated: KubeObject;
  /** The fieldManager parameter, or managerFromUserAgent. */
  readonly manager: string;
  /** '' for the main resource. */
  readonly subresource: string;
  /** The cluster's time as RFC 3339 with seconds. */
  readonly now: string;
}

const NOTHING: ManagedFieldsEntry[] = [];

/**
 * The managedFields of an object after a create, update or patch: the manager gets what changed, the others lose it.
 * Time moves only where the manager got something. The array of `live` itself comes back where nothing changes.
 * An empty array stands for an object whose managers are not tracked: the field is then left out.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 */
export function trackUpdate(options: UpdateOptions): ManagedFieldsEntry[] {
  try {
    return track(options);
  } catch (error) {
    // As upstream: ownership that cannot be computed is dropped, the write goes on.
    if (error instanceof TypeProblem) return NOTHING;
    throw error;
  }
}

function track(options: UpdateOptions): ManagedFieldsEntry[] {
  const { live, updated, subresource } = options;
  const stored = live?.metadata.managedFields;
  const sent = subresource ? undefined : updated.metadata.managedFields;
  const before = managersBefore(stored, sent);
  if (before.size === 0 && live) return NOTHING;
  const managers = updateManagers(options, before, live && withoutManagedFields(live), withoutManagedFields(updated));
  return unchangedEntries(managers, stored) ?? encodeManagedFields(managers);
}

/** The managers after a write by `options.manager`; the map is new. */
export function updateManagers(
  options: VersionContext & Pick<UpdateOptions, 'manager' | 'subresource' | 'now'>,
  before: Managers,
  live: KubeObject | undefined,
  updated: KubeObject,
): Map<string, Managed> {
  const { apiVersion, subresource, now } = options;
  const managers = reconciled(options, before);
  const write = new Write(options, live, updated);
  write.takeFields(managers, undefined, true);
  const changed = (): PathSet => ownable(write.comparison.modified.union(write.comparison.added));
  const gained = live || before.size > 0 ? changed() : fieldsOfNew(rulesOf(options), updated, changed);
  if (!gained.isEmpty) {
    const identity = { manager: options.manager || 'unknown', operation: 'Update', apiVersion, subresource } as const;
    const id = managerId(identity);
    const previous = managers.get(id);
    managers.set(id, { ...identity, id, time: now, set: previous ? gained.union(previous.set) : gained, entry: undefined });
  }
  capUpdateManagers(managers);
  return managers;
}

/** What beside the object itself decides which of its fields a manager gets, as one object. */
function rulesOf({ schema, resetFields }: VersionContext): object | undefined {
  if (!schema || !resetFields) return schema;
  let rules = rulesWithReset.get(resetFields);
  if (!rules) rulesWithReset.set(resetFields, (rules = new Map()));
  const known = rules.get(schema);
  if (known) return known;
  const made = {};
  rules.set(schema, made);
  return made;
}

const rulesWithReset = new WeakMap<object, Map<object, object>>();

/**
 * The client may send managed fields to change them; those it leaves out, or that make no sense, are the stored ones.
 * An empty list, or one with a single empty entry, resets.
 */
function managersBefore(stored: readonly ManagedFieldsEntry[] | undefined, sent: readonly ManagedFieldsEntry[] | undefined): Managers {
  if (sent && isReset(sent)) return new Map();
  if (sent && sent !== stored && !(stored && deepEqual(sent, stored))) {
    const managers = decodeOrEmpty(sent);
    if (managers.size > 0) return managers;
  }
  return decodeOrEmpty(stored);
}

function isReset(entries: readonly ManagedFieldsEntry[]): boolean {
  return entries.length === 0 || (entries.length === 1 && Object.values(entries[0] as object).every((value) => value === undefined || value === null || value === ''));
}

function decodeOrEmpty(entries: readonly ManagedFieldsEntry[] | undefined): Managers {
  try {
    return decodeManagedFields(entries);
  } catch {
    return new Map();
  }
}

/** The stored entries, if the managers are exactly those. */
function unchangedEntries(managers: Managers, stored: ManagedFieldsEntry[] | undefined): ManagedFieldsEntry[] | undefined {
  if (!stored || managers.size !== stored.length) return undefined;
  const entries = new Set<ManagedFieldsEntry | undefined>(stored);
  for (const managed of managers.values()) if (!managed.entry || !entries.has(managed.entry)) return undefined;
  return stored;
}

/**
 * Gives an object the managedFields of the stored one where nothing else differs but their times: such a write changes
 * nothing. For the registry, which knows the object only after strategy and admission have been at it.
 */
export function keepTimesIfUnchanged<T extends KubeObject>(updated: T, stored: KubeObject): T {
  const entries = updated.metadata.managedFields ?? NOTHING;
  const old = stored.metadata.managedFields ?? NOTHING;
  if (entries === old || entries.length === 0 || entries.length !== old.length) return updated;
  if (entries.every((entry, i) => entry.time === old[i]?.time)) return updated;
  const timeless = (entry: ManagedFieldsEntry | undefined): object => ({ ...entry, time: undefined });
  if (!entries.every((entry, i) => deepEqual(timeless(entry), timeless(old[i])))) return updated;
  if (!deepEqual(withoutManagedFields(updated), withoutManagedFields(stored))) return updated;
  return { ...updated, metadata: { ...updated.metadata, managedFields: old } };
}
