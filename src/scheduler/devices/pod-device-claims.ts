import type { Pod } from '../../api/types/core-v1.js';
import type { ResourceClaim } from '../../api/types/resource-v1.js';
import type { Lister } from '../../client/informer.js';

/** The claims of a pod, or why they are not all there (yet). A claim that its template did not make is not needed. */
export function deviceClaimsOf(pod: Pod, claims: Lister<ResourceClaim>): ResourceClaim[] | string {
  const { name: podName, namespace = '', uid } = pod.metadata;
  const found: ResourceClaim[] = [];
  for (const { name: entry, resourceClaimName, resourceClaimTemplateName } of pod.spec.resourceClaims ?? []) {
    const isMade = resourceClaimName === undefined;
    if (isMade && resourceClaimTemplateName === undefined) return `pod "${namespace}/${podName}", spec.resourceClaim ${JSON.stringify(entry)}: none of the supported fields are set`;
    const status = isMade ? pod.status?.resourceClaimStatuses?.find(({ name }) => name === entry) : undefined;
    if (isMade && !status) return `pod "${namespace}/${podName}": ResourceClaim not created yet`;
    const name = resourceClaimName ?? status?.resourceClaimName;
    if (name === undefined) continue;
    const claim = claims.get(name, namespace);
    if (!claim) return `resourceclaim.resource.k8s.io ${JSON.stringify(name)} not found`;
    if (claim.metadata.deletionTimestamp) return `resourceclaim ${JSON.stringify(name)} is being deleted`;
    if (isMade && !claim.metadata.ownerReferences?.some(({ controller, uid: owner }) => controller && owner === uid)) {
      return `ResourceClaim ${namespace}/${name} was not created for Pod ${namespace}/${podName} (Pod is not owner)`;
    }
    found.push(claim);
  }
  return found;
}

const MAX_CONSUMERS = 256;

export function isReservedFor({ metadata }: Pod, { status }: ResourceClaim): boolean {
  return (status?.reservedFor ?? []).some(({ uid }) => uid === metadata.uid);
}

/** Whether one more pod can share an allocated claim. */
export const canBeReserved = ({ status }: ResourceClaim): boolean => (status?.reservedFor?.length ?? 0) < MAX_CONSUMERS;
