import type { KubeObject } from '../../api/object.js';

const KEPT = ['labels', 'annotations', 'finalizers', 'ownerReferences'] as const;

/** For status routes that take nothing of metadata (metav1.ResetObjectMetaForStatus). */
export function keepMetadata(object: KubeObject, old: KubeObject): void {
  for (const name of KEPT) {
    if (old.metadata[name] === undefined) delete object.metadata[name];
    else Object.assign(object.metadata, { [name]: old.metadata[name] });
  }
}
