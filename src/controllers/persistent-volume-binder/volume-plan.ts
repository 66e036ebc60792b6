import type { PersistentVolume, PersistentVolumeClaim } from '../../api/types/core-v1.js';
import type { PlannedEvent } from './claim-plan.js';

export const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';

/** What is to be done about a volume. */
export type VolumePlan =
  | { readonly do: 'phase'; readonly phase: 'Available' | 'Bound' }
  | { readonly do: 'unbind' }
  /** Its claim has gone. */
  | { readonly do: 'reclaim'; readonly how: Reclaim }
  /** The claim is to find out that this is its volume. */
  | { readonly do: 'wake-claim' }
  | { readonly do: 'complain'; readonly volumeEvent: PlannedEvent; readonly claimEvent: PlannedEvent };

export type Reclaim =
  | { readonly by: 'nobody' }
  /** The provisioner that made the volume deletes it. */
  | { readonly by: 'provisioner' }
  | { readonly by: 'us'; readonly recycle: boolean }
  | { readonly by: 'failure'; readonly reason: string; readonly message: string };

/** `claim`: the one that the volume names, with the same uid; undefined when it has gone. Pure. */
export function planVolume(volume: PersistentVolume, claim: PersistentVolumeClaim | undefined): VolumePlan {
  const { claimRef, volumeMode = 'Filesystem' } = volume.spec;
  const { name } = volume.metadata;
  if (!claimRef?.uid) return { do: 'phase', phase: 'Available' };
  if (!claim) return { do: 'reclaim', how: reclaim(volume) };
  if (!claim.spec.volumeName) {
    if (volumeMode === (claim.spec.volumeMode ?? 'Filesystem')) return { do: 'wake-claim' };
    return {
      do: 'complain',
      volumeEvent: { type: 'Warning', reason: 'VolumeMismatch', message: `Cannot bind PersistentVolume to requested PersistentVolumeClaim "${claim.metadata.name}" due to incompatible volumeMode.` },
      claimEvent: { type: 'Warning', reason: 'VolumeMismatch', message: `Cannot bind PersistentVolume "${name}" to requested PersistentVolumeClaim due to incompatible volumeMode.` },
    };
  }
  if (claim.spec.volumeName === name) return { do: 'phase', phase: 'Bound' };
  // The claim found another volume: one that was made for it is not needed any more.
  const { annotations } = volume.metadata;
  if (annotations?.[PROVISIONED_BY] !== undefined && volume.spec.persistentVolumeReclaimPolicy === 'Delete') return { do: 'reclaim', how: reclaim(volume) };
  return { do: 'unbind' };
}

function reclaim({ metadata, spec }: PersistentVolume): Reclaim {
  switch (spec.persistentVolumeReclaimPolicy) {
    case 'Delete': {
      const provisioner = metadata.annotations?.[PROVISIONED_BY];
      if ((provisioner && !provisioner.startsWith('kubernetes.io/')) || spec.csi) return { by: 'provisioner' };
      if (!spec.hostPath) return { by: 'failure', reason: 'VolumeFailedDelete', message: `error getting deleter volume plugin for volume "${metadata.name}": no deletable volume plugin matched` };
      if (/^\/tmp\/.+/.test(spec.hostPath.path)) return { by: 'us', recycle: false };
      return { by: 'failure', reason: 'VolumeFailedDelete', message: `host_path deleter only supports /tmp/.+ but received provided ${spec.hostPath.path}` };
    }
    case 'Recycle':
      if (spec.hostPath || spec.nfs) return { by: 'us', recycle: true };
      return { by: 'failure', reason: 'VolumeFailedRecycle', message: 'No recycler plugin found for the volume!' };
    default:
      return { by: 'nobody' };
  }
}
