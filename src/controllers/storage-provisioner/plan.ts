import { bindsLate, classOf, SELECTED_NODE } from '../../api/volume-binding.js';
import type { PersistentVolume, PersistentVolumeClaim } from '../../api/types/core-v1.js';
import type { StorageClass } from '../../api/types/storage-v1.js';

export const PROVISIONER = 'hostpath.kubette.io';
const PROVISIONER_ANNOTATION = 'volume.kubernetes.io/storage-provisioner';
export const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';
const HOSTNAME = 'kubernetes.io/hostname';
/** Where volumes lie on their node. */
const ROOT = '/var/lib/kubette/volumes';

/** The class that claims get which name none. */
export const STANDARD_CLASS: StorageClass = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
  provisioner: PROVISIONER,
  reclaimPolicy: 'Delete',
  volumeBindingMode: 'WaitForFirstConsumer',
};

/** Whether a claim waits for us to make its volume. Pure. */
export function isWanted(claim: PersistentVolumeClaim, storageClass: StorageClass | undefined): boolean {
  const { annotations = {}, deletionTimestamp } = claim.metadata;
  if (deletionTimestamp || claim.spec.volumeName || annotations[PROVISIONER_ANNOTATION] !== PROVISIONER || storageClass?.provisioner !== PROVISIONER) return false;
  return !bindsLate(storageClass) || annotations[SELECTED_NODE] !== undefined;
}

/** What the claim asks for that a directory cannot be; undefined when it can. */
export function whyImpossible({ spec }: PersistentVolumeClaim): string | undefined {
  if (spec.volumeMode === 'Block') return 'block volumes are not supported';
  if (spec.selector) return 'claim.Spec.Selector is not supported';
  if (spec.dataSource ?? spec.dataSourceRef) return 'data sources are not supported';
  return undefined;
}

/** A directory of the node that the scheduler chose. A class that binds at once has volumes that any node can reach. Pure. */
export function volumeFor(claim: PersistentVolumeClaim, storageClass: StorageClass): PersistentVolume {
  const { name, namespace, uid, resourceVersion, annotations } = claim.metadata;
  const volumeName = `pvc-${uid}`;
  const node = annotations?.[SELECTED_NODE];
  const hostname = { key: HOSTNAME, operator: 'In', values: [node ?? ''] };
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: volumeName, annotations: { [PROVISIONED_BY]: PROVISIONER } },
    spec: {
      capacity: { storage: claim.spec.resources?.requests?.['storage'] ?? '0' },
      accessModes: claim.spec.accessModes,
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, uid, resourceVersion },
      hostPath: { path: `${ROOT}/${volumeName}`, type: 'DirectoryOrCreate' },
      ...(storageClass.mountOptions ? { mountOptions: storageClass.mountOptions } : {}),
      ...(node === undefined ? {} : { nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [hostname] }] } } }),
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
      storageClassName: classOf(claim),
      volumeMode: 'Filesystem',
    },
  };
}

/** Whether a volume of ours has served its time. Pure. */
export function isDone({ metadata, spec, status }: PersistentVolume): boolean {
  return status?.phase === 'Released' && spec.persistentVolumeReclaimPolicy === 'Delete' && metadata.annotations?.[PROVISIONED_BY] === PROVISIONER && !metadata.deletionTimestamp;
}
