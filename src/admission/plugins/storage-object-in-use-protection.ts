import { isResource } from '../refuse.js';
import type { AdmissionPlugin } from '../types.js';

const FINALIZERS: ReadonlyArray<readonly [string, string, string]> = [
  ['', 'persistentvolumes', 'kubernetes.io/pv-protection'],
  ['', 'persistentvolumeclaims', 'kubernetes.io/pvc-protection'],
  ['storage.k8s.io', 'volumeattributesclasses', 'kubernetes.io/vac-protection'],
];

/** Storage that is in use is not deleted under those who use it: controllers take these finalizers away. */
export const storageObjectInUseProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  mutate(attributes) {
    const rule = FINALIZERS.find(([group, resource]) => isResource(attributes, group, resource));
    if (!rule || attributes.operation !== 'CREATE' || !attributes.object) return;
    const { metadata } = attributes.object;
    const present = metadata.finalizers ?? [];
    if (!present.includes(rule[2])) metadata.finalizers = [...present, rule[2]];
  },
};
