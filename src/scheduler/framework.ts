import type { Node, Pod } from '../api/types/core-v1.js';
import type { NodeInfo } from './node-info.js';
import type { Snapshot } from './snapshot.js';

/**
 * What plugins implement (k8s.io/kube-scheduler/framework). A plugin is made once for each pod that is scheduled, so what
 * it works out of the pod and the snapshot is worked out once and not for every node.
 */
export interface SchedulerPlugin {
  /** kube-scheduler's name of it. */
  readonly name: string;
  /** Undefined where the plugin has nothing to say about this pod. */
  filter?(pod: Pod, snapshot: Snapshot): NodeFilter | undefined;
  score?(pod: Pod, snapshot: Snapshot): NodeScore | undefined;
}

/** Whether a pod may run on a node: undefined when it may, else why not. */
export type NodeFilter = (node: NodeInfo) => FilterFailure | undefined;

export interface FilterFailure {
  /** As FailedScheduling counts them: `node(s) didn't match Pod's node affinity/selector`, `Insufficient cpu`. */
  readonly reasons: readonly string[];
  /** False where evicting other pods could help (preemption). */
  readonly unresolvable: boolean;
}

export interface NodeScore {
  readonly weight: number;
  /** Raw scores of nodes; `normalize` brings them to 0 … 100. */
  score(node: NodeInfo): number;
  normalize?(scores: Map<string, number>): void;
}

export const MAX_SCORE = 100;

export const unresolvable = (...reasons: string[]): FilterFailure => ({ reasons, unresolvable: true });
export const unschedulable = (...reasons: string[]): FilterFailure => ({ reasons, unresolvable: false });

/** Brings scores to 0 … 100 by the highest; `reverse` for those where less is better. */
export function normalizeByMaximum(scores: Map<string, number>, reverse = false): void {
  const maximum = Math.max(0, ...scores.values());
  for (const [name, score] of scores) {
    const scaled = maximum === 0 ? 0 : Math.floor((score * MAX_SCORE) / maximum);
    scores.set(name, reverse ? MAX_SCORE - scaled : scaled);
  }
}

export type { Node, Pod };
