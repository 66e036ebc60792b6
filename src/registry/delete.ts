import { conflict, notFound } from '../api/errors.js';
import type { KubeObject } from '../api/object.js';
import { formatTime, timeMs } from '../api/time.js';
import { deepClone, deepEqual } from '../base/freeze.js';
import { StorageError, type Entry } from '../storage/types.js';
import { attendantOperations } from './attendants.js';
import { admissionAttributes, groupResource, objectKey, strategyContext } from './context.js';
import type { RegistryDependencies, WriteRequest } from './dependencies.js';
import { finishObject } from './finish-object.js';
import type { Kind, Strategy } from './kind.js';
import { FOREGROUND_DELETION, ORPHAN } from './metadata.js';
import { apiErrorOf } from './storage-errors.js';
import type { DeleteOptions } from './subresource.js';
import { unsavedEntry } from './unsaved-entry.js';
import { storedForm } from './remote-conversion.js';
import { loadView, loadViews, viewEntry } from './view.js';

export interface DeleteResult {
  /** The last state, or the state that now waits for its end. */
  readonly entry: Entry;
  /** Set where the reply is this object whatever the kind usually answers with. */
  readonly reply?: KubeObject;
  /** False when the object is still there: its grace period or its finalizers are pending. */
  readonly gone: boolean;
}

const ATTEMPTS = 100;

/**
 * Deletes an object, at once or by steps: preconditions, grace period, finalizers of garbage collection, and only
 * when nothing is pending the removal from the store (k8s.io/apiserver registry.Store.Delete).
 */
export async function remove(registry: RegistryDependencies, request: WriteRequest, name: string, options: DeleteOptions): Promise<DeleteResult> {
  warnOfDeletion(request, options);
  const key = objectKey(request, name);
  for (let left = ATTEMPTS; left > 0; left--) {
    const entry = registry.store.head(key);
    if (!entry) break;
    try {
      return await attempt(registry, request, name, entry, options);
    } catch (error) {
      if (error instanceof StorageError && error.code === 'conflict') continue;
      if (error instanceof StorageError && error.code === 'missing') break;
      throw apiErrorOf(error, groupResource(request), name);
    }
  }
  throw notFound(groupResource(request), name);
}

/** Sends the kind's warning to who does not say what is to become of dependents. */
export function warnOfDeletion(request: WriteRequest, { propagationPolicy, orphanDependents }: DeleteOptions): void {
  const { deletionWarning } = request.kind.strategy;
  if (deletionWarning && propagationPolicy === undefined && orphanDependents === undefined) request.warn(deletionWarning);
}

/** In the order of the fields of DeleteOptions. */
function sentOptions({ gracePeriodSeconds, preconditions, orphanDependents, propagationPolicy, dryRun }: DeleteOptions): object {
  return {
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(preconditions ? { preconditions } : {}),
    ...(orphanDependents === undefined ? {} : { orphanDependents }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(dryRun ? { dryRun: ['All'] } : {}),
  };
}

async function attempt(registry: RegistryDependencies, request: WriteRequest, name: string, entry: Entry, options: DeleteOptions): Promise<DeleteResult> {
  const { kind } = request;
  const { strategy } = kind;
  const live = (await loadView(kind, entry)).object;
  checkPreconditions(kind, live, options);
  const attributes = admissionAttributes(registry, request, 'DELETE', name, undefined, live, { options: sentOptions(options) });
  await registry.admission.mutate(attributes);
  await registry.admission.validate(attributes);

  const draft = deepClone(live);
  const grace = applyGracePeriod(registry, request, draft, options);
  if (grace === 'pending') return { entry: viewEntry(kind, entry), gone: false };
  draft.metadata.finalizers = finalizersFor(kind, draft, options);
  const held = draft.metadata.finalizers.length > 0 || strategy.pendingFinalizers?.(draft) === true;
  if (draft.metadata.finalizers.length === 0) delete draft.metadata.finalizers;

  if (grace === 0 && !held) {
    if (request.dryRun) return dryRunOf(kind, entry, live, draft);
    const [change] = await registry.store.commit([{ key: entry.key, expected: entry.revision, object: null }, ...attendantOperations(registry, kind, undefined, live)]);
    strategy.afterDelete?.(live);
    await loadViews(kind, [(change as { entry: Entry }).entry]);
    return { entry: lastState(kind, (change as { entry: Entry }).entry, grace === 0 ? draft : live), gone: true };
  }
  if (grace === 0) markDeleting(registry, kind, draft);
  const next = finishObject(kind, draft);
  if (deepEqual(next, live)) return { entry: viewEntry(kind, entry), gone: false };
  if (request.dryRun) return { entry: unsavedEntry(entry.key, next), gone: false };
  const [change] = await registry.store.commit([{ key: entry.key, expected: entry.revision, object: await storedForm(kind, next) }]);
  await loadViews(kind, [(change as { entry: Entry }).entry]);
  return { entry: viewEntry(kind, (change as { entry: Entry }).entry), gone: false };
}

/**
 * What would be deleted. Kubernetes gives back its scratch object where it had to look at finalizers first: an empty one,
 * unless the deletion is a graceful one.
 */
function dryRunOf(kind: Kind, entry: Entry, live: KubeObject, draft: KubeObject): DeleteResult {
  const graceful = draft.metadata.deletionGracePeriodSeconds !== live.metadata.deletionGracePeriodSeconds;
  if (graceful) return { entry: unsavedEntry(entry.key, finishObject(kind, draft)), gone: true };
  if (!live.metadata.finalizers?.length) return { entry: viewEntry(kind, entry), gone: true };
  const { kind: name, apiVersion } = live;
  return { entry: viewEntry(kind, entry), gone: true, reply: finishObject(kind, { kind: name, apiVersion, metadata: {} } as KubeObject) };
}

/** A pod that is deleted at once is shown with its deletion marks, as the graceful path left them. */
function lastState(kind: Kind, entry: Entry, marked: KubeObject): Entry {
  if (marked.metadata.deletionTimestamp === undefined) return viewEntry(kind, entry);
  const object = finishObject(kind, marked);
  object.metadata.resourceVersion = String(entry.revision);
  return unsavedEntry(entry.key, object);
}

function checkPreconditions(kind: Kind, live: KubeObject, { preconditions }: DeleteOptions): void {
  // Kubernetes names the kind here where all other conflicts name the resource.
  const subject = { group: kind.storage.gvk.group, resource: kind.gvk.kind };
  const { name, uid, resourceVersion } = live.metadata;
  if (preconditions?.uid !== undefined && preconditions.uid !== uid) {
    throw conflict(subject, name, `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`);
  }
  if (preconditions?.resourceVersion !== undefined && preconditions.resourceVersion !== resourceVersion) {
    throw conflict(subject, name, `the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`);
  }
}

/**
 * Sets the deletion marks of kinds that die gracefully. Returns the seconds that are left (0: nothing keeps it),
 * or 'pending' when it is dying already and nothing changes.
 */
function applyGracePeriod(registry: RegistryDependencies, request: WriteRequest, draft: KubeObject, options: DeleteOptions): number | 'pending' {
  const { strategy } = request.kind;
  if (!strategy.gracePeriod) return 0;
  const metadata = draft.metadata;
  // A negative period means one second on the way out.
  const asked = options.gracePeriodSeconds !== undefined && options.gracePeriodSeconds < 0 ? 1 : options.gracePeriodSeconds;
  if (metadata.deletionTimestamp !== undefined) {
    const running = metadata.deletionGracePeriodSeconds ?? 0;
    if (running === 0) return 0;
    if (asked === undefined || asked >= running) return 'pending';
    const now = registry.clock.now();
    const shortened = (timeMs(metadata.deletionTimestamp) ?? now) - running * 1000 + asked * 1000;
    const late = shortened < now;
    const period = late && asked !== 0 ? 1 : asked;
    metadata.deletionTimestamp = formatTime(late ? now : shortened);
    metadata.deletionGracePeriodSeconds = period;
    return period;
  }
  const period = strategy.gracePeriod(draft, asked, strategyContext(registry, request));
  if (period === undefined) return 0;
  metadata.deletionTimestamp = formatTime(registry.clock.now() + period * 1000);
  metadata.deletionGracePeriodSeconds = period;
  if (metadata.generation) metadata.generation++;
  return period;
}

/** Marks an object that only its finalizers hold. */
function markDeleting(registry: RegistryDependencies, kind: Kind, draft: KubeObject): void {
  const metadata = draft.metadata;
  const now = registry.clock.now();
  const graceful = metadata.deletionGracePeriodSeconds !== undefined;
  const own = graceful ? undefined : kind.strategy.markDeleting;
  if (metadata.deletionTimestamp === undefined && metadata.generation && !own) metadata.generation++;
  if (metadata.deletionTimestamp === undefined || (timeMs(metadata.deletionTimestamp) ?? 0) > now) metadata.deletionTimestamp = formatTime(now);
  // A namespace has its phase instead of a grace period, a definition its condition.
  if (own) own(draft);
  else metadata.deletionGracePeriodSeconds = 0;
}

/** metadata.finalizers with `orphan` or `foregroundDeletion` as the options, or else the object itself, ask for. */
function finalizersFor(kind: Kind, draft: KubeObject, options: DeleteOptions): string[] {
  const present = draft.metadata.finalizers ?? [];
  if (kind.strategy.garbageCollection === 'unsupported') return present;
  const wanted = gcFinalizer(present, options, kind.strategy.garbageCollection);
  const others = present.filter((name) => name !== ORPHAN && name !== FOREGROUND_DELETION);
  if (present.length - others.length === (wanted ? 1 : 0) && (!wanted || present.includes(wanted))) return present;
  return wanted ? [...others, wanted] : others;
}

function gcFinalizer(present: readonly string[], { orphanDependents, propagationPolicy }: DeleteOptions, byDefault: Strategy['garbageCollection']): string | undefined {
  if (orphanDependents !== undefined) return orphanDependents ? ORPHAN : undefined;
  if (propagationPolicy === 'Orphan') return ORPHAN;
  if (propagationPolicy === 'Foreground') return FOREGROUND_DELETION;
  if (propagationPolicy === 'Background') return undefined;
  return present.find((name) => name === ORPHAN || name === FOREGROUND_DELETION) ?? (byDefault === 'orphan' ? ORPHAN : undefined);
}
