import { classOf, SELECTED_NODE } from '../../api/volume-binding.js';
import type { PersistentVolume, PersistentVolumeClaim } from '../../api/types/core-v1.js';
import type { StorageClass } from '../../api/types/storage-v1.js';
import type { Controller, ControllerContext } from '../../client/controller.js';
import { type Informer, keyOf, splitKey } from '../../client/informer.js';
import { ignoring } from '../shared/ignoring.js';
import { isDone, isWanted, STANDARD_CLASS, volumeFor, whyImpossible } from './plan.js';

const VOLUMES = { group: '', version: 'v1', resource: 'persistentvolumes' };
const CLAIMS = { group: '', version: 'v1', resource: 'persistentvolumeclaims' };
const CLASSES = { group: 'storage.k8s.io', version: 'v1', resource: 'storageclasses' };
/** The key of the class itself. */
const CLASS_KEY = 'class';

/**
 * What a cluster's storage addon does: a default StorageClass `standard`, and a directory on a node for each claim of it,
 * made by the rules of external provisioners (sig-storage-lib-external-provisioner).
 */
export function storageProvisioner(): Controller {
  return new StorageProvisioner();
}

class StorageProvisioner implements Controller {
  readonly name = 'storage-provisioner';
  private context!: ControllerContext;
  private volumes!: Informer<PersistentVolume>;
  private claims!: Informer<PersistentVolumeClaim>;
  private classes!: Informer<StorageClass>;

  setUp(context: ControllerContext): void {
    this.context = context;
    this.volumes = context.informers.for<PersistentVolume>(VOLUMES);
    this.claims = context.informers.for<PersistentVolumeClaim>(CLAIMS);
    this.classes = context.informers.for<StorageClass>(CLASSES);
    const onClaim = (claim: PersistentVolumeClaim): void => {
      if (isWanted(claim, this.classes.get(classOf(claim)))) context.enqueue(keyOf(claim));
    };
    this.claims.addHandler({ onAdd: onClaim, onUpdate: onClaim });
    this.classes.addHandler({ onAdd: () => this.claims.list().forEach(onClaim) });
    const onVolume = (volume: PersistentVolume): void => {
      if (isDone(volume)) context.enqueue(keyOf(volume));
    };
    this.volumes.addHandler({ onAdd: onVolume, onUpdate: onVolume });
    context.enqueue(CLASS_KEY);
  }

  async reconcile(key: string): Promise<void> {
    if (key === CLASS_KEY) return this.makeClass();
    const { name, namespace } = splitKey(key);
    if (namespace === '') return this.deleteVolume(this.volumes.get(name));
    const claim = this.claims.get(name, namespace);
    const storageClass = claim && this.classes.get(classOf(claim));
    if (claim && storageClass && isWanted(claim, storageClass)) await this.provision(claim, storageClass);
  }

  /** Made once, at the start: who deletes it or makes another the default one means it. */
  private async makeClass(): Promise<void> {
    if (this.classes.list().length > 0) return;
    await ignoring('AlreadyExists', this.context.client.resource<StorageClass>(CLASSES).create(STANDARD_CLASS));
  }

  private async provision(claim: PersistentVolumeClaim, storageClass: StorageClass): Promise<void> {
    const volume = volumeFor(claim, storageClass);
    const { events, client } = this.context;
    if (this.volumes.get(volume.metadata.name)) return;
    const problem = whyImpossible(claim);
    if (problem !== undefined) {
      events.record(claim, 'Warning', 'ProvisioningFailed', `failed to provision volume with StorageClass "${storageClass.metadata.name}": ${problem}`);
      // The scheduler is to look for another way.
      const { [SELECTED_NODE]: node, ...annotations } = claim.metadata.annotations ?? {};
      if (node !== undefined) await client.resource<PersistentVolumeClaim>(CLAIMS).update({ ...claim, metadata: { ...claim.metadata, annotations } });
      return;
    }
    events.record(claim, 'Normal', 'Provisioning', `External provisioner is provisioning volume for claim "${keyOf(claim)}"`);
    await ignoring('AlreadyExists', client.resource<PersistentVolume>(VOLUMES).create(volume));
    events.record(claim, 'Normal', 'ProvisioningSucceeded', `Successfully provisioned volume ${volume.metadata.name}`);
  }

  private async deleteVolume(volume: PersistentVolume | undefined): Promise<void> {
    if (!volume || !isDone(volume)) return;
    await ignoring('NotFound', this.context.client.resource<PersistentVolume>(VOLUMES).delete({ name: volume.metadata.name }));
  }
}
