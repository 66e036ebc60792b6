import { notFound } from '../../api/errors.js';
import { objectKey } from '../../registry/context.js';
import { ensureNotFuture, parseResourceVersion } from '../../registry/resource-version.js';
import { viewEntry } from '../../registry/view.js';
import type { Projection } from '../../registry/subresource.js';
import type { ObjectResponse } from '../request.js';
import type { Scope } from '../scope.js';

/** GET of one object, or of a view of it (status, scale). Always the newest state, which is new enough for any resourceVersion. */
export function get(scope: Scope, projection: Projection | undefined): ObjectResponse {
  const { registry, info, kind, request } = scope;
  const resourceVersion = parseResourceVersion(request.query.get('resourceVersion') ?? '');
  if (resourceVersion !== undefined) ensureNotFuture(registry, resourceVersion);
  const stored = registry.reader.get(objectKey({ kind, namespace: info.namespace }, info.name));
  if (!stored) throw notFound({ group: info.group, resource: info.resource }, info.name);
  const entry = viewEntry(kind, stored);
  if (projection) return { type: 'object', code: 200, object: projection.read(entry.object), kind: undefined, printer: projection.printer };
  return { type: 'object', code: 200, object: entry.object, entry, kind };
}
