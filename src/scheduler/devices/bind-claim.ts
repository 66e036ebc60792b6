import { ApiError } from '../../api/errors.js';
import { formatTime } from '../../api/time.js';
import type { Pod } from '../../api/types/core-v1.js';
import type { AllocationResult, ResourceClaim } from '../../api/types/resource-v1.js';
import type { Clock } from '../../base/clock.js';
import type { ResourceClient } from '../../client/types.js';
import { keyOfClaim } from './requests.js';

const FINALIZER = 'resource.kubernetes.io/delete-protection';
const MAX_TRIES = 5;

/** Writes for whom a claim is reserved and, for one that had none, its allocation; gives the claim as written. */
export async function bindClaim(pod: Pod, known: ResourceClaim, allocation: AllocationResult | undefined, claims: ResourceClient<ResourceClaim>, clock: Clock): Promise<ResourceClaim> {
  let claim = known;
  for (let attempt = 1; ; attempt++) {
    try {
      return await write(pod, claim, allocation, claims, clock);
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 409) || attempt === MAX_TRIES) throw error;
      claim = await claims.get(claim.metadata.name, claim.metadata.namespace);
    }
  }
}

async function write(pod: Pod, known: ResourceClaim, allocation: AllocationResult | undefined, claims: ResourceClient<ResourceClaim>, clock: Clock): Promise<ResourceClaim> {
  let claim = known;
  const key = keyOfClaim(claim);
  if (claim.metadata.deletionTimestamp) throw new Error(`claim ${key} got deleted in the meantime`);
  if (allocation) {
    if (claim.status?.allocation) throw new Error(`claim ${key} got allocated elsewhere in the meantime`);
    const { finalizers = [] } = claim.metadata;
    if (!finalizers.includes(FINALIZER)) claim = await claims.update({ ...claim, metadata: { ...claim.metadata, finalizers: [...finalizers, FINALIZER] } });
  }
  const found = allocation ?? claim.status?.allocation;
  if (!found) throw new Error(`claim ${key} got deallocated elsewhere in the meantime`);
  const { name, uid = '' } = pod.metadata;
  const status = {
    ...claim.status,
    allocation: { ...found, allocationTimestamp: found.allocationTimestamp ?? formatTime(clock.now()) },
    reservedFor: [...(claim.status?.reservedFor ?? []), { resource: 'pods', name, uid }],
  };
  return claims.updateSubresource({ ...claim, status }, 'status');
}

/** Takes a reservation back: the pod is not bound after all. */
export async function unreserveClaim({ metadata }: Pod, claim: ResourceClaim, claims: ResourceClient<ResourceClaim>): Promise<void> {
  const { name, namespace, uid } = claim.metadata;
  await claims.patch({ name, namespace, subresource: 'status' }, { type: 'strategic', body: { metadata: { uid }, status: { reservedFor: [{ $patch: 'delete', uid: metadata.uid }] } } });
}

/** Gives a claim's devices back. */
export async function deallocate(claim: ResourceClaim, claims: ResourceClient<ResourceClaim>): Promise<void> {
  await claims.updateSubresource({ ...claim, status: {} }, 'status');
}

/** Deletes a claim that the scheduler made itself. */
export async function deleteOwnClaim(claim: ResourceClaim, claims: ResourceClient<ResourceClaim>): Promise<void> {
  const { name, namespace, finalizers = [] } = claim.metadata;
  const current = await claims.get(name, namespace);
  if (finalizers.length > 0 || current.metadata.finalizers?.length) await claims.update({ ...current, metadata: { ...current.metadata, finalizers: current.metadata.finalizers?.filter((one) => one !== FINALIZER) } });
  await claims.delete({ name, namespace });
}
