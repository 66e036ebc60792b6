import { notFound } from '../api/errors.js';
import { objectKey } from '../registry/context.js';
import type { RegistryDependencies } from '../registry/dependencies.js';
import { loadView } from '../registry/view.js';
import { revision } from '../storage/types.js';
import type { ApiRequest, ApiResponse } from '../pipeline/request.js';
import { statusOf } from './effects.js';

/** Answers a get or a list as it would have been answered at an older revision; as far back as history is kept. */
export async function readAt({ store, reader, catalogue }: RegistryDependencies, request: ApiRequest, wanted: number, next: (request: ApiRequest) => Promise<ApiResponse>): Promise<ApiResponse> {
  const { info } = request;
  const kind = info.isResource && info.subresource === '' ? catalogue.resource(info.group, info.version, info.resource) : undefined;
  if (!info.isResource || !kind || kind.virtual) return next(request);
  const at = revision(Math.min(Math.max(wanted, store.floor), reader.revision));
  if (info.verb === 'list') {
    const query = new URLSearchParams(request.query);
    if (query.has('continue')) return next(request);
    query.set('resourceVersion', String(at));
    query.set('resourceVersionMatch', 'Exact');
    return next(Object.create(request, { query: { value: query } }) as ApiRequest);
  }
  // What is wrong with the request, or not allowed, is said all the same.
  const present = await next(request);
  if (present.type !== 'object' && present.type !== 'status') return present;
  if (present.type === 'status' && present.code !== 404) return present;
  const stored = await reader.getAt(objectKey({ kind, namespace: info.namespace }, info.name), at);
  if (!stored) return statusOf(notFound(info, info.name));
  const entry = await loadView(kind, stored);
  return { type: 'object', code: 200, object: entry.object, entry, kind, warnings: present.warnings };
}
