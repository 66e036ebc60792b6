import type { Pod, PodCondition, PodStatus } from '../../api/types/core-v1.js';

/**
 * A strategic merge patch of a pod's status that sets one condition, for this very pod and no other of its name. A new
 * condition comes last: without the order a patch's new items would stand first
 * (k8s.io/kubernetes/pkg/util/pod, PatchPodStatus). Pure.
 */
export function podConditionPatch({ metadata, status }: Pod, condition: PodCondition, others: Partial<PodStatus> = {}): Record<string, unknown> {
  const types = (status?.conditions ?? []).map(({ type }) => type);
  const order = [...new Set([...types, condition.type])].map((type) => ({ type }));
  return { metadata: { uid: metadata.uid }, status: { ...others, '$setElementOrder/conditions': order, conditions: [condition] } };
}
