import type { Deployment, ReplicaSet } from '../../api/types/apps-v1.js';
import { scaledValue } from '../shared/int-or-percent.js';
import { nonNegativeAnnotation, MAX_REPLICAS } from './annotations.js';
import { activeOf, byAge, bySize, replicasOf, sumSpecReplicas, wantedOf } from './replica-sets.js';

/** How many pods each ReplicaSet should have (k8s.io/kubernetes/pkg/controller/deployment). Pure. */

export interface Scaling {
  readonly replicaSet: ReplicaSet;
  readonly replicas: number;
}

export function isRollingUpdate({ spec }: Deployment): boolean {
  return spec.strategy?.type === 'RollingUpdate';
}

/** Both cannot be zero: nothing would ever move. */
function fenceposts(deployment: Deployment): { surge: number; unavailable: number } {
  const rolling = deployment.spec.strategy?.rollingUpdate;
  const wanted = wantedOf(deployment);
  const surge = scaledValue(rolling?.maxSurge, wanted, 'up');
  const unavailable = scaledValue(rolling?.maxUnavailable, wanted, 'down');
  return surge === 0 && unavailable === 0 ? { surge, unavailable: 1 } : { surge, unavailable };
}

export function maxSurge(deployment: Deployment): number {
  return isRollingUpdate(deployment) ? fenceposts(deployment).surge : 0;
}

export function maxUnavailable(deployment: Deployment): number {
  if (!isRollingUpdate(deployment) || wantedOf(deployment) === 0) return 0;
  return Math.min(fenceposts(deployment).unavailable, wantedOf(deployment));
}

/** Pods of the new ReplicaSet, as many as the surge allows next to the old ones. */
export function newReplicas(deployment: Deployment, all: readonly ReplicaSet[], current: number): number {
  const wanted = wantedOf(deployment);
  if (!isRollingUpdate(deployment)) return wanted;
  const most = wanted + scaledValue(deployment.spec.strategy?.rollingUpdate?.maxSurge, wanted, 'up');
  const present = sumSpecReplicas(all);
  if (present >= most) return current;
  return current + Math.min(most - present, wanted - current);
}

/** The step of the new ReplicaSet in a rolling update; undefined when it stands right. */
export function planNew(deployment: Deployment, all: readonly ReplicaSet[], fresh: ReplicaSet): Scaling | undefined {
  const current = replicasOf(fresh);
  const wanted = wantedOf(deployment);
  if (current === wanted) return undefined;
  const replicas = current > wanted ? wanted : newReplicas(deployment, all, current);
  return replicas === current ? undefined : { replicaSet: fresh, replicas };
}

/**
 * The steps of the old ReplicaSets in a rolling update: first the pods that are not available anyway, then as many as
 * the availability asked for can do without.
 */
export function planOld(deployment: Deployment, old: readonly ReplicaSet[], fresh: ReplicaSet): Scaling[] {
  const active = activeOf(old);
  if (active.length === 0) return [];
  const least = wantedOf(deployment) - maxUnavailable(deployment);
  const unavailable = replicasOf(fresh) - (fresh.status?.availableReplicas ?? 0);
  let removable = sumSpecReplicas([...old, fresh]) - least - unavailable;
  if (removable <= 0) return [];
  const sizes = new Map(active.map((replicaSet) => [replicaSet, replicasOf(replicaSet)]));
  const sorted = active.toSorted(byAge);
  for (const replicaSet of sorted) {
    if (removable <= 0) break;
    const size = replicasOf(replicaSet);
    const sick = size - (replicaSet.status?.availableReplicas ?? 0);
    if (sick === 0) continue;
    const count = Math.min(removable, sick);
    sizes.set(replicaSet, size - count);
    removable -= count;
  }
  const available = [...active, fresh].reduce((sum, { status }) => sum + (status?.availableReplicas ?? 0), 0);
  let dispensable = available - least;
  for (const replicaSet of sorted) {
    if (dispensable <= 0) break;
    const size = sizes.get(replicaSet) as number;
    const count = Math.min(size, dispensable);
    sizes.set(replicaSet, size - count);
    dispensable -= count;
  }
  return sorted.map((replicaSet) => ({ replicaSet, replicas: sizes.get(replicaSet) as number })).filter(({ replicaSet, replicas }) => replicas !== replicasOf(replicaSet));
}

/** Spreads a change of size over several active ReplicaSets by their share, the remainder to the largest. */
export function planProportional(deployment: Deployment, old: readonly ReplicaSet[], fresh: ReplicaSet | undefined): Scaling[] {
  const active = activeOf(fresh ? [...old, fresh] : old);
  const wanted = wantedOf(deployment);
  const allowed = wanted > 0 ? wanted + maxSurge(deployment) : 0;
  const toAdd = allowed - sumSpecReplicas(active);
  // Equal sizes: what is newer grows first and what is older shrinks first.
  const sorted = toAdd > 0 ? active.toSorted((a, b) => bySize(a, b) || byAge(b, a)) : toAdd < 0 ? active.toSorted((a, b) => bySize(a, b) || byAge(a, b)) : active;
  let added = 0;
  const plan = sorted.map((replicaSet) => {
    const share = proportion(deployment, replicaSet, toAdd, added);
    added += share;
    return { replicaSet, replicas: replicasOf(replicaSet) + share };
  });
  const first = plan[0];
  if (first && toAdd !== 0) first.replicas = Math.max(0, first.replicas + toAdd - added);
  return plan;
}

function proportion(deployment: Deployment, replicaSet: ReplicaSet, toAdd: number, added: number): number {
  const size = replicasOf(replicaSet);
  if (size === 0 || toAdd === 0 || toAdd === added) return 0;
  const fraction = fractionOf(deployment, replicaSet);
  return toAdd > 0 ? Math.min(fraction, toAdd - added) : Math.max(fraction, toAdd - added);
}

function fractionOf(deployment: Deployment, replicaSet: ReplicaSet): number {
  const size = replicasOf(replicaSet);
  if (wantedOf(deployment) === 0) return -size;
  // How large the whole was when this ReplicaSet got its size.
  const before = nonNegativeAnnotation(replicaSet, MAX_REPLICAS) || (deployment.status?.replicas ?? 0);
  if (before === 0) return 0;
  return Math.round((size * (wantedOf(deployment) + maxSurge(deployment))) / before) - size;
}
