import { BIND_COMPLETED, bindsLate, BOUND_BY_CONTROLLER, classOf, findMatchingVolume, isBoundTo, NO_PROVISIONER, SELECTED_NODE } from '../../api/volume-binding.js';
import type { Node, NodeSelectorTerm, PersistentVolume, PersistentVolumeClaim, Pod, TopologySelectorTerm } from '../../api/types/core-v1.js';
import type { StorageClass } from '../../api/types/storage-v1.js';
import { sleep, type Clock } from '../../base/clock.js';
import type { Lister } from '../../client/informer.js';
import type { Client } from '../../client/types.js';
import { type FilterFailure, type Reservation, type SchedulerPlugin, unresolvable } from '../framework.js';
import { matchesNodeSelectorTerm } from '../../api/node-selector.js';
import type { VolumeBindingArgs } from '../plugin-args.js';
import { podClaims } from '../pod-claims.js';
import type { VolumeAssumptions } from '../volume-assumptions.js';

const BIND_CONFLICT = "node(s) didn't find available persistent volumes to bind";
const NODE_CONFLICT = "node(s) didn't match PersistentVolume's node affinity";
const NO_VOLUME = 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)';
const UNBOUND = unresolvable('pod has unbound immediate PersistentVolumeClaims');
const POLL_MS = 100;

export interface VolumeBindingDependencies {
  readonly client: Client;
  readonly clock: Clock;
  readonly assumptions: VolumeAssumptions;
  readonly storageClasses: Lister<StorageClass>;
}

/** What is to be written once a node is chosen. */
interface Decision {
  readonly bind: ReadonlyArray<{ readonly volume: PersistentVolume; readonly claim: PersistentVolumeClaim }>;
  readonly provision: readonly PersistentVolumeClaim[];
}

/** Volumes of a pod must be within reach of its node; those that wait for a consumer are bound for it (KEP-490). */
export function volumeBinding(dependencies: VolumeBindingDependencies, { bindTimeoutSeconds }: VolumeBindingArgs = { bindTimeoutSeconds: 600 }): SchedulerPlugin {
  const { assumptions, storageClasses } = dependencies;
  const claimsOf = (pod: Pod): PersistentVolumeClaim[] => podClaims(pod, assumptions.claimLister).flatMap(({ claim }) => claim ?? []);

  function decide(pod: Pod, node: Node): Decision | FilterFailure {
    const reasons = new Set<string>();
    const bind: Array<{ volume: PersistentVolume; claim: PersistentVolumeClaim }> = [];
    const provision: PersistentVolumeClaim[] = [];
    for (const claim of claimsOf(pod)) {
      if (isFullyBound(claim)) {
        const volume = assumptions.volume(claim.spec?.volumeName ?? '');
        if (!volume) reasons.add(NO_VOLUME);
        else if (!isReachable(volume, node)) reasons.add(NODE_CONFLICT);
        continue;
      }
      const selected = assumptions.selectedNode(claim);
      const taken = new Set(bind.map(({ volume }) => volume.metadata.name));
      const free = [...assumptions.allVolumes()].filter(({ metadata }) => !taken.has(metadata.name));
      const volume = selected ? undefined : findMatchingVolume({ claim, volumes: free, reachable: (candidate) => isReachable(candidate, node) });
      if (volume) bind.push({ volume, claim });
      else if (selected === undefined || selected === node.metadata.name) {
        if (canProvision(storageClasses.get(classOf(claim)), node)) provision.push(claim);
        else reasons.add(BIND_CONFLICT);
      } else reasons.add(BIND_CONFLICT);
    }
    return reasons.size > 0 ? unresolvable(...reasons) : { bind, provision };
  }

  return {
    name: 'VolumeBinding',
    helpedBy: ['node-labels', 'volumes'],
    preFilter: (pod) => {
      const all = podClaims(pod, assumptions.claimLister);
      for (const { name, claim, ephemeral } of all) {
        if (!claim) return unresolvable(ephemeral ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"` : `persistentvolumeclaim "${name}" not found`);
        if (claim.status?.phase === 'Lost') return unresolvable(`persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec?.volumeName ?? ''}"`);
        if (claim.metadata.deletionTimestamp) return unresolvable(`persistentvolumeclaim "${name}" is being deleted`);
        if (ephemeral && !claim.metadata.ownerReferences?.some(({ uid, controller }) => controller && uid === pod.metadata.uid)) {
          return unresolvable(`PVC ${pod.metadata.namespace}/${name} was not created for pod ${pod.metadata.namespace}/${pod.metadata.name} (pod is not owner)`);
        }
      }
      const waits = (claim: PersistentVolumeClaim): boolean => bindsLate(storageClasses.get(classOf(claim))) && !claim.spec?.volumeName;
      return all.some(({ claim }) => claim && !isFullyBound(claim) && !waits(claim)) ? UNBOUND : undefined;
    },
    filter: (pod) => {
      if (claimsOf(pod).length === 0) return undefined;
      return ({ node }) => {
        const decision = decide(pod, node);
        return 'reasons' in decision ? decision : undefined;
      };
    },
    reserve: (pod, node) => {
      if (claimsOf(pod).every(isFullyBound)) return undefined;
      const decision = decide(pod, node);
      return 'reasons' in decision ? undefined : reserve(decision, node, pod, dependencies, bindTimeoutSeconds * 1000);
    },
  };
}

function reserve({ bind, provision }: Decision, node: Node, pod: Pod, { client, clock, assumptions }: VolumeBindingDependencies, timeoutMs: number): Reservation {
  const volumes = bind.map(({ volume, claim }) => claimed(volume, claim));
  const claims = provision.map((claim): PersistentVolumeClaim => ({ ...claim, metadata: { ...claim.metadata, annotations: { ...claim.metadata.annotations, [SELECTED_NODE]: node.metadata.name } } }));
  volumes.forEach((volume) => assumptions.assumeVolume(volume));
  claims.forEach((claim) => assumptions.assumeClaim(claim));
  return {
    plugin: 'VolumeBinding',
    preBind: async (signal) => {
      const volumeClient = client.resource<PersistentVolume>({ group: '', version: 'v1', resource: 'persistentvolumes' });
      const claimClient = client.resource<PersistentVolumeClaim>({ group: '', version: 'v1', resource: 'persistentvolumeclaims' });
      for (const [i, volume] of volumes.entries()) if (volume !== bind[i]?.volume) await volumeClient.update(volume);
      for (const claim of claims) await claimClient.update(claim);
      const until = clock.now() + timeoutMs;
      for (;;) {
        const present = podClaims(pod, assumptions.claimLister);
        const lost = present.find(({ claim }) => !claim);
        if (lost) throw new Error(`binding volumes: error getting PVC ${pod.metadata.namespace}/${lost.name}: it is gone`);
        if (present.every(({ claim }) => claim && isFullyBound(claim))) return;
        for (const { claim } of present) {
          // The provisioner gives a node back where it cannot make the volume.
          const own = claims.find(({ metadata }) => metadata.name === claim?.metadata.name);
          if (own && claim && !isFullyBound(claim) && claim.metadata.resourceVersion !== own.metadata.resourceVersion && claim.metadata.annotations?.[SELECTED_NODE] === undefined) {
            throw new Error(`binding volumes: provisioning failed for PVC "${claim.metadata.name}"`);
          }
        }
        if (clock.now() >= until) throw new Error('binding volumes: context deadline exceeded');
        await sleep(clock, POLL_MS, signal);
      }
    },
    undo: () => assumptions.revert(volumes, claims),
  };
}

function claimed(volume: PersistentVolume, claim: PersistentVolumeClaim): PersistentVolume {
  if (volume.spec.claimRef && isBoundTo(volume, claim) && volume.spec.claimRef.uid) return volume;
  const { name, namespace, uid, resourceVersion } = claim.metadata;
  const prebound = volume.spec.claimRef !== undefined;
  return {
    ...volume,
    metadata: { ...volume.metadata, ...(prebound ? {} : { annotations: { ...volume.metadata.annotations, [BOUND_BY_CONTROLLER]: 'yes' } }) },
    spec: { ...volume.spec, claimRef: { kind: 'PersistentVolumeClaim', apiVersion: 'v1', namespace, name, uid, resourceVersion } },
  };
}

export function isFullyBound({ metadata, spec }: PersistentVolumeClaim): boolean {
  return Boolean(spec?.volumeName) && metadata.annotations?.[BIND_COMPLETED] !== undefined;
}

function isReachable({ spec }: PersistentVolume, node: Node): boolean {
  const terms: readonly NodeSelectorTerm[] | undefined = spec.nodeAffinity?.required?.nodeSelectorTerms;
  return !terms || terms.some((term) => matchesNodeSelectorTerm(term, node));
}

function canProvision(storageClass: StorageClass | undefined, node: Node): boolean {
  if (!storageClass?.provisioner || storageClass.provisioner === NO_PROVISIONER) return false;
  const topologies: readonly TopologySelectorTerm[] = storageClass.allowedTopologies ?? [];
  const labels = node.metadata.labels ?? {};
  return topologies.length === 0 || topologies.some(({ matchLabelExpressions = [] }) => matchLabelExpressions.every(({ key, values }) => Object.hasOwn(labels, key) && values.includes(labels[key] as string)));
}
