import { bindsLate, BIND_COMPLETED, classOf, findMatchingVolume, isBoundTo, NO_PROVISIONER, SELECTED_NODE, storageOf } from '../../api/volume-binding.js';
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../api/types/core-v1.js';
import type { StorageClass } from '../../api/types/storage-v1.js';

export interface PlannedEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** What is to be done about a claim. */
export type ClaimPlan =
  | { readonly do: 'bind'; readonly volume: PersistentVolume }
  | { readonly do: 'wait'; readonly event?: PlannedEvent }
  | { readonly do: 'lose'; readonly event: PlannedEvent }
  | { readonly do: 'provision'; readonly provisioner: string; readonly event: PlannedEvent }
  | { readonly do: 'set-class'; readonly storageClass: string };

export interface ClaimWorld {
  volume(name: string): PersistentVolume | undefined;
  volumes(): Iterable<PersistentVolume>;
  storageClass(name: string): StorageClass | undefined;
  defaultClass(): StorageClass | undefined;
  /** Pods that use the claim and have no node yet. */
  waitingPods(): readonly Pod[];
}

const normal = (reason: string, message: string): PlannedEvent => ({ type: 'Normal', reason, message });
const warning = (reason: string, message: string): PlannedEvent => ({ type: 'Warning', reason, message });

/** How a claim comes to its volume (k8s.io/kubernetes/pkg/controller/volume/persistentvolume). Pure. */
export function planClaim(claim: PersistentVolumeClaim, world: ClaimWorld): ClaimPlan {
  if (claim.metadata.annotations?.[BIND_COMPLETED] !== undefined) return planBound(claim, world);
  return claim.spec.volumeName ? planRequested(claim, claim.spec.volumeName, world) : planOpen(claim, world);
}

/** A claim that takes any volume. */
function planOpen(claim: PersistentVolumeClaim, world: ClaimWorld): ClaimPlan {
  const className = classOf(claim);
  const storageClass = world.storageClass(className);
  const late = bindsLate(storageClass);
  const volume = findMatchingVolume({ claim, volumes: world.volumes(), preboundOnly: late });
  if (volume) return { do: 'bind', volume };
  if (claim.spec.storageClassName === undefined && className === '') {
    const found = world.defaultClass();
    if (found) return { do: 'set-class', storageClass: found.metadata.name };
  }
  if (late && claim.metadata.annotations?.[SELECTED_NODE] === undefined) return { do: 'wait', event: waitingEvent(world.waitingPods()) };
  if (className === '') return { do: 'wait', event: normal('FailedBinding', 'no persistent volumes available for this claim and no storage class is set') };
  return planProvisioning(className, storageClass);
}

function planProvisioning(name: string, storageClass: StorageClass | undefined): ClaimPlan {
  if (!storageClass) return { do: 'wait', event: warning('ProvisioningFailed', `storageclass.storage.k8s.io "${name}" not found`) };
  const { provisioner } = storageClass;
  if (provisioner.startsWith('kubernetes.io/')) {
    const message = provisioner === NO_PROVISIONER ? 'no volume plugin matched name: kubernetes.io/no-provisioner' : `no volume plugin matched name: ${provisioner}`;
    return { do: 'wait', event: warning('ProvisioningFailed', message) };
  }
  const message = `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`;
  return { do: 'provision', provisioner, event: normal('ExternalProvisioning', message) };
}

function waitingEvent(pods: readonly Pod[]): PlannedEvent {
  const [first, ...others] = pods.map(({ metadata }) => metadata.name);
  if (first === undefined) return normal('WaitForFirstConsumer', 'waiting for first consumer to be created before binding');
  if (others.length === 0) return normal('WaitForPodScheduled', `waiting for pod ${first} to be scheduled`);
  return normal('WaitForPodScheduled', `waiting for pods ${[first, ...others].join(',')} to be scheduled`);
}

/** A claim that names its volume. */
function planRequested(claim: PersistentVolumeClaim, name: string, world: ClaimWorld): ClaimPlan {
  const volume = world.volume(name);
  if (!volume) return { do: 'wait' };
  if (!volume.spec.claimRef) {
    const mismatch = whyMismatch(volume, claim);
    return mismatch ? { do: 'wait', event: warning('VolumeMismatch', `Cannot bind to requested volume "${name}": ${mismatch}`) } : { do: 'bind', volume };
  }
  if (isBoundTo(volume, claim)) return { do: 'bind', volume };
  return { do: 'wait', event: warning('FailedBinding', `volume "${name}" already bound to a different claim.`) };
}

function planBound(claim: PersistentVolumeClaim, world: ClaimWorld): ClaimPlan {
  const name = claim.spec.volumeName;
  if (!name) return { do: 'lose', event: warning('ClaimLost', 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!') };
  const volume = world.volume(name);
  if (!volume) return { do: 'lose', event: warning('ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!') };
  const owner = volume.spec.claimRef;
  if (!owner || owner.uid === claim.metadata.uid) return { do: 'bind', volume };
  return { do: 'lose', event: warning('ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly') };
}

function whyMismatch({ metadata, spec, ...volume }: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  if (metadata.deletionTimestamp) return `the volume is marked for deletion "${metadata.name}"`;
  if (storageOf(spec.capacity).compare(storageOf(claim.spec.resources?.requests)) < 0) return 'requested PV is too small';
  if (classOf({ metadata, spec, ...volume }) !== classOf(claim)) return 'storageClassName does not match';
  if ((spec.volumeAttributesClassName ?? '') !== (claim.spec.volumeAttributesClassName ?? '')) return 'volumeAttributesClassName does not match';
  if ((spec.volumeMode ?? 'Filesystem') !== (claim.spec.volumeMode ?? 'Filesystem')) return 'incompatible volumeMode';
  if (!(claim.spec.accessModes ?? []).every((mode) => spec.accessModes?.includes(mode))) return 'incompatible accessMode';
  return undefined;
}

