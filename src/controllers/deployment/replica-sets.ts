import type { Deployment, ReplicaSet } from '../../api/types/apps-v1.js';
import type { PodTemplateSpec } from '../../api/types/core-v1.js';
import { deepEqual } from '../../base/freeze.js';
import { revisionOf } from './annotations.js';

/** Sorting and counting of a Deployment's ReplicaSets. Pure. */

export const HASH_LABEL = 'pod-template-hash';

export function replicasOf({ spec }: ReplicaSet): number {
  return spec.replicas ?? 1;
}

export function wantedOf({ spec }: Deployment): number {
  return spec.replicas ?? 1;
}

export function sumSpecReplicas(list: readonly ReplicaSet[]): number {
  return list.reduce((sum, replicaSet) => sum + replicasOf(replicaSet), 0);
}

/** Those that have pods, or ought to. */
export function activeOf(list: readonly ReplicaSet[]): ReplicaSet[] {
  return list.filter((replicaSet) => replicasOf(replicaSet) > 0);
}

/** Oldest first. */
export function byAge(a: ReplicaSet, b: ReplicaSet): number {
  return compare(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '') || compare(a.metadata.name, b.metadata.name);
}

/** Largest first. */
export function bySize(a: ReplicaSet, b: ReplicaSet): number {
  return replicasOf(b) - replicasOf(a);
}

export function byRevision(a: ReplicaSet, b: ReplicaSet): number {
  const [revisionA, revisionB] = [revisionOf(a), revisionOf(b)];
  if (revisionA === undefined || revisionB === undefined) return byAge(a, b);
  return revisionA - revisionB || byAge(a, b);
}

/** The oldest one with the Deployment's present template. */
export function findNew(deployment: Deployment, list: readonly ReplicaSet[]): ReplicaSet | undefined {
  return list.toSorted(byAge).find(({ spec }) => sameTemplate(spec.template ?? {}, deployment.spec.template));
}

/** The one to scale when there is no rollout under way; undefined when several are active. */
export function activeOrLatest(fresh: ReplicaSet | undefined, old: readonly ReplicaSet[]): ReplicaSet | undefined {
  const active = activeOf(fresh ? [...old, fresh] : old);
  if (active.length === 0) return fresh ?? old.toSorted(byAge).at(-1);
  return active.length === 1 ? active[0] : undefined;
}

export function sameTemplate(a: PodTemplateSpec, b: PodTemplateSpec): boolean {
  return deepEqual(a.spec, b.spec) && deepEqual(comparable(a), comparable(b));
}

/** The metadata without the label that the controller adds, and without what is empty. */
function comparable({ metadata }: PodTemplateSpec): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries({ ...metadata, labels: withoutHash(metadata?.labels) })) {
    const empty = value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0);
    if (!empty) result[key] = value;
  }
  return result;
}

export function withoutHash(labels: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const { [HASH_LABEL]: _hash, ...rest } = labels ?? {};
  return rest;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
