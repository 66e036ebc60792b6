import { ApiError } from '../../api/errors.js';
import { resourceVersionProblem } from '../../registry/resource-version.js';
import { Selection } from '../../registry/selection.js';
import { watch as watchObjects } from '../../registry/watch.js';
import { escapeFieldValue } from '../../api/field-selector.js';
import { listOptions } from '../options.js';
import type { WatchResponse } from '../request.js';
import type { Scope } from '../scope.js';

/** kube-apiserver's --min-request-timeout: watches without a timeout end after one to two times this. */
const MIN_TIMEOUT_SECONDS = 1800;

export function watch(scope: Scope): WatchResponse {
  const { registry, info, kind, request } = scope;
  const options = listOptions(request.query, true);
  // A watch of one name by its path (/api/v1/watch/…/NAME) is a field selector in disguise.
  const fieldSelector = options.fieldSelector ?? (info.name ? `metadata.name=${escapeFieldValue(info.name)}` : null);
  const selection = Selection.parse(kind, options.labelSelector, fieldSelector);
  const problem = options.resourceVersion === '' ? undefined : resourceVersionProblem(options.resourceVersion);
  // The real server does not turn this one into a 400.
  if (problem) throw new ApiError(500, '', problem);
  const timeoutSeconds = options.timeoutSeconds || MIN_TIMEOUT_SECONDS + registry.ids.integer(MIN_TIMEOUT_SECONDS);
  const events = watchObjects(
    registry,
    kind,
    info.namespace,
    {
      selection,
      resourceVersion: options.resourceVersion,
      sendInitialEvents: options.sendInitialEvents === true,
      bookmarks: options.allowWatchBookmarks,
      timeoutMs: timeoutSeconds * 1000,
    },
    request.signal,
  );
  return { type: 'watch', kind, events };
}
