import type { Pod, PodResourceClaim } from '../../api/types/core-v1.js';
import type { ResourceClaim, ResourceClaimConsumerReference, ResourceClaimTemplate } from '../../api/types/resource-v1.js';
import { isPodFinished } from '../shared/pods.js';

/** On claims that were made for a pod: which of its entries they are for. */
export const CLAIM_NAME_ANNOTATION = 'resource.kubernetes.io/pod-claim-name';
export const FINALIZER = 'resource.kubernetes.io/delete-protection';
/** More pods cannot share a claim. */
const MAX_CONSUMERS = 256;
/** Room for a hyphen and five characters in a name of 63. */
const MAX_BASE = 57;

/** What a claim for an entry of a pod is called: its own name, '' while that is not known; undefined where none is needed. Pure. */
export function claimNameOf(pod: Pod, { name, resourceClaimName, resourceClaimTemplateName }: PodResourceClaim): string | undefined {
  if (resourceClaimName !== undefined) return resourceClaimName;
  if (resourceClaimTemplateName === undefined) return undefined;
  const status = pod.status?.resourceClaimStatuses?.find((one) => one.name === name);
  return status ? status.resourceClaimName : '';
}

/** The claim that a template makes for an entry of a pod. Pure. */
export function claimFromTemplate(pod: Pod, entry: string, { spec: { metadata, spec } }: ResourceClaimTemplate): ResourceClaim {
  const { name, namespace, uid = '' } = pod.metadata;
  return {
    apiVersion: 'resource.k8s.io/v1',
    kind: 'ResourceClaim',
    metadata: {
      generateName: baseName(name, entry),
      namespace,
      ...(metadata?.labels ? { labels: metadata.labels } : {}),
      annotations: { ...metadata?.annotations, [CLAIM_NAME_ANNOTATION]: entry },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name, uid, controller: true }],
    } as unknown as ResourceClaim['metadata'],
    spec,
  };
}

/** Of names that are too long together each keeps its share. */
function baseName(pod: string, entry: string): string {
  const whole = `${pod}-${entry}-`;
  if (whole.length <= MAX_BASE) return whole;
  const share = (text: string, length: number): string => text.slice(0, Math.trunc((text.length * MAX_BASE) / length));
  const first = `${share(pod, whole.length)}-`;
  return first + share(entry, whole.length);
}

export function isPodDone(pod: Pod): boolean {
  return isPodFinished(pod) || (pod.metadata.deletionTimestamp !== undefined && !pod.spec.nodeName);
}

/** Whether a running pod must still be entered among those that an allocated claim is reserved for. Pure. */
export function needsReservation(pod: Pod, { status }: ResourceClaim): boolean {
  const consumers = status?.reservedFor ?? [];
  return status?.allocation !== undefined && consumers.length < MAX_CONSUMERS && !consumers.some(({ uid }) => uid === pod.metadata.uid);
}

/** Those that still use a claim; `podOf` gives the pod of a name as it is now. What is no pod is not ours to judge. Pure. */
export function remainingConsumers({ status }: ResourceClaim, podOf: (name: string) => Pod | undefined): readonly ResourceClaimConsumerReference[] {
  return (status?.reservedFor ?? []).filter(({ apiGroup = '', resource, name, uid }) => {
    if (apiGroup !== '' || resource !== 'pods') return true;
    const pod = podOf(name);
    return pod !== undefined && pod.metadata.uid === uid && !isPodDone(pod);
  });
}
