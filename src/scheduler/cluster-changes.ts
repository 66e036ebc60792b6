import type { Node, Pod, PodStatus } from '../api/types/core-v1.js';
import { deepEqual } from '../base/freeze.js';
import type { ClusterEvent } from './framework.js';
import { podRequests } from './resources.js';

/** What a change of a pod can mean to pods that wait, itself among them. */
export function podChanges(pod: Pod, old: Pod): ClusterEvent[] {
  const events: ClusterEvent[] = [];
  if (!deepEqual(pod.metadata.labels, old.metadata.labels)) events.push('pod-labels');
  if (!deepEqual(pod.spec.tolerations, old.spec.tolerations)) events.push('pod-tolerations');
  if (!deepEqual(pod.status?.resourceClaimStatuses, old.status?.resourceClaimStatuses)) events.push('pod-claims');
  const [now, before] = [podRequests(pod), podRequests(old)];
  if ([...before].some(([name, amount]) => (now.get(name) ?? 0) < amount)) events.push('pod-scaled-down');
  return events;
}

/** What a change of a node can mean to pods that wait. Heartbeats mean nothing. */
export function nodeChanges(node: Node, old: Node): ClusterEvent[] {
  const events: ClusterEvent[] = [];
  if (!deepEqual(node.metadata.labels, old.metadata.labels)) events.push('node-labels');
  if (!deepEqual(node.spec.taints, old.spec.taints) || node.spec.unschedulable !== old.spec.unschedulable) events.push('node-taints');
  if (!deepEqual(node.status?.allocatable, old.status?.allocatable)) events.push('node-allocatable');
  return events;
}

/** Whether a change of a pod that has its node can mean something to pods that wait; generations tell changes of the spec. */
export function matters(pod: Pod, old: Pod): boolean {
  const { metadata } = pod;
  if (metadata.generation !== old.metadata.generation || metadata.deletionTimestamp !== old.metadata.deletionTimestamp || !deepEqual(metadata.labels, old.metadata.labels)) return true;
  return !sameResourceStatus(pod.status, old.status) && !deepEqual([...podRequests(pod)], [...podRequests(old)]);
}

/** What the kubelet says of resources changes what a pod counts for while it is resized. */
function sameResourceStatus(status: PodStatus | undefined, old: PodStatus | undefined): boolean {
  const told = (of: PodStatus | undefined): unknown => [of?.resources, of?.allocatedResources, ...[...(of?.containerStatuses ?? []), ...(of?.initContainerStatuses ?? [])].map(({ resources, allocatedResources }) => [resources, allocatedResources])];
  const isInfeasible = (of: PodStatus | undefined): boolean => Boolean(of?.conditions?.some(({ type, reason }) => type === 'PodResizePending' && reason === 'Infeasible'));
  return isInfeasible(status) === isInfeasible(old) && deepEqual(told(status), told(old));
}
