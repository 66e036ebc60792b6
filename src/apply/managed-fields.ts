import type { ManagedFieldsEntry } from '../api/object.js';
import { quote } from '../api/field.js';
import type { Fields } from './fields.js';
import { PathSet } from './path-set.js';
import { sharedSet } from './shared-sets.js';
import { canonicalJson, compareText } from './value.js';

export type Operation = 'Apply' | 'Update';

/** What one manager owns of an object in one version. */
export interface Managed {
  /** Tells managers apart: name, operation, subresource, and for updates the version, as Go's JSON of them. */
  readonly id: string;
  readonly manager: string;
  readonly operation: Operation;
  readonly subresource: string;
  readonly apiVersion: string;
  readonly time: string | undefined;
  readonly set: PathSet;
  /** The entry that this was read from, reused where nothing changed. */
  readonly entry: ManagedFieldsEntry | undefined;
}

/** All managers of an object by id. */
export type Managers = ReadonlyMap<string, Managed>;

/** Fields known to be canonical: those this folder made or has read before. Entries of stored objects are never changed. */
const knownSets = new WeakMap<object, PathSet>();

/** The id of a manager; for appliers the version does not count, so that a later version replaces the former. */
export function managerId({ manager, operation, apiVersion, subresource }: { manager: string; operation: Operation; apiVersion: string; subresource: string }): string {
  let id = '{';
  if (manager) id += `"manager":${canonicalJson(manager)},`;
  id += `"operation":"${operation}"`;
  if (operation === 'Update' && apiVersion) id += `,"apiVersion":${canonicalJson(apiVersion)}`;
  if (subresource) id += `,"subresource":${canonicalJson(subresource)}`;
  return `${id}}`;
}

/** Reads metadata.managedFields. Throws an Error that says what is wrong with an entry. */
export function decodeManagedFields(entries: readonly ManagedFieldsEntry[] | undefined): Map<string, Managed> {
  const managers = new Map<string, Managed>();
  entries?.forEach((entry, index) => {
    const managed = decodeEntry(entry, index);
    managers.set(managed.id, managed);
  });
  return managers;
}

/** What is wrong with managed fields that admission has changed, or undefined. */
export function managedFieldsProblem(entries: readonly ManagedFieldsEntry[] | undefined): string | undefined {
  try {
    decodeManagedFields(entries);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function decodeEntry(entry: ManagedFieldsEntry, index: number): Managed {
  const { operation, apiVersion = '', fieldsType, manager = '', subresource = '', time } = entry;
  if (operation !== 'Apply' && operation !== 'Update') throw new Error('operation must be `Apply` or `Update`');
  if (!apiVersion) throw new Error('apiVersion must not be empty');
  if (!fieldsType) throw new Error(`missing fieldsType in managed fields entry ${index}`);
  if (fieldsType !== 'FieldsV1') throw new Error(`invalid fieldsType ${quote(fieldsType)} in managed fields entry ${index}`);
  const id = managerId({ manager, operation, apiVersion, subresource });
  const set = decodeSet(entry);
  return { id, manager, operation, subresource, apiVersion, time: time ?? undefined, set, entry: set.fields === entry.fieldsV1 ? entry : undefined };
}

function decodeSet(entry: ManagedFieldsEntry): PathSet {
  const fields = entry.fieldsV1;
  const known = fields && knownSets.get(fields);
  if (known) return known;
  try {
    const set = PathSet.fromJSON(fields);
    // What can still change must be read again.
    if (fields && set.fields === fields && Object.isFrozen(fields)) knownSets.set(fields, set);
    return set;
  } catch (error) {
    throw new Error(`error decoding versioned set from ${canonicalJson(entry)}: error decoding set: ${(error as Error).message}`, { cause: error });
  }
}

/** Writes metadata.managedFields: appliers first, then by time, name, version and subresource. */
export function encodeManagedFields(managers: Managers): ManagedFieldsEntry[] {
  return [...managers.values()].sort(compareManaged).map((managed) => managed.entry ?? encodeEntry(managed));
}

function encodeEntry({ manager, operation, apiVersion, time, set: own, subresource }: Managed): ManagedFieldsEntry {
  const set = sharedSet(own);
  knownSets.set(set.fields, set);
  return {
    ...(manager ? { manager } : {}),
    operation,
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: set.fields as Record<string, Fields>,
    ...(subresource ? { subresource } : {}),
  };
}

function compareManaged(a: Managed, b: Managed): number {
  return (
    compareText(a.operation, b.operation) ||
    seconds(a.time) - seconds(b.time) ||
    compareText(a.manager, b.manager) ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource, b.subresource)
  );
}

function seconds(time: string | undefined): number {
  return time === undefined ? 0 : Math.floor(Date.parse(time) / 1000) || 0;
}

/** Update managers that an object may have before the oldest are put together. */
const MAX_UPDATE_MANAGERS = 10;
const BUCKET = 'ancient-changes';

/** Puts the oldest update managers of a version together until no more than ten are left. Changes the map. */
export function capUpdateManagers(managers: Map<string, Managed>): void {
  const updaters = [...managers.values()].filter((managed) => managed.operation === 'Update');
  let count = updaters.length;
  if (count <= MAX_UPDATE_MANAGERS) return;
  updaters.sort((a, b) => seconds(a.time) - seconds(b.time) || compareText(a.id, b.id));
  const firstOfVersion = new Map<string, string>();
  for (const managed of updaters) {
    if (count <= MAX_UPDATE_MANAGERS) return;
    const { apiVersion } = managed;
    const first = firstOfVersion.get(apiVersion);
    if (first === undefined) {
      firstOfVersion.set(apiVersion, managed.id);
      continue;
    }
    const bucket = { manager: BUCKET, operation: 'Update', apiVersion, subresource: '' } as const;
    const id = managerId(bucket);
    const older = managers.get(id) ?? managers.get(first);
    if (!managers.has(id)) managers.delete(first);
    managers.delete(managed.id);
    managers.set(id, { ...bucket, id, time: managed.time, set: older ? managed.set.union(older.set) : managed.set, entry: undefined });
    count--;
  }
}
