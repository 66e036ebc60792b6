import type { Node, Pod } from '../api/types/core-v1.js';
import type { ResourceClaim } from '../api/types/resource-v1.js';
import type { NodeInfo } from './node-info.js';
import type { Snapshot } from './snapshot.js';

/** Changes of the cluster that can make room for a pod that found none. Those of pods mean pods on nodes, or the pod that waits. */
export type ClusterEvent = 'node-added' | 'node-allocatable' | 'node-labels' | 'node-taints' | 'node-gone' | 'pod-gone' | 'pod-placed' | 'pod-labels' | 'pod-tolerations' | 'pod-scaled-down' | 'pod-claims' | 'volumes' | 'csi-nodes' | 'claims' | 'devices';

/** What has changed: the object as it is (or was, where it is gone) and, of a change within it, as it was before. */
export interface Change {
  readonly event: ClusterEvent;
  readonly pod?: Pod | undefined;
  readonly oldPod?: Pod | undefined;
  readonly node?: Node | undefined;
  readonly oldNode?: Node | undefined;
  readonly claim?: ResourceClaim | undefined;
  readonly oldClaim?: ResourceClaim | undefined;
}

/**
 * What plugins implement (k8s.io/kube-scheduler/framework). A plugin is made once for each pod that is scheduled, so what
 * it works out of the pod and the snapshot is worked out once and not for every node.
 */
export interface SchedulerPlugin {
  /** kube-scheduler's name of it. */
  readonly name: string;
  /** After which changes a pod that this plugin turned down is worth another try; new nodes are always. */
  readonly helpedBy: readonly ClusterEvent[];
  /** Whether one of those changes can really help a pod (queueing hints, KEP-4247); all can where this is not said. */
  helps?(pod: Pod, change: Change): boolean;
  /** Loads what the plugin needs for this pod; undefined, mostly, where it has all. */
  prepare?(pod: Pod): Promise<void> | undefined;
  /** False for a pod that is not to be tried yet, of which nothing is said. */
  preEnqueue?(pod: Pod): boolean;
  /** Said of the pod before any node is looked at; a failure holds for all nodes. */
  preFilter?(pod: Pod): FilterFailure | undefined;
  /** The only nodes that can come into question, where that is known beforehand. */
  nodes?(pod: Pod): ReadonlySet<string> | undefined;
  /** Undefined where the plugin has nothing to say about this pod. */
  filter?(pod: Pod, snapshot: Snapshot): NodeFilter | undefined;
  /** What the plugin can do for a pod that found no node; `nodes` were looked at by it. */
  postFilter?(pod: Pod, nodes: readonly Node[]): PostFilterResult | undefined;
  score?(pod: Pod, snapshot: Snapshot, feasible: readonly NodeInfo[]): NodeScore | undefined;
  /** Claims what the pod needs on its node besides the node itself; undefined when that is nothing. */
  reserve?(pod: Pod, node: Node): Reservation | undefined;
}

/** Whether a pod may run on a node: undefined when it may, else why not. */
export interface NodeFilter {
  (node: NodeInfo): FilterFailure | undefined;
  /**
   * For filters that count pods of other nodes beforehand: a pod is thought to come to a node or to leave it, while the
   * scheduler tries what would be if. The node's own NodeInfo changes without this.
   */
  changed?(pod: Pod, node: NodeInfo, sign: 1 | -1): void;
}

export interface Reservation {
  /** The plugin that it is for. */
  readonly plugin: string;
  /** Written before the pod is bound; a rejection sends the pod back. */
  preBind(signal: AbortSignal): Promise<void>;
  undo(): Promise<void> | void;
}

export interface FilterFailure {
  /** As FailedScheduling counts them: `node(s) didn't match Pod's node affinity/selector`, `Insufficient cpu`. */
  readonly reasons: readonly string[];
  /** False where evicting other pods could help (preemption). */
  readonly unresolvable: boolean;
}

export interface NodeScore {
  readonly weight: number;
  /** Raw scores of nodes; `normalize` brings those of all feasible nodes, in their order, to 0 … 100. */
  score(node: NodeInfo): number;
  normalize?(scores: number[]): void;
}

export interface PostFilterResult {
  /** Said in FailedScheduling, ahead of what preemption says. */
  readonly message: string;
  readonly act?: (() => Promise<void>) | undefined;
}

/** A plugin cannot say whether a pod fits: the try fails with this text. */
export class PluginError extends Error {}

export const MAX_SCORE = 100;

export const unresolvable = (...reasons: string[]): FilterFailure => ({ reasons, unresolvable: true });
export const unschedulable = (...reasons: string[]): FilterFailure => ({ reasons, unresolvable: false });

/** Pods without a priority have 0. */
export const priorityOf = (pod: Pod): number => pod.spec.priority ?? 0;

/** Brings scores to 0 … 100 by the highest; `reverse` for those where less is better. */
export function normalizeByMaximum(scores: number[], reverse = false): void {
  const maximum = scores.reduce((most, score) => Math.max(most, score), 0);
  for (const [i, score] of scores.entries()) {
    const scaled = maximum === 0 ? 0 : Math.floor((score * MAX_SCORE) / maximum);
    scores[i] = reverse ? MAX_SCORE - scaled : scaled;
  }
}

export type { Node, Pod };
