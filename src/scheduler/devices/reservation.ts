import type { ContainerExtendedResourceRequest, Pod } from '../../api/types/core-v1.js';
import type { AllocationResult, ResourceClaim } from '../../api/types/resource-v1.js';
import { sleep, type Clock } from '../../base/clock.js';
import type { EventRecorder } from '../../client/recorder.js';
import type { Client, ResourceClient } from '../../client/types.js';
import type { Reservation } from '../framework.js';
import { bindClaim, deleteOwnClaim, unreserveClaim } from './bind-claim.js';
import { bindingReadiness, hasBindingConditions } from './binding-conditions.js';
import type { DeviceState } from './device-state.js';
import { isReservedFor } from './pod-device-claims.js';

/** A claim of a pod with the allocation that was found for it, where it had none. */
export interface ClaimToBind {
  readonly claim: ResourceClaim;
  readonly allocation: AllocationResult | undefined;
  /** For a claim that is yet to be made, for the pod's extended resources. */
  readonly mappings: readonly ContainerExtendedResourceRequest[] | undefined;
}

export interface ReservationTools {
  readonly client: Client;
  readonly clock: Clock;
  readonly events: EventRecorder;
  readonly devices: DeviceState;
}

/** kube-scheduler's bindingTimeout of DynamicResources. */
const TIMEOUT_MS = 600_000;
const POLL_MS = 5000;

/** Holds devices for a pod until its claims say so themselves. */
export function reserveClaims(pod: Pod, node: string, toBind: readonly ClaimToBind[], tools: ReservationTools): Reservation {
  const { client, clock, devices } = tools;
  const claims = client.resource<ResourceClaim>({ group: 'resource.k8s.io', version: 'v1', resource: 'resourceclaims' });
  const pods = client.resource<Pod>({ group: '', version: 'v1', resource: 'pods' });
  const bound = new Map<ClaimToBind, ResourceClaim>();
  const made = new Set<ResourceClaim>();
  for (const { claim, allocation } of toBind) if (allocation) devices.allocated.assume({ ...claim, status: { ...claim.status, allocation } });
  return {
    plugin: 'DynamicResources',
    preBind: async (signal) => {
      for (const entry of toBind) {
        if (isReservedFor(pod, entry.claim)) continue;
        let { claim } = entry;
        if (entry.mappings) {
          claim = await claims.create({ ...claim, metadata: { ...claim.metadata, uid: undefined } });
          made.add(claim);
        }
        const written = await bindClaim(pod, claim, entry.allocation, claims, clock);
        bound.set(entry, written);
        if (entry.allocation) devices.allocated.settle(entry.claim);
        devices.allocated.settle(written, written);
        if (entry.mappings) await tellPod(pod, written.metadata.name, entry.mappings, pods);
      }
      await prepared(pod, node, [...toBind].map((entry) => bound.get(entry) ?? entry.claim), tools, signal);
    },
    undo: async () => {
      for (const entry of toBind) {
        if (entry.allocation) devices.allocated.settle(entry.claim);
        const written = bound.get(entry);
        if (written && !entry.mappings) await unreserveClaim(pod, written, claims);
      }
      for (const claim of made) await deleteOwnClaim(claim, claims);
    },
  };
}

async function tellPod({ metadata }: Pod, resourceClaimName: string, requestMappings: readonly ContainerExtendedResourceRequest[], pods: ResourceClient<Pod>): Promise<void> {
  const { name, namespace, uid } = metadata;
  await pods.patch({ name, namespace, subresource: 'status' }, { type: 'strategic', body: { metadata: { uid }, status: { extendedResourceClaimStatus: { requestMappings, resourceClaimName } } } });
}

/** Waits until devices that have to be prepared first are. */
async function prepared(pod: Pod, node: string, claims: readonly ResourceClaim[], { clock, events, devices }: ReservationTools, signal: AbortSignal): Promise<void> {
  if (!claims.some(hasBindingConditions)) return;
  events.record(pod, 'Normal', 'BindingConditionsPending', `waiting for binding conditions for device on node ${node}`, { action: 'Scheduling' });
  for (const until = clock.now() + TIMEOUT_MS; ; ) {
    const states = claims.map((claim) => {
      const now = devices.claims.get(claim.metadata.name, claim.metadata.namespace);
      return bindingReadiness(now?.status?.allocation ? now : claim);
    });
    const failure = states.find((state) => typeof state === 'string');
    if (failure !== undefined) throw new Error(String(failure));
    if (states.every((state) => state === true)) return;
    if (clock.now() >= until) throw new Error('device binding timeout: context deadline exceeded');
    await sleep(clock, POLL_MS, signal);
  }
}
