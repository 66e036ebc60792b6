import type { CustomResourceDefinition } from '../../api/types/apiextensions-v1.js';
import type { APIService, APIServiceSpec } from '../../api/types/apiregistration-v1.js';
import { deepEqual } from '../../base/freeze.js';

/** Says whether the server keeps an APIService: 'true' always, 'onstart' when it starts. Without it nobody does. */
export const AUTOMANAGED_LABEL = 'kube-aggregator.kubernetes.io/automanaged';
/** Custom groups come after the built-in ones, and their versions are ordered by their names. */
const GROUP_PRIORITY = 1000;
const VERSION_PRIORITY = 100;

export type Action = { readonly type: 'none' | 'delete' } | { readonly type: 'create' | 'update'; readonly object: APIService };

/** Names of the APIServices of a definition's versions; of those only that are served, or of all. */
export function apiServiceNames({ spec }: CustomResourceDefinition, servedOnly: boolean): string[] {
  return spec.versions.filter(({ served }) => served || !servedOnly).map(({ name }) => `${name}.${spec.group}`);
}

/**
 * What becomes of an APIService (kube-aggregator's autoregister controller).
 * @param name VERSION.GROUP
 * @param isServed whether a definition serves the version
 */
export function planApiService(name: string, isServed: boolean, present: APIService | undefined): Action {
  if (!present) return isServed ? { type: 'create', object: { apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata: { name, labels: { [AUTOMANAGED_LABEL]: 'true' } }, spec: specOf(name) } } : { type: 'none' };
  if (present.metadata.labels?.[AUTOMANAGED_LABEL] !== 'true') return { type: 'none' };
  if (!isServed) return { type: 'delete' };
  const spec = specOf(name);
  return deepEqual(present.spec, spec) ? { type: 'none' } : { type: 'update', object: { ...present, spec } };
}

function specOf(name: string): APIServiceSpec {
  const dot = name.indexOf('.');
  return { group: name.slice(dot + 1), version: name.slice(0, dot), groupPriorityMinimum: GROUP_PRIORITY, versionPriority: VERSION_PRIORITY };
}
