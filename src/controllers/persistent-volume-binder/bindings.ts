import { BIND_COMPLETED, BOUND_BY_CONTROLLER, isBoundTo, storageOf } from '../../api/volume-binding.js';
import type { PersistentVolume, PersistentVolumeClaim } from '../../api/types/core-v1.js';
import { deepEqual } from '../../base/freeze.js';

/** Volumes and claims as they are to be written. Each gives the same object when nothing has to change. Pure. */

/** The volume with a reference to its claim. */
export function claimedVolume(volume: PersistentVolume, claim: PersistentVolumeClaim): PersistentVolume {
  const bound = isBoundTo(volume, claim);
  if (bound && volume.spec.claimRef?.uid) return volume;
  const { name, namespace, uid, resourceVersion } = claim.metadata;
  return {
    ...volume,
    // Whoever named the claim by hand keeps the volume for it when the claim goes.
    metadata: bound ? volume.metadata : { ...volume.metadata, annotations: { ...volume.metadata.annotations, [BOUND_BY_CONTROLLER]: 'yes' } },
    spec: { ...volume.spec, claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, uid, resourceVersion } },
  };
}

/** The claim with the name of its volume. */
export function boundClaim(claim: PersistentVolumeClaim, volume: PersistentVolume): PersistentVolumeClaim {
  const { name } = volume.metadata;
  if (claim.spec.volumeName === name && claim.metadata.annotations?.[BIND_COMPLETED] !== undefined) return claim;
  const byUs = claim.spec.volumeName === name ? {} : { [BOUND_BY_CONTROLLER]: 'yes' };
  return {
    ...claim,
    metadata: { ...claim.metadata, annotations: { ...claim.metadata.annotations, ...byUs, [BIND_COMPLETED]: 'yes' } },
    spec: { ...claim.spec, volumeName: name },
  };
}

/** The claim in a phase; bound ones show what their volume has. */
export function claimInPhase(claim: PersistentVolumeClaim, phase: 'Pending' | 'Bound' | 'Lost', volume?: PersistentVolume): PersistentVolumeClaim {
  const { accessModes: _, capacity, currentVolumeAttributesClassName: current, ...others } = claim.status ?? {};
  if (!volume) return withStatus(claim, { ...others, phase });
  const { accessModes, capacity: own, volumeAttributesClassName } = volume.spec;
  const becomesBound = claim.status?.phase !== phase;
  // A file system may be smaller than its device: what is bound keeps what it says of itself.
  const shown = becomesBound && (!capacity || storageOf(capacity).compare(storageOf(own)) !== 0) ? own : capacity;
  const attributes = becomesBound && claim.status?.phase !== 'Lost' ? volumeAttributesClassName : current;
  return withStatus(claim, {
    ...others,
    phase,
    ...(accessModes?.length ? { accessModes } : {}),
    ...(shown ? { capacity: shown } : {}),
    ...(attributes ? { currentVolumeAttributesClassName: attributes } : {}),
  });
}

function withStatus(claim: PersistentVolumeClaim, status: NonNullable<PersistentVolumeClaim['status']>): PersistentVolumeClaim {
  return deepEqual(claim.status, status) ? claim : { ...claim, status };
}

export function volumeInPhase(volume: PersistentVolume, phase: string, message = ''): PersistentVolume {
  if (volume.status?.phase === phase) return volume;
  const { message: _, reason: __, ...others } = volume.status ?? {};
  return { ...volume, status: { ...others, phase, ...(message ? { message } : {}) } };
}

/** The volume without its claim, or still kept for it by name where somebody did that by hand. */
export function unboundVolume(volume: PersistentVolume): PersistentVolume {
  const { claimRef, ...spec } = volume.spec;
  const { [BOUND_BY_CONTROLLER]: byUs, ...annotations } = volume.metadata.annotations ?? {};
  if (byUs !== undefined) return { ...volume, metadata: { ...volume.metadata, annotations }, spec };
  const { uid: _, ...ref } = claimRef ?? {};
  return { ...volume, spec: { ...spec, claimRef: ref } };
}
