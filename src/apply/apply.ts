import { type ApiError, badRequest, faultyRequest } from '../api/errors.js';
import { parseApiVersion } from '../api/gvk.js';
import type { KubeObject, ManagedFieldsEntry } from '../api/object.js';
import { deepEqual } from '../base/freeze.js';
import { conflictError, disputedFields, withoutPaths } from './conflict.js';
import { fieldSetOf } from './field-set.js';
import { type FieldType, fieldTypeOf, TypeProblem } from './field-type.js';
import { fieldsOfLastApplied, KUBECTL, withLastApplied } from './last-applied.js';
import { decodeManagedFields, encodeManagedFields, type Managed, managerId, type Managers } from './managed-fields.js';
import { mergeInto } from './merge.js';
import { type Conflicts, ownable, reconciled, type VersionContext, withoutManagedFields, Write } from './ownership.js';
import { prune } from './prune.js';
import { updateManagers } from './track-update.js';
import { schemaProblems } from './validate.js';

export interface ApplyOptions extends VersionContext {
  /** The stored object in the version of the request; undefined where the apply creates it. */
  readonly live: KubeObject | undefined;
  /** The applied configuration as the client wrote it: no defaults, nothing stripped. Not changed. */
  readonly applied: KubeObject;
  /** The kind that the route serves; the configuration must name it. */
  readonly kind: string;
  /** The fieldManager parameter. */
  readonly manager: string;
  readonly force: boolean;
  /** '' for the main resource. */
  readonly subresource: string;
  /** The cluster's time as RFC 3339 with seconds. */
  readonly now: string;
}

export interface Applied {
  /** The merged object, managedFields included, before defaults; `live` itself when nothing changed. */
  readonly object: KubeObject;
  readonly changed: boolean;
}

/**
 * Server-side apply: merges a configuration into an object and records who owns what. Throws ApiError: 400 for a
 * configuration of another kind or with managedFields, 500 (as the real server) for one that its schema refuses,
 * 409 with a cause for each field that another manager owns, unless `force`.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
export function apply(options: ApplyOptions): Applied {
  checkConfiguration(options);
  const live = options.live ?? emptyObject(options);
  const entries = options.live?.metadata.managedFields;
  const managers = managersOf(options, withoutManagedFields(live), entries);
  const run = new ApplyRun(options, withoutManagedFields(live), managers);
  const result = run.result();
  const object = options.manager === KUBECTL ? withLastApplied(result.object, options.applied) : result.object;
  const encoded = encodeManagedFields(result.managers);
  const sameEntries = entries !== undefined && sameItems(entries, encoded);
  const changed = options.live === undefined || !sameEntries || object !== run.live;
  if (!changed) return { object: live, changed };
  const managedFields = sameEntries ? entries : encoded;
  return { object: { ...object, metadata: { ...object.metadata, ...(managedFields.length > 0 ? { managedFields } : {}) } }, changed };
}

function checkConfiguration({ applied, apiVersion, kind }: ApplyOptions): void {
  if (applied.apiVersion !== apiVersion || applied.kind !== kind) throw badRequest(`invalid object type: ${gvkText(textOf(applied.apiVersion), textOf(applied.kind))}`);
  const managedFields: unknown = applied.metadata?.managedFields;
  if (managedFields !== undefined && managedFields !== null) throw badRequest('metadata.managedFields must be nil');
}

/** What is no text stands for nothing: nobody has looked at the type of the configuration yet. */
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** `what (namespace/name; version, Kind=kind)why`: what could not be done with an applied configuration. */
export function faultyConfiguration(what: string, { apiVersion, kind, metadata }: KubeObject, why: string): ApiError {
  const { namespace, name } = (metadata ?? {}) as { namespace?: unknown; name?: unknown };
  return faultyRequest(`${what} (${textOf(namespace) ?? ''}/${textOf(name) ?? ''}; ${gvkText(apiVersion, kind)})${why}`);
}

/** A group, version and kind as Go prints them: `apps/v1, Kind=Deployment`, `/v1, Kind=Pod`; of what is no version nothing. */
export function gvkText(apiVersion: string | undefined, kind: string | undefined): string {
  if (apiVersion !== undefined && apiVersion.split('/').length > 2) return '/, Kind=';
  const { group, version } = parseApiVersion(apiVersion ?? '');
  return `${group}/${version}, Kind=${kind ?? ''}`;
}

function emptyObject({ apiVersion, kind }: ApplyOptions): KubeObject {
  return { apiVersion, kind, metadata: {} as KubeObject['metadata'] };
}

/** The managers of the live object. One that was never tracked gets a manager for all that is there. */
function managersOf(options: ApplyOptions, live: KubeObject, entries: readonly ManagedFieldsEntry[] | undefined): Managers {
  let managers: Managers;
  try {
    managers = decodeManagedFields(entries);
  } catch (error) {
    throw faultyRequest(`failed to decode managed fields: ${(error as Error).message}`);
  }
  if (managers.size > 0 || !options.live) return managers;
  return updateManagers({ ...options, manager: 'before-first-apply' }, managers, undefined, live);
}

interface Result {
  readonly object: KubeObject;
  readonly managers: Managers;
}

/** One apply; tried again with force where kubectl takes over from its own client-side apply. */
class ApplyRun {
  private readonly type: FieldType;
  private readonly id: string;

  constructor(
    private readonly options: ApplyOptions,
    /** The object that is merged into, without managed fields. */
    readonly live: KubeObject,
    private readonly before: Managers,
  ) {
    const { manager, apiVersion, subresource } = options;
    this.type = fieldTypeOf(options.schema);
    this.id = managerId({ manager: manager || 'unknown', operation: 'Apply', apiVersion, subresource });
  }

  result(): Result {
    const problems = schemaProblems(this.type, this.options.applied);
    if (problems !== undefined) throw faultyConfiguration('failed to create typed patch object', this.options.applied, `: ${problems}`);
    try {
      return this.merged(this.options.force);
    } catch (error) {
      if (error instanceof TypeProblem) throw faultyRequest(`failed to merge config: ${error.message}`);
      throw error;
    }
  }

  private merged(force: boolean): Result {
    const { options, live, type, id } = this;
    const { manager, apiVersion, subresource, resetFields } = options;
    const managers = reconciled(options, this.before);
    const last = managers.get(id);
    const claimed = fieldSetOf(type, options.applied);
    const set = resetFields ? resetFields.filter(claimed) : claimed;
    const current: Managed = { id, manager: manager || 'unknown', operation: 'Apply', subresource, apiVersion, time: last?.time, set, entry: undefined };
    managers.set(id, current);
    const merged = withoutManagedFields(mergeInto(type, live, options.applied) as KubeObject);
    const object = prune(options, merged, managers, last, current);
    const conflicts = new Write(options, live, object).takeFields(managers, id, force);
    if (conflicts.size > 0 && !force) return this.resolve(conflicts);
    const same = object === live || deepEqual(object, live);
    this.record(managers, current, last, same);
    return { object: same ? live : object, managers };
  }

  /** Puts the applier's entry down: as it was where nothing about it changed. */
  private record(managers: Map<string, Managed>, current: Managed, last: Managed | undefined, same: boolean): void {
    const set = ownable(current.set);
    if (set.isEmpty) managers.delete(this.id);
    else if (same && last && last.apiVersion === current.apiVersion && set.equals(last.set)) managers.set(this.id, last);
    // An apply that changes no value leaves the time alone, even that of a new owner: so it is upstream.
    else managers.set(this.id, { ...current, set, time: same ? current.time : this.options.now });
  }

  /** kubectl may take what its client-side apply set; everyone else has a conflict. */
  private resolve(conflicts: Conflicts): Result {
    if (this.options.manager !== KUBECTL) throw conflictError(conflicts);
    const allowed = fieldsOfLastApplied(this.options, this.live);
    if (allowed.isEmpty) throw conflictError(conflicts);
    if (!disputedFields(conflicts).difference(allowed).isEmpty) throw conflictError(withoutPaths(conflicts, allowed));
    return this.merged(true);
  }

}

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}
