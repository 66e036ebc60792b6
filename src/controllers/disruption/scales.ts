import { groupResourceText, parseApiVersion } from '../../api/gvk.js';
import type { OwnerReference } from '../../api/object.js';
import type { ResourceDirectory } from '../../api/served-resource.js';
import type { Deployment, ReplicaSet, StatefulSet } from '../../api/types/apps-v1.js';
import type { Pod } from '../../api/types/core-v1.js';
import type { Informers } from '../../client/informers.js';
import { controllerOf } from '../shared/controller-ref.js';
import { DEPLOYMENTS, REPLICATION_CONTROLLERS, REPLICA_SETS, STATEFUL_SETS } from '../shared/resources.js';

type Scaled = ReplicaSet | StatefulSet | Deployment;

/** How many pods the controllers of pods want, each controller once. */
export class Scales {
  constructor(
    private readonly informers: Informers,
    private readonly directory: ResourceDirectory,
  ) {}

  /** Throws an Error for a pod whose controller is unknown or has no scale. */
  expected(pods: readonly Pod[]): { total: number; unmanaged: string[] } {
    const scales = new Map<string, number>();
    const seen = new Set<string>();
    const unmanaged: string[] = [];
    for (const pod of pods) {
      const reference = controllerOf(pod);
      if (!reference) unmanaged.push(pod.metadata.name);
      else if (!seen.has(reference.uid)) {
        seen.add(reference.uid);
        const owner = this.ownerOf(reference, pod);
        scales.set(owner.metadata.uid as string, owner.spec.replicas ?? 1);
      }
    }
    return { total: [...scales.values()].reduce((sum, scale) => sum + scale, 0), unmanaged };
  }

  private ownerOf(reference: OwnerReference, pod: Pod): Scaled {
    const { group, version } = parseApiVersion(reference.apiVersion);
    const { namespace } = pod.metadata;
    const find = (target: typeof REPLICA_SETS, { name, uid }: OwnerReference): Scaled | undefined => {
      const owner = this.informers.for<Scaled>(target).get(name, namespace);
      return owner?.metadata.uid === uid ? owner : undefined;
    };
    let owner: Scaled | undefined;
    if (group === 'apps' && reference.kind === 'ReplicaSet') {
      owner = find(REPLICA_SETS, reference);
      const above = owner && controllerOf(owner);
      if (above?.kind === 'Deployment') owner = find(DEPLOYMENTS, above) ?? owner;
    } else if (group === 'apps' && reference.kind === 'StatefulSet') owner = find(STATEFUL_SETS, reference);
    else if (group === '' && reference.kind === 'ReplicationController') owner = find(REPLICATION_CONTROLLERS, reference);
    else {
      const served = this.directory.resources().find((r) => r.kind === reference.kind && r.group === group && r.version === version);
      if (served) throw new Error(`${groupResourceText(served)} does not implement the scale subresource`);
    }
    if (!owner) throw new Error(`found no controllers for pod ${JSON.stringify(pod.metadata.name)}`);
    return owner;
  }
}
