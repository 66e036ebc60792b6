import type { PersistentVolumeClaim } from '../../api/types/core-v1.js';
import type { StorageClass } from '../../api/types/storage-v1.js';
import { Quantity } from '../../api/quantity.js';
import { isResource, refuse } from '../refuse.js';
import type { AdmissionPlugin } from '../types.js';

/** Only bound claims of a class that allows it can ask for more storage. */
export const persistentVolumeClaimResize: AdmissionPlugin = {
  name: 'PersistentVolumeClaimResize',
  validate(attributes) {
    if (!isResource(attributes, '', 'persistentvolumeclaims') || attributes.operation !== 'UPDATE') return;
    const claim = attributes.object as PersistentVolumeClaim;
    const old = attributes.oldObject as PersistentVolumeClaim;
    if (sizeOf(claim).compare(sizeOf(old)) <= 0) return;
    if (old.status?.phase !== 'Bound') throw refuse(attributes, 'Only bound persistent volume claims can be expanded');
    const name = classOf(claim);
    const found = name && name === classOf(old) ? (attributes.reader.get(`storage.k8s.io/storageclasses/${name}`)?.object as StorageClass | undefined) : undefined;
    if (!found?.allowVolumeExpansion) {
      throw refuse(attributes, 'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize');
    }
  },
};

const sizeOf = ({ spec }: PersistentVolumeClaim): Quantity => Quantity.tryParse(spec?.resources?.requests?.['storage']) ?? Quantity.zero;
const classOf = ({ metadata, spec }: PersistentVolumeClaim): string => metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec?.storageClassName ?? '';
