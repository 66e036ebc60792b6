import type { PersistentVolume } from '../../api/types/core-v1.js';
import type { Controller, ControllerContext } from '../../client/controller.js';
import { keyOf, splitKey } from '../../client/informer.js';
import { planFinalizer } from '../shared/finalizers.js';

const FINALIZER = 'kubernetes.io/pv-protection';
const VOLUMES = { group: '', version: 'v1', resource: 'persistentvolumes' };

/** Keeps volumes that are bound to a claim. */
export function pvProtection(): Controller {
  let context: ControllerContext;
  const plan = (volume: PersistentVolume): string[] | undefined => planFinalizer(volume, FINALIZER, volume.status?.phase === 'Bound');
  return {
    name: 'persistentvolume-protection-controller',
    setUp(given) {
      context = given;
      const onVolume = (volume: PersistentVolume): void => {
        if (plan(volume)) context.enqueue(keyOf(volume));
      };
      context.informers.for<PersistentVolume>(VOLUMES).addHandler({ onAdd: onVolume, onUpdate: onVolume });
    },
    async reconcile(key) {
      const volume = context.informers.for<PersistentVolume>(VOLUMES).get(splitKey(key).name);
      const finalizers = volume && plan(volume);
      if (finalizers) await context.client.resource<PersistentVolume>(VOLUMES).update({ ...volume, metadata: { ...volume.metadata, finalizers } });
    },
  };
}
