import { labelMatcherOf } from './label-selector.js';
import { Quantity } from './quantity.js';
import type { PersistentVolume, PersistentVolumeClaim } from './types/core-v1.js';
import type { StorageClass } from './types/storage-v1.js';

/**
 * What makes a volume fit a claim (k8s.io/component-helpers/storage/volume): shared by the binder of volumes, which
 * binds at once, and by the scheduler, which binds when it knows the node. Pure.
 */

export const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed';
export const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller';
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class';
export const NO_PROVISIONER = 'kubernetes.io/no-provisioner';

export function classOf({ metadata, spec }: PersistentVolume | PersistentVolumeClaim): string {
  return metadata.annotations?.[BETA_CLASS] ?? spec?.storageClassName ?? '';
}

/** Whether binding waits until a pod that uses the claim has its node. */
export function bindsLate(storageClass: StorageClass | undefined): boolean {
  return storageClass?.volumeBindingMode === 'WaitForFirstConsumer';
}

/** Whether the volume names this claim, by its uid if it says one. */
export function isBoundTo({ spec }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  const ref = spec.claimRef;
  return ref?.name === metadata.name && ref.namespace === metadata.namespace && (!ref.uid || ref.uid === metadata.uid);
}

/** Bytes that a volume has or a claim asks for. */
export function storageOf(amounts: Readonly<Record<string, string | number>> | undefined): Quantity {
  return Quantity.tryParse(amounts?.['storage']) ?? Quantity.zero;
}

export interface VolumeSearch {
  readonly claim: PersistentVolumeClaim;
  readonly volumes: Iterable<PersistentVolume>;
  /** Whether a volume can be reached from where it is wanted; all can unless said. */
  readonly reachable?: (volume: PersistentVolume) => boolean;
  /** Only volumes that already name the claim. */
  readonly preboundOnly?: boolean;
}

/** The smallest volume that fits a claim, or the one that names it; undefined when there is none. */
export function findMatchingVolume({ claim, volumes, reachable = () => true, preboundOnly = false }: VolumeSearch): PersistentVolume | undefined {
  const requested = storageOf(claim.spec?.resources?.requests);
  const selector = claim.spec?.selector ? labelMatcherOf(claim.spec.selector) : undefined;
  const modes = claim.spec?.accessModes ?? [];
  let smallest: PersistentVolume | undefined;
  for (const volume of volumes) {
    const { spec, metadata, status } = volume;
    if (spec.claimRef && !isBoundTo(volume, claim)) continue;
    if (metadata.deletionTimestamp || storageOf(spec.capacity).compare(requested) < 0) continue;
    if ((spec.volumeMode ?? 'Filesystem') !== (claim.spec?.volumeMode ?? 'Filesystem')) continue;
    if ((spec.volumeAttributesClassName ?? '') !== (claim.spec?.volumeAttributesClassName ?? '')) continue;
    if (spec.claimRef) return reachable(volume) ? volume : undefined;
    if (preboundOnly || status?.phase !== 'Available') continue;
    if (selector && !selector.matches(metadata.labels)) continue;
    if (classOf(volume) !== classOf(claim) || !reachable(volume)) continue;
    if (!modes.every((mode) => spec.accessModes?.includes(mode))) continue;
    if (!smallest || storageOf(spec.capacity).compare(storageOf(smallest.spec.capacity)) < 0) smallest = volume;
  }
  return smallest;
}
