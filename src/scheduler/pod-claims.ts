import type { PersistentVolumeClaim, Pod } from '../api/types/core-v1.js';
import type { Lister } from '../client/informer.js';

export interface PodClaim {
  readonly name: string;
  /** Made for this pod alone, by the ephemeral volume controller. */
  readonly ephemeral: boolean;
  readonly claim: PersistentVolumeClaim | undefined;
}

/** The claims that a pod's volumes name, in order. */
export function podClaims(pod: Pod, claims: Lister<PersistentVolumeClaim>): PodClaim[] {
  const { name: podName, namespace } = pod.metadata;
  return (pod.spec.volumes ?? []).flatMap(({ name: volume, persistentVolumeClaim, ephemeral }) => {
    if (!persistentVolumeClaim && !ephemeral) return [];
    const name = persistentVolumeClaim?.claimName ?? `${podName}-${volume}`;
    return [{ name, ephemeral: !persistentVolumeClaim, claim: claims.get(name, namespace) }];
  });
}
