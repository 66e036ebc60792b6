import { alreadyExists, ApiError, conflict, faultyRequest, internalError, notFound } from '../api/errors.js';
import type { GroupResource } from '../api/gvk.js';
import { StorageError } from '../storage/types.js';

/** The one place where errors of the store become errors of the API. Anything else is passed on as it is. */
export function apiErrorOf(error: unknown, resource: GroupResource, name: string): unknown {
  if (!(error instanceof StorageError)) return error;
  switch (error.code) {
    case 'exists':
      return alreadyExists(resource, name);
    case 'missing':
      return notFound(resource, name);
    case 'conflict':
      return conflict(resource, name);
    case 'compacted':
      return new ApiError(410, 'Expired', 'The resourceVersion for the provided list is too old.');
    case 'closed':
      return new ApiError(503, 'ServiceUnavailable', 'the server is shutting down');
    case 'large':
      // In the words of the store that Kubernetes has.
      return faultyRequest('etcdserver: request is too large');
    case 'io':
      return internalError(`the store could not write: ${error.message}`);
    case 'future':
    case 'locked':
    case 'corrupt':
      return internalError(error.message);
  }
}
