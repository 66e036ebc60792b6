import type { ManagedFieldsEntry } from '../api/object.js';
import { decodeManagedFields, encodeManagedFields, type Managed } from './managed-fields.js';
import { fieldElement, type Path } from './path-element.js';
import { PathSet, pathSet } from './path-set.js';

/** Where the replicas of a kind are, by apiVersion, e.g. `{ 'apps/v1': ['spec', 'replicas'] }`; undefined: not scalable in it. */
export type ReplicasPaths = Readonly<Record<string, readonly string[] | undefined>>;

const SCALE_VERSION = 'autoscaling/v1';
const REPLICAS_OF_SCALE = pathSet('spec.replicas');

/** The managed fields of a Scale: the managers of its parent that own the replicas, on the path that a Scale has. */
export function managedFieldsOfScale(parent: readonly ManagedFieldsEntry[] | undefined, paths: ReplicasPaths): ManagedFieldsEntry[] {
  const managers = new Map<string, Managed>();
  for (const managed of decodeManagedFields(parent).values()) {
    const path = replicasPath(paths, managed.apiVersion);
    if (path && managed.set.has(path)) managers.set(managed.id, { ...managed, apiVersion: SCALE_VERSION, set: REPLICAS_OF_SCALE, entry: undefined });
  }
  return encodeManagedFields(managers);
}

/**
 * The managed fields of a parent after a write of its Scale, whose own ones are `scale`. A manager that lost the
 * replicas in the Scale loses them here; who got them is a manager of the parent in `apiVersion`.
 */
export function managedFieldsOfParent(
  parent: readonly ManagedFieldsEntry[] | undefined,
  scale: readonly ManagedFieldsEntry[] | undefined,
  { paths, apiVersion }: { paths: ReplicasPaths; apiVersion: string },
): ManagedFieldsEntry[] {
  const ofParent = decodeManagedFields(parent);
  const ofScale = decodeManagedFields(scale);
  const managers = new Map<string, Managed>();
  for (const managed of ofParent.values()) {
    if (!Object.hasOwn(paths, managed.apiVersion)) continue;
    const path = replicasPath(paths, managed.apiVersion);
    if (!path || !managed.set.has(path)) managers.set(managed.id, managed);
    else if (ofScale.delete(managed.id)) managers.set(managed.id, managed);
    else {
      const set = managed.set.difference(PathSet.fromPaths([path]));
      if (!set.isEmpty) managers.set(managed.id, { ...managed, set, entry: undefined });
    }
  }
  const path = replicasPath(paths, apiVersion);
  for (const managed of ofScale.values()) {
    if (!path || !REPLICAS_OF_SCALE.intersection(managed.set).equals(REPLICAS_OF_SCALE)) continue;
    // Upstream looks the time up among the parent's managers, under the Scale's version: mostly there is none.
    managers.set(managed.id, { ...managed, apiVersion, time: ofParent.get(managed.id)?.time, set: PathSet.fromPaths([path]), entry: undefined });
  }
  return encodeManagedFields(managers);
}

function replicasPath(paths: ReplicasPaths, apiVersion: string): Path | undefined {
  return Object.hasOwn(paths, apiVersion) ? paths[apiVersion]?.map(fieldElement) : undefined;
}
