import { ApiError } from '../../api/errors.js';
import type { KubeObject } from '../../api/object.js';
import type { ResourceClient } from '../../client/types.js';

/**
 * Writes a status; on a conflict once more on top of the object as the server has it now, for a status follows from what
 * was observed and not from what it was.
 */
export async function updateStatus<T extends KubeObject & { status?: unknown }>(resource: ResourceClient<T>, object: T, status: T['status']): Promise<T> {
  try {
    return await resource.updateSubresource({ ...object, status }, 'status');
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 409) throw error;
    const { name, namespace, uid } = object.metadata;
    const fresh = await resource.get(name, namespace);
    if (fresh.metadata.uid !== uid) throw error;
    return resource.updateSubresource({ ...fresh, status }, 'status');
  }
}
