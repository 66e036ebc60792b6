import type { KubeObject } from '../api/object.js';
import { StorageError, type Change, type Operation } from '../storage/types.js';
import type { RegistryDependencies } from './dependencies.js';
import type { Kind } from './kind.js';
import { storedForm } from './remote-conversion.js';

/**
 * Commits an object. One that is too large is tried once more without its managed fields: they can be large, and nobody
 * but server-side apply (`keepManagers`) needs them.
 */
export async function commitObject(registry: RegistryDependencies, kind: Kind, object: KubeObject, keepManagers: boolean, operationsOf: (object: KubeObject, form: KubeObject) => Operation[]): Promise<readonly Change[]> {
  try {
    const form = storedForm(kind, object);
    return await registry.store.commit(operationsOf(object, form instanceof Promise ? await form : form));
  } catch (error) {
    if (keepManagers || !(error instanceof StorageError) || error.code !== 'large' || !object.metadata.managedFields) throw error;
    const { managedFields: _, ...metadata } = object.metadata;
    const smaller = { ...object, metadata };
    return registry.store.commit(operationsOf(smaller, await storedForm(kind, smaller)));
  }
}
