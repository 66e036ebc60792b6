import type { Node, Pod } from '../api/types/core-v1.js';
import { deepEqual } from '../base/freeze.js';
import type { ClusterEvent } from './framework.js';

/** What a change of a node can mean to pods that wait. Heartbeats mean nothing. */
export function nodeChanges(node: Node, old: Node): ClusterEvent[] {
  const events: ClusterEvent[] = [];
  if (!deepEqual(node.metadata.labels, old.metadata.labels)) events.push('node-labels');
  if (!deepEqual(node.spec.taints, old.spec.taints) || node.spec.unschedulable !== old.spec.unschedulable) events.push('node-taints');
  if (!deepEqual(node.status?.allocatable, old.status?.allocatable)) events.push('node-allocatable');
  return events;
}

/** Whether a change of a pod that has its node can mean something to pods that wait; generations tell changes of the spec. */
export function matters({ metadata }: Pod, { metadata: old }: Pod): boolean {
  return metadata.generation !== old.generation || metadata.deletionTimestamp !== old.deletionTimestamp || !deepEqual(metadata.labels, old.labels);
}
