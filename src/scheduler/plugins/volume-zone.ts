import { bindsLate, classOf } from '../../api/volume-binding.js';
import type { StorageClass } from '../../api/types/storage-v1.js';
import type { Lister } from '../../client/informer.js';
import { type SchedulerPlugin, unresolvable } from '../framework.js';
import { podClaims } from '../pod-claims.js';
import type { VolumeAssumptions } from '../volume-assumptions.js';

const FAILURE = unresolvable('node(s) had no available volume zone');
const LABELS = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region', 'failure-domain.beta.kubernetes.io/zone', 'failure-domain.beta.kubernetes.io/region'];

/** Volumes with labels of zones are used there. A label may name several zones, joined by `__`. */
export function volumeZone(assumptions: VolumeAssumptions, storageClasses: Lister<StorageClass>): SchedulerPlugin {
  return {
    name: 'VolumeZone',
    helpedBy: ['node-labels', 'volumes'],
    filter: (pod) => {
      const demands: Array<{ key: string; values: Set<string> }> = [];
      for (const { claim } of podClaims(pod, assumptions.claimLister)) {
        if (!claim || (!claim.spec?.volumeName && bindsLate(storageClasses.get(classOf(claim))))) continue;
        const labels = assumptions.volume(claim.spec?.volumeName ?? '')?.metadata.labels ?? {};
        for (const key of LABELS) if (Object.hasOwn(labels, key)) demands.push({ key, values: new Set((labels[key] as string).split('__')) });
      }
      if (demands.length === 0) return undefined;
      return ({ node }) => {
        const labels = node.metadata.labels ?? {};
        // A cluster without zones has no wrong ones.
        if (!LABELS.some((key) => Object.hasOwn(labels, key))) return undefined;
        return demands.every(({ key, values }) => values.has(labels[key] ?? labels[key.replace('failure-domain.beta', 'topology')] ?? '')) ? undefined : FAILURE;
      };
    },
  };
}
