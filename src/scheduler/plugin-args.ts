/** What a profile may set of its plugins (pluginConfig of a KubeSchedulerConfiguration). */
export interface PluginArgs {
  readonly scoringStrategy?: ScoringStrategy | undefined;
  readonly interPodAffinity?: InterPodAffinityArgs | undefined;
}

export interface InterPodAffinityArgs {
  /** How much the required affinity of pods that are there counts as a preference of theirs: 0 … 100, 1 unless said otherwise. */
  readonly hardPodAffinityWeight?: number | undefined;
  /** Whether pods that are there prefer nothing about pods that prefer nothing themselves. */
  readonly ignorePreferredTermsOfExistingPods?: boolean | undefined;
}

/** Whether the emptier or the fuller node is liked better, by which resources; CPU and memory alike unless said otherwise. */
export interface ScoringStrategy {
  readonly type: 'LeastAllocated' | 'MostAllocated';
  readonly resources?: ReadonlyArray<{ readonly name: 'cpu' | 'memory'; readonly weight: number }> | undefined;
}
