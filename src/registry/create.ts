import { alreadyExists, ApiError, faultyRequest, generateNameConflict, invalid } from '../api/errors.js';
import type { KubeObject } from '../api/object.js';
import { deepClone } from '../base/freeze.js';
import { StorageError, type Entry } from '../storage/types.js';
import { attendantOperations } from './attendants.js';
import { commitObject } from './commit-object.js';
import { admissionAttributes, groupResource, objectKey, strategyContext } from './context.js';
import type { RegistryDependencies, WriteRequest } from './dependencies.js';
import type { StrategyContext } from './kind.js';
import { finishObject, timeToLive } from './finish-object.js';
import { dedupOwnerReferences, ensureNamespace, fillSystemFields, generateName, validateCreatedMetadata, validateMetadata, wipeSystemFields } from './metadata.js';
import { versionOnCreate } from './resource-version.js';
import { apiErrorOf } from './storage-errors.js';
import { track } from './track.js';
import { asStored, settled } from './remote-conversion.js';
import { loadView } from './view.js';
import { unsavedEntry } from './unsaved-entry.js';

/** How often a generated name that is taken is drawn again (KEP-4420). */
const NAME_ATTEMPTS = 8;

/**
 * Creates an object. `object` is typed, has its defaults and belongs to the registry from here on.
 * Order as in Kubernetes: managed fields, mutating admission, prepare, allocation, validation, validating admission, commit.
 */
export async function create(registry: RegistryDependencies, request: WriteRequest, object: KubeObject): Promise<Entry> {
  const { kind } = request;
  wipeSystemFields(object.metadata);
  ensureNamespace(object, kind.facts.namespaced, request.namespace);
  dedupOwnerReferences(object, (text) => request.warn(text), false);
  await settled(kind, () => track(registry, request, kind.strategy, undefined, object));
  await registry.admission.mutate(admissionAttributes(registry, request, 'CREATE', object.metadata.name ?? '', object, undefined));
  return createAdmitted(registry, request, object);
}

/** The part of creation that server-side apply shares: admission has had its say, managed fields are there. */
export async function createAdmitted(registry: RegistryDependencies, request: WriteRequest, object: KubeObject, isApply = false): Promise<Entry> {
  dedupOwnerReferences(object, (text) => request.warn(text), true);
  request.kind.strategy.authorize?.(object, undefined, strategyContext(registry, request));
  const needsName = !object.metadata.name && Boolean(object.metadata.generateName);
  if (!needsName) return attempt(registry, request, object, isApply);
  for (let left = NAME_ATTEMPTS; ; left--) {
    const draft = deepClone(object);
    draft.metadata.name = generateName(object.metadata.generateName ?? '', registry.ids);
    try {
      return await attempt(registry, request, draft, isApply);
    } catch (error) {
      if (!(error instanceof ApiError) || error.reason !== 'AlreadyExists') throw error;
      if (left <= 1) throw generateNameConflict(groupResource(request), draft.metadata.name);
    }
  }
}

async function attempt(registry: RegistryDependencies, request: WriteRequest, draft: KubeObject, isApply: boolean): Promise<Entry> {
  const { kind } = request;
  const { strategy } = kind;
  const context = strategyContext(registry, request);
  // Rules may look at the name before it is found missing.
  draft.metadata.name ??= '';
  fillSystemFields(draft.metadata, context.now, registry.ids);
  strategy.defaults?.(draft);
  if (strategy.keepsStatus) delete (draft as KubeObject & { status?: unknown }).status;
  if (strategy.generation === 'spec') draft.metadata.generation = 1;
  strategy.prepareForCreate?.(draft, context);
  const reservation = strategy.allocate?.(draft, undefined, context);
  try {
    const entry = await commitIfRight(registry, request, draft, isApply, context);
    if (request.dryRun) reservation?.release();
    else reservation?.confirm();
    return entry;
  } catch (error) {
    reservation?.release();
    throw error;
  }
}

/** What a new object must still pass once it is complete, and its commit, unless this is a dry run. */
async function commitIfRight(registry: RegistryDependencies, request: WriteRequest, draft: KubeObject, isApply: boolean, context: StrategyContext): Promise<Entry> {
  const { kind } = request;
  const { strategy } = kind;
  const errors = [...validateMetadata(draft, kind.facts.namespaced, strategy), ...(strategy.validate?.(draft, context) ?? [])];
  if (errors.length === 0) errors.push(...validateCreatedMetadata(draft, kind.facts.namespaced, strategy));
  if (errors.length > 0) throw invalid(kind.storage.gvk, draft.metadata.name, errors);
  for (const text of strategy.warnings?.(draft, undefined, context) ?? []) request.warn(text);
  await registry.admission.validate(admissionAttributes(registry, request, 'CREATE', draft.metadata.name, draft, undefined));

  const key = objectKey(request, draft.metadata.name);
  if (!request.dryRun && versionOnCreate(draft.metadata.resourceVersion) !== 0) {
    throw faultyRequest('resourceVersion should not be set on objects to be created');
  }
  const taken = registry.store.head(key);
  if (taken) throw existsError(request, draft.metadata.name, taken);
  if (request.dryRun) return unsavedEntry(key, await asStored(kind, finishObject(kind, draft)));
  // Holds the place of resourceVersion in the order of fields; the store fills it in.
  draft.metadata.resourceVersion = '0';
  try {
    const [change] = await commitObject(registry, kind, finishObject(kind, draft), isApply, (object, form) => [
      { key, expected: 0, object: form, ...timeToLive(kind) },
      ...attendantOperations(registry, kind, object, undefined),
    ]);
    return await loadView(kind, (change as { entry: Entry }).entry);
  } catch (error) {
    if (error instanceof StorageError && error.code === 'exists') throw existsError(request, draft.metadata.name, registry.store.head(key));
    throw apiErrorOf(error, groupResource(request), draft.metadata.name);
  }
}

function existsError(request: WriteRequest, name: string, taken: Entry | undefined): ApiError {
  const error = alreadyExists(groupResource(request), name);
  if (!taken?.object.metadata.deletionTimestamp) return error;
  return new ApiError(error.code, error.reason, `object is being deleted: ${error.message}`, error.details);
}
