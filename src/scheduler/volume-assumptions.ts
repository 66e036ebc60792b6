import { SELECTED_NODE } from '../api/volume-binding.js';
import type { PersistentVolume, PersistentVolumeClaim } from '../api/types/core-v1.js';
import type { Informer } from '../client/informer.js';

/** Volumes and claims as they are about to be, ahead of the informers: a volume is not promised to two claims. */
export class VolumeAssumptions {
  private readonly volumes = new Map<string, PersistentVolume>();
  private readonly claims = new Map<string, PersistentVolumeClaim>();

  constructor(
    private readonly volumeInformer: Informer<PersistentVolume>,
    private readonly claimInformer: Informer<PersistentVolumeClaim>,
  ) {
    // What really comes replaces what was assumed.
    volumeInformer.addHandler({ onUpdate: ({ metadata }) => this.volumes.delete(metadata.name), onDelete: ({ metadata }) => this.volumes.delete(metadata.name) });
    const forget = ({ metadata }: PersistentVolumeClaim): unknown => this.claims.delete(`${metadata.namespace}/${metadata.name}`);
    claimInformer.addHandler({ onUpdate: forget, onDelete: forget });
  }

  *allVolumes(): Generator<PersistentVolume> {
    for (const volume of this.volumeInformer.list()) yield this.volumes.get(volume.metadata.name) ?? volume;
  }

  volume(name: string): PersistentVolume | undefined {
    return this.volumes.get(name) ?? this.volumeInformer.get(name);
  }

  /** The node that a claim's volume is being made for. */
  selectedNode({ metadata }: PersistentVolumeClaim): string | undefined {
    return (this.claims.get(`${metadata.namespace}/${metadata.name}`)?.metadata ?? metadata).annotations?.[SELECTED_NODE];
  }

  assumeVolume(volume: PersistentVolume): void {
    this.volumes.set(volume.metadata.name, volume);
  }

  assumeClaim(claim: PersistentVolumeClaim): void {
    this.claims.set(`${claim.metadata.namespace}/${claim.metadata.name}`, claim);
  }

  revert(volumes: readonly PersistentVolume[], claims: readonly PersistentVolumeClaim[]): void {
    for (const volume of volumes) if (this.volumes.get(volume.metadata.name) === volume) this.volumes.delete(volume.metadata.name);
    for (const claim of claims) {
      const key = `${claim.metadata.namespace}/${claim.metadata.name}`;
      if (this.claims.get(key) === claim) this.claims.delete(key);
    }
  }

  get claimLister(): Informer<PersistentVolumeClaim> {
    return this.claimInformer;
  }
}
