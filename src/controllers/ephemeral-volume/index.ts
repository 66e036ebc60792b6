import type { PersistentVolumeClaim, Pod, Volume } from '../../api/types/core-v1.js';
import type { Controller, ControllerContext } from '../../client/controller.js';
import { type Informer, keyOf, splitKey } from '../../client/informer.js';
import { indexPodsByClaim } from '../shared/pods-by-claim.js';

const CLAIMS = { group: '', version: 'v1', resource: 'persistentvolumeclaims' };

/** Makes the claims of pods' generic ephemeral volumes (KEP-1698). */
export function ephemeralVolumeController(): Controller {
  let context: ControllerContext;
  let pods: Informer<Pod>;
  let claims: Informer<PersistentVolumeClaim>;

  async function makeClaim(pod: Pod, { name: volume, ephemeral }: Volume): Promise<void> {
    const template = ephemeral?.volumeClaimTemplate;
    if (!template) return;
    const { namespace, name: podName, uid = '' } = pod.metadata;
    const name = `${podName}-${volume}`;
    const present = claims.get(name, namespace);
    if (present?.metadata.ownerReferences?.some((owner) => owner.controller && owner.uid === uid)) return;
    if (present) throw new Error(`PVC ${namespace}/${name} was not created for pod ${namespace}/${podName} (pod is not owner)`);
    const { labels, annotations } = template.metadata ?? {};
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Pod', name: podName, uid, controller: true, blockOwnerDeletion: true }];
    await context.client.resource<PersistentVolumeClaim>(CLAIMS).create({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name, namespace, ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}), ownerReferences },
      spec: template.spec,
    });
  }

  return {
    name: 'ephemeral-volume-controller',
    eventSource: 'ephemeral_volume',
    setUp(given) {
      context = given;
      pods = context.informers.for<Pod>({ group: '', version: 'v1', resource: 'pods' });
      claims = context.informers.for<PersistentVolumeClaim>(CLAIMS);
      indexPodsByClaim(pods);
      const onPod = (pod: Pod): void => {
        if (!pod.metadata.deletionTimestamp && pod.spec.volumes?.some(({ ephemeral }) => ephemeral)) context.enqueue(keyOf(pod));
      };
      pods.addHandler({ onAdd: onPod });
      claims.addHandler({ onDelete: (claim) => pods.byIndex('claim', keyOf(claim)).forEach(onPod) });
    },
    async reconcile(key) {
      const { name, namespace } = splitKey(key);
      const pod = pods.get(name, namespace);
      if (!pod || pod.metadata.deletionTimestamp) return;
      for (const volume of pod.spec.volumes ?? []) {
        try {
          await makeClaim(pod, volume);
        } catch (error) {
          context.events.record(pod, 'Warning', 'FailedBinding', `ephemeral volume ${volume.name}: ${(error as Error).message}`);
          throw error;
        }
      }
    },
  };
}
