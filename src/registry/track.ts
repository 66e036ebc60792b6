import { excludeFields, type FieldFilter } from '../apply/field-filter.js';
import { trackUpdate } from '../apply/track-update.js';
import type { KubeObject } from '../api/object.js';
import { formatTime } from '../api/time.js';
import type { RegistryDependencies, WriteRequest } from './dependencies.js';
import type { Strategy } from './kind.js';
import { otherVersions } from './other-versions.js';
import { schemaOf } from './schema-of.js';

/** Notes in `updated`'s managedFields who changed what (KEP-555). */
export function track(registry: RegistryDependencies, request: WriteRequest, strategy: Strategy, live: KubeObject | undefined, updated: KubeObject): void {
  const { kind } = request;
  const entries = trackUpdate({
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
