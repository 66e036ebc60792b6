import type { PersistentVolumeClaim, Pod } from '../../api/types/core-v1.js';
import type { Controller, ControllerContext } from '../../client/controller.js';
import { keyOf, splitKey } from '../../client/informer.js';
import { planFinalizer } from '../shared/finalizers.js';
import { claimKeysOf, indexPodsByClaim } from '../shared/pods-by-claim.js';

const FINALIZER = 'kubernetes.io/pvc-protection';
const CLAIMS = { group: '', version: 'v1', resource: 'persistentvolumeclaims' };
const PODS = { group: '', version: 'v1', resource: 'pods' };

/** Keeps claims that pods still use (https://kubernetes.io/docs/concepts/storage/persistent-volumes/#storage-object-in-use-protection). */
export function pvcProtection(): Controller {
  let context: ControllerContext;
  return {
    name: 'persistentvolumeclaim-protection-controller',
    setUp(given) {
      context = given;
      const pods = context.informers.for<Pod>(PODS);
      indexPodsByClaim(pods);
      const onClaim = (claim: PersistentVolumeClaim): void => {
        if (planFinalizer(claim, FINALIZER, false)) context.enqueue(keyOf(claim));
      };
      context.informers.for<PersistentVolumeClaim>(CLAIMS).addHandler({ onAdd: onClaim, onUpdate: onClaim });
      pods.addHandler({
        onUpdate: (pod) => (isShutDown(pod) ? claimKeysOf(pod).forEach((key) => context.enqueue(key)) : undefined),
        onDelete: (pod) => claimKeysOf(pod).forEach((key) => context.enqueue(key)),
      });
    },
    async reconcile(key) {
      const { name, namespace } = splitKey(key);
      const claim = context.informers.for<PersistentVolumeClaim>(CLAIMS).get(name, namespace);
      if (!claim || !planFinalizer(claim, FINALIZER, false)) return;
      const uses = (pod: Pod): boolean => usesClaim(pod, claim);
      let used = context.informers.for<Pod>(PODS).byIndex('claim', key).some(uses);
      // The cache may not have seen a pod that was placed just now: the server has the last word.
      if (!used && claim.metadata.deletionTimestamp) used = (await context.client.resource<Pod>(PODS).list({ namespace })).items.some(uses);
      const finalizers = planFinalizer(claim, FINALIZER, used);
      if (finalizers) await context.client.resource<PersistentVolumeClaim>(CLAIMS).update({ ...claim, metadata: { ...claim.metadata, finalizers } });
    },
  };
}

/** A pod without a node does not use anything: kubelets refuse claims that are being deleted. */
export function usesClaim(pod: Pod, { metadata }: PersistentVolumeClaim): boolean {
  if (!pod.spec.nodeName) return false;
  return (pod.spec.volumes ?? []).some(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim) return persistentVolumeClaim.claimName === metadata.name;
    return ephemeral !== undefined && !isShutDown(pod) && `${pod.metadata.name}-${name}` === metadata.name && metadata.ownerReferences?.some(({ uid, controller }) => controller && uid === pod.metadata.uid);
  });
}

/** The kubelet is done with the pod; only its finalizers keep it. */
function isShutDown({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds === 0;
}
