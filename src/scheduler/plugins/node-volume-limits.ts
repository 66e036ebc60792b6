import type { Node, PersistentVolumeClaim, Pod } from '../../api/types/core-v1.js';
import { classOf } from '../../api/volume-binding.js';
import { type SchedulerPlugin, unresolvable, unschedulable } from '../framework.js';
import { podClaims } from '../pod-claims.js';
import type { PluginEnvironment } from '../scheduler.js';

const FAILURE = unschedulable('node(s) exceed max volume count');

/** Volumes by a name that is theirs alone, with their CSI drivers. */
type Volumes = Map<string, string>;

/** As many volumes of a CSI driver as the CSINode of a node says it can attach (https://kubernetes.io/docs/concepts/storage/storage-limits/). */
export function nodeVolumeLimits({ assumptions, storageClasses, listers }: Pick<PluginEnvironment, 'assumptions' | 'storageClasses' | 'listers'>): SchedulerPlugin {
  const { csiNodes, volumeAttachments } = listers;

  /** The driver and handle of a claim's volume; one that is yet to be made is known by its claim. */
  function driverAndHandle(claim: PersistentVolumeClaim): readonly [string, string] | undefined {
    const { metadata, spec } = claim;
    const volume = spec?.volumeName ? assumptions.volume(spec.volumeName) : undefined;
    if (volume) return volume.spec?.csi ? [volume.spec.csi.driver, volume.spec.csi.volumeHandle] : undefined;
    const provisioner = storageClasses.get(classOf(claim))?.provisioner;
    return provisioner === undefined ? undefined : [provisioner, `unbound-${metadata.namespace}/${metadata.name}`];
  }

  function collect(pod: Pod, into: Volumes): void {
    for (const { claim } of podClaims(pod, assumptions.claimLister)) {
      const found = claim && driverAndHandle(claim);
      if (found) into.set(found.join('/'), found[0]);
    }
  }

  /** Volumes that are attached to a node, whether or not a pod there still uses them. */
  function collectAttached({ metadata }: Node, into: Volumes): void {
    for (const { spec } of volumeAttachments.byIndex('node', metadata.name)) {
      const handle = assumptions.volume(spec.source.persistentVolumeName ?? '')?.spec?.csi?.volumeHandle;
      if (handle !== undefined && spec.attacher) into.set(`${spec.attacher}/${handle}`, spec.attacher);
    }
  }

  return {
    name: 'NodeVolumeLimits',
    helpedBy: ['csi-nodes', 'pod-gone', 'volumes'],
    filter: (pod) => {
      const claims = podClaims(pod, assumptions.claimLister);
      if (claims.length === 0) return undefined;
      const missing = claims.find(({ claim }) => !claim);
      // Where VolumeBinding, which says this of the pod as a whole, is switched off.
      if (missing) return () => unresolvable(`looking up PVC ${pod.metadata.namespace}/${missing.name}: persistentvolumeclaim "${missing.name}" not found`);
      const wanted: Volumes = new Map();
      collect(pod, wanted);
      if (wanted.size === 0) return undefined;
      return ({ node, pods }) => {
        const limits = new Map((csiNodes.get(node.metadata.name)?.spec.drivers ?? []).flatMap(({ name, allocatable }) => (allocatable?.count === undefined ? [] : [[name, allocatable.count] as const])));
        if (limits.size === 0) return undefined;
        const used: Volumes = new Map();
        for (const other of pods.values()) collect(other, used);
        const added = [...wanted].filter(([name]) => !used.has(name));
        collectAttached(node, used);
        const exceeds = added.some(([, driver]) => {
          const limit = limits.get(driver);
          return limit !== undefined && countOf(driver, used.values()) + countOf(driver, added.map(([, other]) => other)) > limit;
        });
        return exceeds ? FAILURE : undefined;
      };
    },
  };
}

function countOf(driver: string, drivers: Iterable<string>): number {
  let count = 0;
  for (const other of drivers) if (other === driver) count++;
  return count;
}
