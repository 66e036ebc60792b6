import type { GroupResource } from '../api/gvk.js';
import type { KubeObject } from '../api/object.js';
import { addAmounts, type ResourceAmounts } from '../api/pod-resources.js';
import type { ResourceQuota } from '../api/types/core-v1.js';
import { objectCount, resourceOfCount } from './object-count.js';
import { persistentVolumeClaimEvaluator } from './persistent-volume-claims.js';
import { podEvaluator } from './pods.js';
import { resourceClaimEvaluator } from './resource-claims.js';
import { scopesOf } from './scope.js';
import { serviceEvaluator } from './services.js';
import type { QuotaEvaluator } from './types.js';

export type { QuotaEvaluator, QuotaWrite, ScopeRequirement } from './types.js';

const LEGACY = ['configmaps', 'resourcequotas', 'replicationcontrollers', 'secrets'].map((resource) => objectCount({ group: '', resource }));
const OWN = [podEvaluator, serviceEvaluator, persistentVolumeClaimEvaluator, resourceClaimEvaluator, ...LEGACY] as unknown as readonly QuotaEvaluator[];

/** What is never stored, and events. */
const FREE = new Set([
  '/bindings',
  '/componentstatuses',
  '/events',
  'authentication.k8s.io/selfsubjectreviews',
  'authentication.k8s.io/tokenreviews',
  'authorization.k8s.io/localsubjectaccessreviews',
  'authorization.k8s.io/selfsubjectaccessreviews',
  'authorization.k8s.io/selfsubjectrulesreviews',
  'authorization.k8s.io/subjectaccessreviews',
  'events.k8s.io/events',
]);

const same = (a: GroupResource, b: GroupResource): boolean => a.group === b.group && a.resource === b.resource;

/** How objects of a namespaced resource count; undefined where they do not. */
export function quotaEvaluator(resource: GroupResource): QuotaEvaluator | undefined {
  if (FREE.has(`${resource.group}/${resource.resource}`)) return undefined;
  return OWN.find((one) => same(one.resource, resource)) ?? objectCount(resource);
}

/** Whether an object counts towards a quota: by a name that its controller has seen, and in all of its scopes. */
export function matchesQuota({ spec, status }: ResourceQuota, evaluator: QuotaEvaluator, object: KubeObject): boolean {
  return Object.keys(status?.hard ?? {}).some((name) => evaluator.covers(name)) && inScopes(spec, evaluator, object);
}

function inScopes(spec: ResourceQuota['spec'], evaluator: QuotaEvaluator, object: KubeObject): boolean {
  return scopesOf(spec).every((requirement) => evaluator.inScope?.(object, requirement) ?? false);
}

/**
 * `status.used` of a quota, counted from what is there. `list` gives a resource's objects in the quota's namespace, or
 * undefined when there is no such resource: what nothing can count has no usage.
 */
export function quotaUsage({ spec }: ResourceQuota, list: (resource: GroupResource) => readonly KubeObject[] | undefined, now: number): ResourceAmounts {
  const names = Object.keys(spec.hard ?? {});
  const counted = names.map(resourceOfCount).filter((resource) => resource !== undefined);
  const others = counted.map(quotaEvaluator).filter((evaluator) => evaluator !== undefined && !OWN.includes(evaluator)) as QuotaEvaluator[];
  const used: ResourceAmounts = {};
  for (const evaluator of [...OWN, ...others]) {
    const covered = names.filter((name) => evaluator.covers(name));
    const objects = covered.length > 0 ? list(evaluator.resource) : undefined;
    if (!objects) continue;
    const sum: ResourceAmounts = Object.fromEntries(covered.map((name) => [name, '0']));
    for (const object of objects) {
      if (!inScopes(spec, evaluator, object)) continue;
      const usage = evaluator.usage(object, now);
      addAmounts(sum, Object.fromEntries(covered.filter((name) => Object.hasOwn(usage, name)).map((name) => [name, usage[name] as string])));
    }
    addAmounts(used, sum);
  }
  return used;
}
