import type { NodeAffinity, TopologySpreadConstraint } from '../api/types/core-v1.js';

/** What a profile may set of its plugins (pluginConfig of a KubeSchedulerConfiguration). */
export interface PluginArgs {
  readonly nodeResourcesFit?: NodeResourcesFitArgs | undefined;
  readonly balancedAllocation?: readonly ResourceWeight[] | undefined;
  readonly interPodAffinity?: InterPodAffinityArgs | undefined;
  /** Constraints of pods that have none themselves; nothing for those that kube-scheduler has built in. */
  readonly defaultConstraints?: readonly TopologySpreadConstraint[] | undefined;
  /** Which nodes all pods are limited to, or drawn to, beyond what they say themselves. */
  readonly addedAffinity?: NodeAffinity | undefined;
  readonly defaultPreemption?: DefaultPreemptionArgs | undefined;
  readonly volumeBinding?: VolumeBindingArgs | undefined;
}

export interface NodeResourcesFitArgs {
  /** Extended resources that are not looked at: by name, and by the part of the name before the slash. */
  readonly ignoredResources?: readonly string[] | undefined;
  readonly ignoredResourceGroups?: readonly string[] | undefined;
  readonly scoringStrategy?: ScoringStrategy | undefined;
}

export interface InterPodAffinityArgs {
  /** How much the required affinity of pods that are there counts as a preference of theirs: 0 … 100, 1 unless said otherwise. */
  readonly hardPodAffinityWeight?: number | undefined;
  /** Whether pods that are there prefer nothing about pods that prefer nothing themselves. */
  readonly ignorePreferredTermsOfExistingPods?: boolean | undefined;
}

/** How many nodes preemption looks at until it has enough to choose from: the larger of both. */
export interface DefaultPreemptionArgs {
  readonly minCandidateNodesPercentage: number;
  readonly minCandidateNodesAbsolute: number;
}

export interface VolumeBindingArgs {
  readonly bindTimeoutSeconds: number;
}

export interface ResourceWeight {
  readonly name: string;
  readonly weight: number;
}

/** Score 0 … 10 of a utilization 0 … 100. */
export interface ShapePoint {
  readonly utilization: number;
  readonly score: number;
}

/** Which use of its resources makes a node liked, by which resources; CPU and memory alike unless said otherwise. */
export interface ScoringStrategy {
  readonly type: 'LeastAllocated' | 'MostAllocated' | 'RequestedToCapacityRatio';
  readonly resources?: readonly ResourceWeight[] | undefined;
  /** Of RequestedToCapacityRatio. */
  readonly shape?: readonly ShapePoint[] | undefined;
}
