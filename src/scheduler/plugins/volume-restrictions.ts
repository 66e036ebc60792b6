import type { Pod, Volume } from '../../api/types/core-v1.js';
import { type SchedulerPlugin, unschedulable } from '../framework.js';
import { podClaims } from '../pod-claims.js';
import type { VolumeAssumptions } from '../volume-assumptions.js';

const DISK = unschedulable('node(s) had no available disk');
const IN_USE = unschedulable('node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod');

/** Disks that cannot be mounted twice, and claims for one pod only (KEP-2485). */
export function volumeRestrictions(assumptions: VolumeAssumptions): SchedulerPlugin {
  return {
    name: 'VolumeRestrictions',
    helpedBy: ['pod-gone', 'volumes'],
    filter: (pod, snapshot) => {
      const disks = (pod.spec.volumes ?? []).filter((volume) => volume.gcePersistentDisk ?? volume.awsElasticBlockStore ?? volume.rbd ?? volume.iscsi);
      const exclusive = new Set(podClaims(pod, assumptions.claimLister).flatMap(({ claim }) => (claim?.spec?.accessModes?.includes('ReadWriteOncePod') ? [claim.metadata.name] : [])));
      if (disks.length === 0 && exclusive.size === 0) return undefined;
      const uses = (other: Pod): number =>
        other.metadata.namespace === pod.metadata.namespace ? (other.spec.volumes ?? []).filter(({ persistentVolumeClaim }) => persistentVolumeClaim && exclusive.has(persistentVolumeClaim.claimName)).length : 0;
      let users = 0;
      if (exclusive.size > 0) for (const node of snapshot.nodes()) for (const other of node.pods.values()) users += uses(other);
      const check = Object.assign(
        ({ pods }: { readonly pods: ReadonlyMap<string, Pod> }) => {
          if (disks.length > 0 && [...pods.values()].some((other) => (other.spec.volumes ?? []).some((theirs) => disks.some((own) => clash(own, theirs))))) return DISK;
          return users > 0 ? IN_USE : undefined;
        },
        {
          changed: (other: Pod, _: unknown, sign: 1 | -1) => {
            users += sign * uses(other);
          },
        },
      );
      return check;
    },
  };
}

/** Whether the same disk cannot be used by both; reading alone can be shared. */
function clash(a: Volume, b: Volume): boolean {
  if (a.gcePersistentDisk && b.gcePersistentDisk) return a.gcePersistentDisk.pdName === b.gcePersistentDisk.pdName && !(a.gcePersistentDisk.readOnly && b.gcePersistentDisk.readOnly);
  if (a.awsElasticBlockStore && b.awsElasticBlockStore) return a.awsElasticBlockStore.volumeID === b.awsElasticBlockStore.volumeID;
  if (a.iscsi && b.iscsi) return a.iscsi.iqn === b.iscsi.iqn && !(a.iscsi.readOnly && b.iscsi.readOnly);
  if (!a.rbd || !b.rbd) return false;
  const [left, right] = [a.rbd, b.rbd];
  return left.pool === right.pool && left.image === right.image && left.monitors.some((monitor) => right.monitors.includes(monitor)) && !(left.readOnly && right.readOnly);
}
