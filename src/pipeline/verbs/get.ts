import { badRequest, notFound } from '../../api/errors.js';
import { objectKey } from '../../registry/context.js';
import { parsePlainResourceVersion, untilReached } from '../../registry/resource-version.js';
import { loadView, viewEntry } from '../../registry/view.js';
import type { Projection } from '../../registry/subresource.js';
import type { ObjectResponse } from '../request.js';
import { parseBool } from '../options.js';
import type { Scope } from '../scope.js';

/** GET of one object, or of a view of it (status, scale). Always the newest state; waits where that is not new enough. */
export async function get(scope: Scope, projection: Projection | undefined): Promise<ObjectResponse> {
  const { registry, info, kind, request } = scope;
  if (parseBool(request.query, 'export')) throw badRequest('the export parameter, deprecated since v1.14, is no longer supported');
  const wanted = parsePlainResourceVersion(request.query.get('resourceVersion') ?? '', 'get');
  if (wanted > registry.reader.revision) await untilReached(registry, wanted, request.signal);
  const stored = registry.reader.get(objectKey({ kind, namespace: info.namespace }, info.name));
  if (!stored) throw notFound({ group: info.group, resource: info.resource }, info.name);
  const entry = kind.storage.remote ? await loadView(kind, stored) : viewEntry(kind, stored);
  if (projection) return { type: 'object', code: 200, object: projection.read(entry.object), kind: undefined, printer: projection.printer };
  return { type: 'object', code: 200, object: entry.object, entry, kind };
}
