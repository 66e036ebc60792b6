import type { Pod } from '../../api/types/core-v1.js';
import type { Informer } from '../../client/informer.js';

/** Keys of the claims that a pod's volumes use, those made for it included. */
export function claimKeysOf({ metadata, spec }: Pod): string[] {
  return (spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim) return [`${metadata.namespace}/${persistentVolumeClaim.claimName}`];
    return ephemeral ? [`${metadata.namespace}/${metadata.name}-${name}`] : [];
  });
}

/** Declares the index `claim`: pods by the keys of their claims. */
export function indexPodsByClaim(pods: Informer<Pod>): void {
  pods.addIndex('claim', claimKeysOf);
}
