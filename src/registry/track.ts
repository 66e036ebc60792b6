import { excludeFields, type FieldFilter } from '../apply/field-filter.js';
import { trackUpdate } from '../apply/track-update.js';
import { ApiError } from '../api/errors.js';
import type { KubeObject } from '../api/object.js';
import { formatTime } from '../api/time.js';
import type { RegistryDependencies, WriteRequest } from './dependencies.js';
import type { Kind, Strategy } from './kind.js';
import { otherVersions } from './other-versions.js';
import { schemaOf } from './schema-of.js';

/** Notes in `updated`'s managedFields who changed what (KEP-555). */
export function track(registry: RegistryDependencies, request: WriteRequest, strategy: Strategy, live: KubeObject | undefined, updated: KubeObject): void {
  const { kind } = request;
  const entries = entriesOf(kind, {
    live,
    updated,
    schema: schemaOf(kind),
    manager: request.fieldManager,
    apiVersion: updated.apiVersion,
    subresource: request.subresource,
    now: formatTime(registry.clock.now()),
    resetFields: fieldFilterOf(strategy),
    otherVersion: otherVersions(registry.catalogue, kind),
  });
  if (entries.length > 0) updated.metadata.managedFields = entries;
  else delete updated.metadata.managedFields;
}

/** None where managers of other versions cannot be compared, as their webhook fails: Kubernetes rather forgets them than refuse the write. */
function entriesOf(kind: Kind, context: Parameters<typeof trackUpdate>[0]): ReturnType<typeof trackUpdate> {
  try {
    return trackUpdate(context);
  } catch (error) {
    if (kind.storage.remote && error instanceof ApiError) return [];
    throw error;
  }
}

const filters = new WeakMap<Strategy, FieldFilter>();

/** What a route may own, made once for each strategy. */
export function fieldFilterOf(strategy: Strategy): FieldFilter | undefined {
  const { resetFields } = strategy;
  if (!resetFields) return undefined;
  if ('filter' in resetFields && typeof resetFields.filter === 'function' && !Array.isArray(resetFields)) return resetFields as FieldFilter;
  let filter = filters.get(strategy);
  if (!filter) filters.set(strategy, (filter = excludeFields(...(resetFields as ReadonlyArray<readonly string[]>))));
  return filter;
}
