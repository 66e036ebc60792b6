import { badRequest } from '../../api/errors.js';
import { FieldMatcher } from '../../api/field-selector.js';
import { parsePlainResourceVersion } from '../../registry/resource-version.js';
import { Selection } from '../../registry/selection.js';
import { watch as watchObjects } from '../../registry/watch.js';
import { listOptions } from '../options.js';
import type { WatchResponse } from '../request.js';
import type { Scope } from '../scope.js';

/** kube-apiserver's --min-request-timeout: watches without a timeout end after one to two times this. */
const MIN_TIMEOUT_SECONDS = 1800;

export async function watch(scope: Scope): Promise<WatchResponse> {
  const { registry, info, kind, request } = scope;
  const options = listOptions(request.query);
  const selection = Selection.of(kind, options.labels, withName(options.fields, info.name));
  const resourceVersion = parsePlainResourceVersion(options.resourceVersion, 'watch');
  const timeoutSeconds = options.timeoutSeconds || MIN_TIMEOUT_SECONDS + registry.ids.integer(MIN_TIMEOUT_SECONDS);
  const events = await watchObjects(
    registry,
    kind,
    info.namespace,
    {
      selection,
      resourceVersion,
      sendInitialEvents: options.sendInitialEvents,
      bookmarks: options.allowWatchBookmarks,
      timeoutMs: timeoutSeconds * 1000,
    },
    kind.custom ? AbortSignal.any([request.signal, kind.custom.retired.signal]) : request.signal,
  );
  return { type: 'watch', kind, events };
}

/** A watch of one name by its path (/api/v1/watch/…/NAME) is a field selector in disguise. Throws 400 for both with different names. */
function withName(fields: FieldMatcher, name: string): FieldMatcher {
  if (name === '') return fields;
  if (fields.empty) return new FieldMatcher([{ field: 'metadata.name', operator: '=', value: name }]);
  if (fields.valueOf('metadata.name') !== name) throw badRequest("fieldSelector metadata.name doesn't match requested name");
  return fields;
}
