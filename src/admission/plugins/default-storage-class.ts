import type { PersistentVolumeClaim } from '../../api/types/core-v1.js';
import { defaultClass } from '../default-class.js';
import { isResource } from '../refuse.js';
import type { AdmissionPlugin } from '../types.js';

const DEFAULTS = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'];
const OLD_CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

/** A claim that names no class gets the default one; an empty name means none. */
export const defaultStorageClass: AdmissionPlugin = {
  name: 'DefaultStorageClass',
  mutate(attributes) {
    if (!isResource(attributes, '', 'persistentvolumeclaims') || attributes.operation !== 'CREATE') return;
    const claim = attributes.object as PersistentVolumeClaim;
    if (claim.metadata.annotations?.[OLD_CLASS_ANNOTATION] !== undefined || claim.spec?.storageClassName !== undefined) return;
    const name = defaultClass(attributes.reader, 'storage.k8s.io/storageclasses/', DEFAULTS);
    if (name !== undefined) claim.spec = { ...claim.spec, storageClassName: name };
  },
};
