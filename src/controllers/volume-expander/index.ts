import { Quantity } from '../../api/quantity.js';
import type { PersistentVolume, PersistentVolumeClaim } from '../../api/types/core-v1.js';
import type { Controller, ControllerContext } from '../../client/controller.js';
import { keyOf, splitKey } from '../../client/informer.js';
import { CLAIMS } from '../shared/resources.js';

const VOLUMES = { group: '', version: 'v1', resource: 'persistentvolumes' };

/** Whether a bound claim asks for more than its volume has. Pure. */
export function wantsMore({ spec, status }: PersistentVolumeClaim): boolean {
  if (status?.phase !== 'Bound') return false;
  const [wanted, has] = [Quantity.tryParse(spec?.resources?.requests?.['storage']), Quantity.tryParse(status.capacity?.['storage'])];
  return wanted !== undefined && wanted.compare(has ?? Quantity.zero) > 0;
}

/** Says of claims that are to grow that their driver has to do it: no kind of volume is made larger here. */
export function volumeExpander(): Controller {
  let context: ControllerContext;
  return {
    name: 'persistentvolume-expander-controller',
    eventSource: 'volume_expand',
    setUp(given) {
      context = given;
      context.informers.for<PersistentVolume>(VOLUMES);
      const size = ({ spec }: PersistentVolumeClaim): string => String(spec?.resources?.requests?.['storage'] ?? '');
      context.informers.for<PersistentVolumeClaim>(CLAIMS).addHandler({
        onUpdate: (claim, old) => {
          if (size(claim) !== size(old) && wantsMore(claim)) context.enqueue(keyOf(claim));
        },
      });
    },
    reconcile(key) {
      const { name, namespace } = splitKey(key);
      const claim = context.informers.for<PersistentVolumeClaim>(CLAIMS).get(name, namespace);
      const volume = claim && context.informers.for<PersistentVolume>(VOLUMES).get(claim.spec?.volumeName ?? '');
      if (!claim || !wantsMore(claim) || volume?.spec?.claimRef?.uid !== claim.metadata.uid) return Promise.resolve();
      context.events.record(claim, 'Normal', 'ExternalExpanding', 'waiting for an external controller to expand this PVC');
      return Promise.resolve();
    },
  };
}
