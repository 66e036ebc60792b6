import type { KubeObject } from '../api/object.js';
import type { SchemaNode } from '../schema/node.js';
import { compare, type Comparison } from './compare.js';
import type { FieldFilter } from './field-filter.js';
import { type FieldType, fieldTypeOf } from './field-type.js';
import type { Managed } from './managed-fields.js';
import { type PathSet, pathSet } from './path-set.js';
import { reconcileWithType } from './reconcile.js';

/** Another version of a kind in which managers of an object may be known. */
export interface OtherVersion {
  readonly schema: SchemaNode | undefined;
  fromCurrent(object: KubeObject): KubeObject;
  toCurrent(object: KubeObject): KubeObject;
}

/** The version that a write is made in, and the way to the others. */
export interface VersionContext {
  readonly apiVersion: string;
  /** Undefined for custom resources without a schema: everything is deduced from the values. */
  readonly schema: SchemaNode | undefined;
  readonly resetFields?: FieldFilter | undefined;
  /** Versions other than `apiVersion`; managers of versions that it does not know are forgotten. */
  readonly otherVersion?: ((apiVersion: string) => OtherVersion | undefined) | undefined;
}

/** Fields that nobody owns. */
const UNOWNED = pathSet(
  'apiVersion',
  'kind',
  'metadata',
  'metadata.name',
  'metadata.namespace',
  'metadata.creationTimestamp',
  'metadata.selfLink',
  'metadata.uid',
  'metadata.clusterName',
  'metadata.generation',
  'metadata.managedFields',
  'metadata.resourceVersion',
);

/** The set without the fields that nobody owns. */
export function ownable(set: PathSet): PathSet {
  return set.difference(UNOWNED);
}

/** An object without its managed fields: who owns what is not owned itself. */
export function withoutManagedFields<T extends KubeObject>(object: T): T {
  if (!object.metadata || !('managedFields' in object.metadata)) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** Fields at which managers disagree with a write. */
export type Conflicts = ReadonlyMap<Managed, PathSet>;

/** One write seen from the managers of an object: what differs, in every version that a manager knows. */
export class Write {
  private readonly comparisons = new Map<string, Comparison | undefined>();

  constructor(
    private readonly context: VersionContext,
    private readonly before: KubeObject | undefined,
    private readonly after: KubeObject,
  ) {}

  /** What differs in the version of the write, less what its route resets. */
  get comparison(): Comparison {
    return this.comparisonIn(this.context.apiVersion) as Comparison;
  }

  /**
   * Takes changed and removed fields from all managers but `self`. Changes the map. With `force` false, conflicts are
   * returned and the map is left alone.
   */
  takeFields(managers: Map<string, Managed>, self: string | undefined, force: boolean): Conflicts {
    const conflicts = new Map<Managed, PathSet>();
    const results = new Map<string, Managed | undefined>();
    for (const managed of managers.values()) {
      if (managed.id === self) continue;
      const comparison = managed.set.isEmpty ? undefined : this.comparisonIn(managed.apiVersion);
      if (!comparison) {
        results.set(managed.id, undefined);
        continue;
      }
      const changed = comparison.modified.union(comparison.added);
      const disputed = changed.isEmpty ? changed : managed.set.intersection(changed);
      if (!disputed.isEmpty) conflicts.set(managed, disputed);
      const left = managed.set.difference(changed).difference(comparison.removed);
      if (left.fields !== managed.set.fields) results.set(managed.id, left.isEmpty ? undefined : { ...managed, set: left, entry: undefined });
    }
    if (conflicts.size > 0 && !force) return conflicts;
    for (const [id, managed] of results) {
      if (managed) managers.set(id, managed);
      else managers.delete(id);
    }
    return conflicts;
  }

  private comparisonIn(apiVersion: string): Comparison | undefined {
    if (this.comparisons.has(apiVersion)) return this.comparisons.get(apiVersion);
    const comparison = this.compareIn(apiVersion);
    this.comparisons.set(apiVersion, comparison);
    return comparison;
  }

  private compareIn(apiVersion: string): Comparison | undefined {
    const { context, before, after } = this;
    if (apiVersion === context.apiVersion) {
      const comparison = compare(fieldTypeOf(context.schema), before ?? {}, after);
      return context.resetFields ? filtered(comparison, context.resetFields) : comparison;
    }
    const version = context.otherVersion?.(apiVersion);
    if (!version) return undefined;
    return compare(fieldTypeOf(version.schema), before ? version.fromCurrent(before) : {}, version.fromCurrent(after));
  }
}

function filtered({ removed, modified, added }: Comparison, filter: FieldFilter): Comparison {
  return { removed: filter.filter(removed), modified: filter.filter(modified), added: filter.filter(added) };
}

/** The type of a version, or undefined where it is not known (any more). */
export function typeIn(context: VersionContext, apiVersion: string): FieldType | undefined {
  if (apiVersion === context.apiVersion) return fieldTypeOf(context.schema);
  const version = context.otherVersion?.(apiVersion);
  return version && fieldTypeOf(version.schema);
}

/** The managers with sets that fit today's schemas; those of unknown versions are left out. */
export function reconciled(context: VersionContext, managers: ReadonlyMap<string, Managed>): Map<string, Managed> {
  const result = new Map<string, Managed>();
  for (const managed of managers.values()) {
    const type = typeIn(context, managed.apiVersion);
    if (!type) continue;
    const set = reconcileWithType(type, managed.set);
    result.set(managed.id, set === managed.set ? managed : { ...managed, set, entry: undefined });
  }
  return result;
}
