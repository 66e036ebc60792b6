import { ApiError } from '../api/errors.js';
import type { Entry } from '../storage/types.js';
import type { RegistryDependencies, WriteRequest } from './dependencies.js';
import { remove, warnOfDeletion } from './delete.js';
import type { DeleteOptions } from './subresource.js';

/** How many deletions are on their way at once: enough for few group commits, each of which costs a sync of the disk. */
const WORKERS = 1000;

/**
 * Deletes every entry of a list. Not atomic, as in Kubernetes: objects that have gone meanwhile are passed over,
 * the first other error ends it. Resolves with the entries as listed.
 */
export async function removeCollection(registry: RegistryDependencies, request: WriteRequest, entries: readonly Entry[], options: DeleteOptions): Promise<readonly Entry[]> {
  warnOfDeletion(request, options);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let entry = entries[next++]; entry; entry = entries[next++]) {
      const { name, namespace } = entry.object.metadata;
      try {
        await remove(registry, { ...request, namespace: namespace ?? '' }, name, options);
      } catch (error) {
        if (!(error instanceof ApiError) || error.reason !== 'NotFound') {
          next = entries.length;
          throw error;
        }
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(WORKERS, entries.length) }, worker));
  return entries;
}
