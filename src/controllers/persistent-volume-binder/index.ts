import { ApiError } from '../../api/errors.js';
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../api/types/core-v1.js';
import type { StorageClass } from '../../api/types/storage-v1.js';
import type { Controller, ControllerContext, ReconcileResult } from '../../client/controller.js';
import { type Informer, keyOf, splitKey } from '../../client/informer.js';
import { indexPodsByClaim } from '../shared/pods-by-claim.js';
import { boundClaim, claimedVolume, claimInPhase, unboundVolume, volumeInPhase } from './bindings.js';
import { planClaim } from './claim-plan.js';
import { planVolume, type Reclaim } from './volume-plan.js';

const VOLUMES = { group: '', version: 'v1', resource: 'persistentvolumes' };
const CLAIMS = { group: '', version: 'v1', resource: 'persistentvolumeclaims' };
const CLASSES = { group: 'storage.k8s.io', version: 'v1', resource: 'storageclasses' };
const IS_DEFAULT = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'];
const PROVISIONER = 'volume.kubernetes.io/storage-provisioner';
const BETA_PROVISIONER = 'volume.beta.kubernetes.io/storage-provisioner';
/** Claims that wait are looked at again now and then, as kube-controller-manager does, which repeats their events. */
const RESYNC_MS = 15_000;

/**
 * Brings claims and volumes together, and reclaims volumes whose claims have gone
 * (https://kubernetes.io/docs/concepts/storage/persistent-volumes/). Keys are those of claims, `NAMESPACE/NAME`, and of
 * volumes, `/NAME`.
 */
export function persistentVolumeBinder(): Controller {
  return new PersistentVolumeBinder();
}

class PersistentVolumeBinder implements Controller {
  readonly name = 'persistentvolume-binder-controller';
  readonly eventSource = 'persistentvolume-controller';
  /** One after the other: two claims must not think of the same volume. */
  readonly workers = 1;
  private context!: ControllerContext;
  private volumes!: Informer<PersistentVolume>;
  private claims!: Informer<PersistentVolumeClaim>;
  private classes!: Informer<StorageClass>;
  private pods!: Informer<Pod>;

  setUp(context: ControllerContext): void {
    this.context = context;
    this.volumes = context.informers.for<PersistentVolume>(VOLUMES);
    this.claims = context.informers.for<PersistentVolumeClaim>(CLAIMS);
    this.classes = context.informers.for<StorageClass>(CLASSES);
    this.pods = context.informers.for<Pod>({ group: '', version: 'v1', resource: 'pods' });
    indexPodsByClaim(this.pods);
    const enqueue = (object: PersistentVolume | PersistentVolumeClaim): void => context.enqueue(keyOf(object));
    const onVolume = (volume: PersistentVolume): void => {
      enqueue(volume);
      // A volume that is free may be what some claim has waited for.
      if (volume.status?.phase === 'Available' || volume.spec.claimRef) this.wakeOpenClaims(volume);
    };
    this.volumes.addHandler({
      onAdd: onVolume,
      onUpdate: onVolume,
      onDelete: (volume) => this.claimOf(volume) && context.enqueue(`${volume.spec.claimRef?.namespace}/${volume.spec.claimRef?.name}`),
    });
    this.claims.addHandler({
      onAdd: enqueue,
      onUpdate: enqueue,
      onDelete: ({ metadata, spec }) => {
        if (spec.volumeName) context.enqueue(`/${spec.volumeName}`);
        for (const { metadata: own, spec: of } of this.volumes.list()) if (of.claimRef?.uid === metadata.uid) context.enqueue(`/${own.name}`);
      },
    });
    this.classes.addHandler({ onAdd: () => this.claims.list().forEach((claim) => (claim.spec.volumeName ? undefined : enqueue(claim))) });
  }

  async reconcile(key: string): Promise<ReconcileResult | void> {
    const { name, namespace } = splitKey(key);
    if (namespace === '') {
      const volume = this.volumes.get(name);
      if (volume) await this.syncVolume(volume);
      return;
    }
    const claim = this.claims.get(name, namespace);
    if (claim) return this.syncClaim(claim);
  }

  private async syncClaim(claim: PersistentVolumeClaim): Promise<ReconcileResult | void> {
    const plan = planClaim(claim, {
      volume: (name) => this.volumes.get(name),
      volumes: () => this.volumes.list(),
      storageClass: (name) => this.classes.get(name),
      defaultClass: () => this.defaultClass(),
      waitingPods: () => this.pods.byIndex('claim', keyOf(claim)).filter((pod) => !pod.spec.nodeName && !isFinished(pod)),
    });
    switch (plan.do) {
      case 'bind':
        return this.bind(plan.volume, claim);
      case 'lose':
        if (claim.status?.phase === 'Lost') return;
        await this.writeClaimStatus(claimInPhase(claim, 'Lost'), claim);
        this.context.events.record(claim, plan.event.type, plan.event.reason, plan.event.message);
        return;
      case 'set-class':
        await this.context.client.resource<PersistentVolumeClaim>(CLAIMS).update({ ...claim, spec: { ...claim.spec, storageClassName: plan.storageClass } });
        return;
      case 'provision': {
        const { annotations = {} } = claim.metadata;
        if (annotations[PROVISIONER] !== plan.provisioner) {
          const marked = { ...annotations, [BETA_PROVISIONER]: plan.provisioner, [PROVISIONER]: plan.provisioner };
          await this.context.client.resource<PersistentVolumeClaim>(CLAIMS).update({ ...claim, metadata: { ...claim.metadata, annotations: marked } });
        }
        this.context.events.record(claim, plan.event.type, plan.event.reason, plan.event.message);
        return { requeueAfterMs: RESYNC_MS };
      }
      case 'wait':
        if (plan.event) this.context.events.record(claim, plan.event.type, plan.event.reason, plan.event.message);
        await this.writeClaimStatus(claimInPhase(claim, 'Pending'), claim);
        return plan.event ? { requeueAfterMs: RESYNC_MS } : undefined;
    }
  }

  /** The volume first: whoever holds it has won, whatever the claim says. */
  private async bind(volume: PersistentVolume, claim: PersistentVolumeClaim): Promise<void> {
    const claims = this.context.client.resource<PersistentVolumeClaim>(CLAIMS);
    const claimed = claimedVolume(volume, claim);
    const held = claimed === volume ? volume : await this.context.client.resource<PersistentVolume>(VOLUMES).update(claimed);
    const boundVolume = await this.writeVolumePhase(held, 'Bound');
    const bound = boundClaim(claim, boundVolume);
    const written = bound === claim ? claim : await claims.update(bound);
    await this.writeClaimStatus(claimInPhase(written, 'Bound', boundVolume), written);
  }

  private async syncVolume(volume: PersistentVolume): Promise<void> {
    const plan = planVolume(volume, await this.ownClaim(volume));
    switch (plan.do) {
      case 'phase':
        await this.writeVolumePhase(volume, plan.phase);
        return;
      case 'unbind':
        await this.unbind(volume);
        return;
      case 'wake-claim':
        this.context.enqueue(`${volume.spec.claimRef?.namespace}/${volume.spec.claimRef?.name}`);
        return;
      case 'complain': {
        const claim = this.claimOf(volume);
        this.context.events.record(volume, 'Warning', plan.volumeEvent.reason, plan.volumeEvent.message);
        if (claim) this.context.events.record(claim, 'Warning', plan.claimEvent.reason, plan.claimEvent.message);
        return;
      }
      case 'reclaim': {
        const released = volume.status?.phase === 'Released' || volume.status?.phase === 'Failed' ? volume : await this.writeVolumePhase(volume, 'Released');
        await this.reclaim(released, plan.how);
      }
    }
  }

  private async reclaim(volume: PersistentVolume, how: Reclaim): Promise<void> {
    if (how.by === 'failure') {
      if (volume.status?.phase === 'Failed') return;
      await this.writeVolumePhase(volume, 'Failed', how.message);
      this.context.events.record(volume, 'Warning', how.reason, how.message);
    } else if (how.by === 'us' && how.recycle) {
      this.context.events.record(volume, 'Normal', 'VolumeRecycled', 'Volume recycled');
      await this.unbind(volume);
    } else if (how.by === 'us') await this.deleteVolume(volume);
  }

  private async deleteVolume({ metadata }: PersistentVolume): Promise<void> {
    if (metadata.deletionTimestamp) return;
    try {
      await this.context.client.resource<PersistentVolume>(VOLUMES).delete({ name: metadata.name });
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 404) throw error;
    }
  }

  private async unbind(volume: PersistentVolume): Promise<void> {
    await this.writeVolumePhase(await this.context.client.resource<PersistentVolume>(VOLUMES).update(unboundVolume(volume)), 'Available');
  }

  private async writeVolumePhase(volume: PersistentVolume, phase: string, message?: string): Promise<PersistentVolume> {
    const wanted = volumeInPhase(volume, phase, message);
    return wanted === volume ? volume : this.context.client.resource<PersistentVolume>(VOLUMES).updateSubresource(wanted, 'status');
  }

  private async writeClaimStatus(wanted: PersistentVolumeClaim, present: PersistentVolumeClaim): Promise<void> {
    if (wanted !== present) await this.context.client.resource<PersistentVolumeClaim>(CLAIMS).updateSubresource(wanted, 'status');
  }

  /** The claim that a volume names, if it is still the same one. The cache may not know of it yet: then the server is asked. */
  private async ownClaim(volume: PersistentVolume): Promise<PersistentVolumeClaim | undefined> {
    const { name = '', namespace = '', uid } = volume.spec.claimRef ?? {};
    if (!uid) return undefined;
    const cached = this.claimOf(volume);
    if (cached?.metadata.uid === uid) return cached;
    if (!cached && (volume.status?.phase === 'Released' || volume.status?.phase === 'Failed')) return undefined;
    try {
      const claim = await this.context.client.resource<PersistentVolumeClaim>(CLAIMS).get(name, namespace);
      return claim.metadata.uid === uid ? claim : undefined;
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return undefined;
      throw error;
    }
  }

  private claimOf({ spec }: PersistentVolume): PersistentVolumeClaim | undefined {
    return spec.claimRef ? this.claims.get(spec.claimRef.name ?? '', spec.claimRef.namespace) : undefined;
  }

  private wakeOpenClaims(volume: PersistentVolume): void {
    const ref = volume.spec.claimRef;
    if (ref) return this.context.enqueue(`${ref.namespace}/${ref.name}`);
    for (const claim of this.claims.list()) if (!claim.spec.volumeName || claim.spec.volumeName === volume.metadata.name) this.context.enqueue(keyOf(claim));
  }

  /** The newest of the default classes. */
  private defaultClass(): StorageClass | undefined {
    return this.classes
      .list()
      .filter(({ metadata }) => IS_DEFAULT.some((key) => metadata.annotations?.[key] === 'true'))
      .sort((a, b) => (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '') || b.metadata.name.localeCompare(a.metadata.name))
      .at(-1);
  }
}

function isFinished({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

