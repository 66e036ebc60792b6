import type { KubeObject, OwnerReference } from '../../api/object.js';
import type { Pod } from '../../api/types/core-v1.js';
import type { Informer, InformerHandler } from '../../client/informer.js';
import { keyOf } from '../../client/informer.js';
import { deepEqual } from '../../base/freeze.js';
import { controllerOf } from './controller-ref.js';

export interface PodOwnerEvents<O extends KubeObject> {
  readonly kind: string;
  readonly owners: Informer<O>;
  /** Whether an orphan might be adopted by the owner. */
  readonly selects: (owner: O, pod: Pod) => boolean;
  readonly enqueue: (key: string) => void;
  readonly onCreated?: (ownerKey: string, pod: Pod) => void;
  /** Called when a pod is on its way out and again when it is gone. */
  readonly onDeleted?: (ownerKey: string, pod: Pod) => void;
  readonly onUpdated?: (owner: O, pod: Pod, old: Pod) => void;
}

/** Maps changes of pods to the keys of the owners that must look at them. */
export function podOwnerEvents<O extends KubeObject>(options: PodOwnerEvents<O>): InformerHandler<Pod> {
  const { kind, owners, selects, enqueue } = options;
  const resolve = (pod: Pod, ref: OwnerReference | undefined): O | undefined => {
    if (ref?.kind !== kind) return undefined;
    const owner = owners.get(ref.name, pod.metadata.namespace);
    return owner?.metadata.uid === ref.uid ? owner : undefined;
  };
  const wakeAdopters = (pod: Pod): void => {
    for (const owner of owners.byIndex('namespace', pod.metadata.namespace ?? '')) if (selects(owner, pod)) enqueue(keyOf(owner));
  };
  const onDelete = (pod: Pod): void => {
    const owner = resolve(pod, controllerOf(pod));
    if (!owner) return;
    options.onDeleted?.(keyOf(owner), pod);
    enqueue(keyOf(owner));
  };
  owners.addIndex('namespace', ({ metadata }) => [metadata.namespace ?? '']);
  return {
    onAdd(pod) {
      if (pod.metadata.deletionTimestamp) return onDelete(pod);
      const ref = controllerOf(pod);
      if (!ref) return wakeAdopters(pod);
      const owner = resolve(pod, ref);
      if (!owner) return;
      options.onCreated?.(keyOf(owner), pod);
      enqueue(keyOf(owner));
    },
    onUpdate(pod, old) {
      if (pod.metadata.deletionTimestamp) return onDelete(pod);
      const [ref, oldRef] = [controllerOf(pod), controllerOf(old)];
      const refChanged = !deepEqual(ref, oldRef);
      if (refChanged) {
        const before = resolve(old, oldRef);
        if (before) enqueue(keyOf(before));
      }
      if (ref) {
        const owner = resolve(pod, ref);
        if (!owner) return;
        enqueue(keyOf(owner));
        options.onUpdated?.(owner, pod, old);
      } else if (refChanged || !deepEqual(pod.metadata.labels, old.metadata.labels)) wakeAdopters(pod);
    },
    onDelete,
  };
}
