import { conflict, internalError, invalid, notFound } from '../api/errors.js';
import { invalid as invalidField, Path } from '../api/field.js';
import type { KubeObject } from '../api/object.js';
import { keepTimesIfUnchanged } from '../apply/track-update.js';
import { deepEqual } from '../base/freeze.js';
import { StorageError, type Entry } from '../storage/types.js';
import { attendantOperations } from './attendants.js';
import { admissionAttributes, groupResource, objectKey, strategyContext } from './context.js';
import { commitObject } from './commit-object.js';
import { createAdmitted } from './create.js';
import type { RegistryDependencies, WriteRequest } from './dependencies.js';
import { etcdKey } from './etcd-key.js';
import { finishObject, readable, specChanged, timeToLive } from './finish-object.js';
import type { Kind, Strategy } from './kind.js';
import { dedupOwnerReferences, ensureNamespace, fillSystemFields, validateUpdatedMetadata } from './metadata.js';
import { metadataLooks } from './metadata-looks.js';
import { namedVersion } from './resource-version.js';
import { apiErrorOf } from './storage-errors.js';
import { unsavedEntry } from './unsaved-entry.js';
import { asStored, settled } from './remote-conversion.js';
import { loadView, viewEntry } from './view.js';

/**
 * Computes the new state from the live one, which is frozen and undefined where nothing is stored. Called again when
 * another writer was faster, so it must not keep state. The result is typed, has its defaults and its managed fields.
 */
export type UpdateFunction = (live: KubeObject | undefined) => KubeObject | Promise<KubeObject>;

export interface UpdateOptions {
  /** Rules of the route: the kind's own strategy, or a subresource's. */
  readonly strategy: Strategy;
  /** Server-side apply creates what is not there, whatever the kind says. */
  readonly forceAllowCreate?: boolean;
  /** PUT: the uid that the client sent must be the stored one (409); other routes find it immutable (422). */
  readonly uid?: string | undefined;
}

export interface UpdateResult {
  readonly entry: Entry;
  readonly created: boolean;
}

/** Lost races before a writer gives up: each means that somebody else got on. */
const ATTEMPTS = 100;

/**
 * Read-modify-write (Kubernetes' GuaranteedUpdate): admission and validation run inside the loop, an update that
 * changes nothing writes nothing, and emptying the finalizers of a dying object deletes it.
 */
export async function update(registry: RegistryDependencies, request: WriteRequest, name: string, compute: UpdateFunction, options: UpdateOptions): Promise<UpdateResult> {
  const key = objectKey(request, name);
  for (let left = ATTEMPTS; left > 0; left--) {
    const live = registry.store.head(key);
    try {
      if (!live) return await createInstead(registry, request, name, compute, options);
      return { entry: await attempt(registry, request, name, live, compute, options), created: false };
    } catch (error) {
      // Somebody else wrote between our reading and our commit: look again.
      if (error instanceof StorageError && (error.code === 'conflict' || error.code === 'missing')) continue;
      throw apiErrorOf(error, groupResource(request), name);
    }
  }
  throw internalError(`too many concurrent writers of ${key}`);
}

async function createInstead(registry: RegistryDependencies, request: WriteRequest, name: string, compute: UpdateFunction, options: UpdateOptions): Promise<UpdateResult> {
  if (!options.strategy.allowCreateOnUpdate && !options.forceAllowCreate) throw notFound(groupResource(request), name);
  checkUid(request, name, options.uid, '');
  const object = await settled(request.kind, () => compute(undefined));
  if (object.metadata.uid) {
    throw conflict(groupResource(request), name, `uid mismatch: the provided object specified uid ${object.metadata.uid}, and no existing object was found`);
  }
  ensureNamespace(object, request.kind.facts.namespaced, request.namespace);
  await registry.admission.mutate(admissionAttributes(registry, request, 'CREATE', name, object, undefined));
  namedVersion(object.metadata.resourceVersion);
  // Unlike a POST, an update may name the version of an object that has gone.
  if (!request.dryRun) delete object.metadata.resourceVersion;
  fillSystemFields(object.metadata, strategyContext(registry, request).now, registry.ids);
  return { entry: await createAdmitted(registry, request, object, options.forceAllowCreate), created: true };
}

async function attempt(registry: RegistryDependencies, request: WriteRequest, name: string, liveEntry: Entry, compute: UpdateFunction, options: UpdateOptions): Promise<Entry> {
  const { kind } = request;
  const { strategy } = options;
  const stored = (await loadView(kind, liveEntry)).object;
  const context = strategyContext(registry, request);
  checkUid(request, name, options.uid, stored.metadata.uid ?? '');
  const object = await settled(kind, () => compute(stored));
  const live = readable(kind, stored);
  const before = live.metadata;
  const metadata = object.metadata;
  ensureNamespace(object, kind.facts.namespaced, request.namespace);
  await registry.admission.mutate(admissionAttributes(registry, request, 'UPDATE', name, object, live));
  dedupOwnerReferences(object, (text) => request.warn(text), true);
  strategy.authorize?.(object, live, context);

  const version = namedVersion(metadata.resourceVersion);
  if (version === 0) {
    if (strategy.allowUnconditionalUpdate === false) {
      const error = invalidField(Path.of('metadata', 'resourceVersion'), 0, 'must be specified for an update');
      throw invalid({ group: kind.gvk.group, kind: kind.facts.plural }, name, [error]);
    }
    metadata.resourceVersion = before.resourceVersion;
  } else if (version !== Number(before.resourceVersion)) throw conflict(groupResource(request), name);

  prepare(kind, object, live, strategy, context);
  const reservation = strategy.allocate?.(object, live, context);
  try {
    const errors = [
      ...validateUpdatedMetadata(object, live, kind.facts.namespaced, kind.strategy, metadataLooks(kind, context.subresource)),
      ...(strategy.validateUpdate?.(object, live, context) ?? []),
    ];
    if (errors.length > 0) throw invalid(kind.storage.gvk, name, errors);
    for (const text of strategy.warnings?.(object, live, context) ?? []) request.warn(text);
    await registry.admission.validate(admissionAttributes(registry, request, 'UPDATE', name, object, live));

    const next = finishObject(kind, keepTimesIfUnchanged(object, live), stored);
    const unchanged = deepEqual(next, stored);
    if (unchanged || request.dryRun) {
      reservation?.release();
      return unchanged ? viewEntry(kind, liveEntry) : unsavedEntry(liveEntry.key, await asStored(kind, next));
    }
    const gone = deletesItself(next, live, kind.strategy);
    const [change] = await commitObject(registry, kind, next, options.forceAllowCreate === true, (object, form) => [
      { key: liveEntry.key, expected: liveEntry.revision, object: gone ? null : form, ...timeToLive(kind) },
      ...attendantOperations(registry, kind, gone ? undefined : object, live),
    ]);
    reservation?.confirm();
    if (!gone) return await loadView(kind, (change as { entry: Entry }).entry);
    kind.strategy.afterDelete?.(live);
    // A client that took the last finalizer away expects the object that it sent.
    return unsavedEntry(liveEntry.key, next);
  } catch (error) {
    reservation?.release();
    throw error;
  }
}

/** Throws 409, with the store's words, for a uid that is not the stored one. */
function checkUid(request: WriteRequest, name: string, uid: string | undefined, stored: string): void {
  if (!uid || uid === stored) return;
  const path = etcdKey(request.kind, request.namespace, name);
  throw conflict(
    groupResource(request),
    name,
    `StorageError: invalid object, Code: 4, Key: ${path}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${stored}`,
  );
}

/** Metadata that no update may change, status where the route leaves it alone, and the kind's own rules. */
function prepare(kind: Kind, object: KubeObject, live: KubeObject, strategy: Strategy, context: Parameters<NonNullable<Strategy['prepareForUpdate']>>[2]): void {
  const draft = object as KubeObject & { status?: unknown };
  const old = live as KubeObject & { status?: unknown };
  const before = live.metadata;
  if (before.generation === undefined) delete object.metadata.generation;
  else object.metadata.generation = before.generation;
  strategy.defaults?.(object);
  if (strategy.keepsStatus) {
    if (old.status === undefined) delete draft.status;
    else draft.status = old.status;
  }
  strategy.prepareForUpdate?.(object, live, context);
  // A strategy may have made the object anew, from that of another version.
  const { metadata } = object;
  if (strategy.generation === 'spec' && specChanged(kind, object, live)) metadata.generation = (before.generation ?? 0) + 1;
  metadata.uid ||= before.uid;
  delete metadata.selfLink;
  if (before.creationTimestamp) metadata.creationTimestamp = before.creationTimestamp;
  if (before.deletionTimestamp) metadata.deletionTimestamp = before.deletionTimestamp;
  if (before.deletionGracePeriodSeconds !== undefined && metadata.deletionGracePeriodSeconds === undefined) {
    metadata.deletionGracePeriodSeconds = before.deletionGracePeriodSeconds;
  }
}

/** The last finalizer of an object whose grace period is over is gone: so is the object. */
function deletesItself(object: KubeObject, old: KubeObject, strategy: Strategy): boolean {
  const metadata = object.metadata;
  if (metadata.finalizers?.length || strategy.pendingFinalizers?.(object)) return false;
  return old.metadata.deletionTimestamp !== undefined && (old.metadata.deletionGracePeriodSeconds ?? 0) === 0;
}
