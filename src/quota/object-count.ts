import type { GroupResource } from '../api/gvk.js';
import type { QuotaEvaluator } from './types.js';

/** Names from before `count/RESOURCE.GROUP` was there. */
const LEGACY_NAMES = new Set(['configmaps', 'resourcequotas', 'replicationcontrollers', 'secrets']);

/** The name under which quotas limit the number of objects: `count/deployments.apps`. */
export function countName({ group, resource }: GroupResource): string {
  return group === '' ? `count/${resource}` : `count/${resource}.${group}`;
}

/** Reads `count/deployments.apps`; undefined for any other name. */
export function resourceOfCount(name: string): GroupResource | undefined {
  const match = /^count\/([^.]+)(?:\.(.+))?$/.exec(name);
  return match ? { resource: match[1] as string, group: match[2] ?? '' } : undefined;
}

/** Every object counts as one. */
export function objectCount(resource: GroupResource): QuotaEvaluator {
  const names = new Set([countName(resource)]);
  if (resource.group === '' && LEGACY_NAMES.has(resource.resource)) names.add(resource.resource);
  return {
    resource,
    covers: (name) => names.has(name),
    concerns: ({ operation, subresource }) => operation === 'CREATE' && subresource === '',
    usage: () => Object.fromEntries([...names].map((name) => [name, '1'])),
  };
}
