import type { Node, Pod } from '../../api/types/core-v1.js';
import type { AllocationResult, ResourceClaim } from '../../api/types/resource-v1.js';
import { deepEqual } from '../../base/freeze.js';
import type { Ids } from '../../base/ids.js';
import type * as engineModule from '../devices/engine.js';
import { deallocate, deleteOwnClaim } from '../devices/bind-claim.js';
import { deviceResources, extendedResourceClaim, leftOverClaim } from '../devices/extended-resources.js';
import { canBeReserved, deviceClaimsOf, isReservedFor } from '../devices/pod-device-claims.js';
import { matchesSelector } from '../devices/pools.js';
import { alternativesOf, keyOfClaim, requestsOf } from '../devices/requests.js';
import { type ClaimToBind, reserveClaims, type ReservationTools } from '../devices/reservation.js';
import { type FilterFailure, type NodeFilter, normalizeByMaximum, PluginError, type PostFilterResult, type SchedulerPlugin, unresolvable } from '../framework.js';
import type { NodeInfo } from '../node-info.js';

const NAME = 'DynamicResources';
const UNAVAILABLE = unresolvable('resourceclaim not available on the node');
/** The most alternatives that a request can have. */
const MAX_ALTERNATIVES = 8;

export interface DynamicResourcesDependencies extends ReservationTools {
  readonly ids: Pick<Ids, 'uid'>;
}

type Engine = typeof engineModule;

/** What was found for the pod that is just being placed, by node. */
interface Current {
  readonly pod: Pod;
  readonly byNode: Map<string, readonly ClaimToBind[]>;
}

/** Devices that pods claim are found for them where they run (https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/). */
export function dynamicResources(dependencies: DynamicResourcesDependencies): SchedulerPlugin {
  const { client, devices, ids } = dependencies;
  const { claims: informer, classes, allocated, slices } = devices;
  const claimClient = client?.resource<ResourceClaim>({ group: 'resource.k8s.io', version: 'v1', resource: 'resourceclaims' });
  let engine: { readonly module: Engine; readonly selectors: InstanceType<Engine['DeviceSelectors']> } | undefined;
  let loading: Promise<void> | undefined;
  let current: Current | undefined;

  const claimsOf = (pod: Pod): readonly ResourceClaim[] => {
    const found = pod.spec.resourceClaims?.length ? deviceClaimsOf(pod, informer) : [];
    return typeof found === 'string' ? [] : found;
  };
  const resourcesOf = (pod: Pod): ReadonlyMap<string, number> => deviceResources(pod, classes);
  const asksForDevices = (pod: Pod): boolean => Boolean(pod.spec.resourceClaims?.length) || resourcesOf(pod).size > 0;

  async function load(): Promise<void> {
    const module = await import('../devices/engine.js');
    engine = { module, selectors: new module.DeviceSelectors() };
  }

  function preFilter(pod: Pod): FilterFailure | undefined {
    const found = pod.spec.resourceClaims?.length ? deviceClaimsOf(pod, informer) : [];
    if (typeof found === 'string') return unresolvable(found);
    for (const claim of found) {
      if (claim.status?.allocation) {
        if (!canBeReserved(claim) && !isReservedFor(pod, claim)) return unresolvable('resourceclaim in use');
        continue;
      }
      if (allocated.isPending(claim)) return unresolvable(`resource claim ${keyOfClaim(claim)} is in the process of being allocated`);
      for (const wanted of requestsOf(claim).flatMap(alternativesOf)) if (!classes.get(wanted.className)) return unresolvable(`request ${wanted.name}: device class ${wanted.className} does not exist`);
    }
    return undefined;
  }

  function filter(pod: Pod): NodeFilter | undefined {
    current = undefined;
    if (!asksForDevices(pod) || !engine) return undefined;
    const own = claimsOf(pod);
    const extended = resourcesOf(pod);
    if (own.length === 0 && extended.size === 0) return undefined;
    const leftOver = extended.size > 0 ? leftOverClaim(pod, informer.list(pod.metadata.namespace)) : undefined;
    const { module, selectors } = engine;
    const byNode = new Map<string, readonly ClaimToBind[]>();
    current = { pod, byNode };
    const uid = extended.size > 0 ? ids.uid() : '';
    return ({ node, allocatable }) => {
      if (leftOver) return unresolvable('cannot schedule extended resource claim');
      const backed = [...extended.keys()].filter((name) => (allocatable.get(name) ?? 0) === 0);
      const made = backed.length > 0 ? extendedResourceClaim(pod, backed, classes) : undefined;
      const special = made && { ...made, claim: { ...made.claim, metadata: { ...made.claim.metadata, uid } } };
      const all = [...own.map((claim) => ({ claim, mappings: undefined })), ...(special ? [special] : [])];
      if (all.length === 0) return undefined;
      const wanting = all.filter(({ claim }) => !claim.status?.allocation);
      let results: readonly AllocationResult[] | undefined = [];
      try {
        if (wanting.length > 0) results = module.allocate(wanting.map(({ claim }) => claim), node, { slices, allocated, classes: classes.get, selectors, ids });
      } catch (error) {
        if (error instanceof module.NodeAllocationError) return unresolvable(error.message);
        if (error instanceof module.AllocationError) throw new PluginError(`running "${NAME}" filter plugin: ${error.message}`);
        throw error;
      }
      if (!results) return unresolvable('cannot allocate all claims');
      if (own.some((claim) => !isAvailable(claim, node))) return UNAVAILABLE;
      let i = 0;
      byNode.set(node.metadata.name, all.map(({ claim, mappings }) => ({ claim, mappings, allocation: claim.status?.allocation ? undefined : results[i++] })));
      return undefined;
    };
  }

  function postFilter(pod: Pod, nodes: readonly Node[]): PostFilterResult {
    const own = claimsOf(pod);
    const hasExtended = resourcesOf(pod).size > 0;
    if (preFilter(pod) || (own.length === 0 && !hasExtended)) return { message: 'no new claims to deallocate' };
    const idle = own.find((claim) => (claim.status?.reservedFor ?? []).every(({ uid }) => uid === pod.metadata.uid) && nodes.some((node) => !isAvailable(claim, node)));
    if (idle) return { message: 'deallocation of ResourceClaim completed', act: () => deallocate(idle, claimClient) };
    const leftOver = hasExtended ? leftOverClaim(pod, informer.list(pod.metadata.namespace)) : undefined;
    if (leftOver) return { message: 'deletion of ResourceClaim completed', act: () => deleteOwnClaim(leftOver, claimClient) };
    return { message: 'still not schedulable' };
  }

  return {
    name: NAME,
    helpedBy: ['claims', 'devices', 'node-labels', 'pod-claims'],
    helps: (pod, { event, claim, oldClaim, pod: other }) => {
      if (event === 'pod-claims') return other?.metadata.uid === pod.metadata.uid;
      if (event !== 'claims') return true;
      if (oldClaim?.status?.allocation && !claim?.status?.allocation) return true;
      if (!claim || !claimsOf(pod).some(({ metadata }) => metadata.uid === claim.metadata.uid)) return false;
      return !oldClaim || !deepEqual(oldClaim.status, claim.status);
    },
    prepare: (pod) => (engine || !asksForDevices(pod) ? undefined : (loading ??= load())),
    preEnqueue: (pod) => !pod.spec.resourceClaims?.length || typeof deviceClaimsOf(pod, informer) !== 'string',
    preFilter: (pod) => (asksForDevices(pod) ? preFilter(pod) : undefined),
    filter,
    postFilter,
    score: (pod) => {
      const alternatives = claimsOf(pod).flatMap(requestsOf).filter(({ firstAvailable }) => firstAvailable?.length);
      const found = current?.pod === pod ? current.byNode : undefined;
      if (alternatives.length === 0 || !found) return undefined;
      return { weight: 2, score: ({ name }: NodeInfo) => (found.get(name) ?? []).reduce((sum, entry) => sum + preferenceOf(entry), 0), normalize: (scores) => normalizeByMaximum(scores) };
    },
    reserve: (pod, node) => {
      const found = current?.pod === pod ? current.byNode.get(node.metadata.name) : undefined;
      current = undefined;
      return found && reserveClaims(pod, node.metadata.name, found, dependencies);
    },
  };
}

function isAvailable({ status }: ResourceClaim, node: Node): boolean {
  const selector = status?.allocation?.nodeSelector;
  return !selector || matchesSelector(node, selector);
}

/** The earlier the alternatives that were taken, the better. */
function preferenceOf({ claim, allocation = claim.status?.allocation }: ClaimToBind): number {
  const taken = new Set((allocation?.devices?.results ?? []).map(({ request }) => request));
  return requestsOf(claim).reduce((sum, { name, firstAvailable = [] }) => {
    const index = firstAvailable.findIndex((alternative) => taken.has(`${name}/${alternative.name}`));
    return sum + (index < 0 ? 0 : MAX_ALTERNATIVES - index);
  }, 0);
}
