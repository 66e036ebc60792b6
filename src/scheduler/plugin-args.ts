/** What a profile may set of its plugins (pluginConfig of a KubeSchedulerConfiguration). */
export interface PluginArgs {
  readonly scoringStrategy?: ScoringStrategy | undefined;
}

/** Whether the emptier or the fuller node is liked better, by which resources; CPU and memory alike unless said otherwise. */
export interface ScoringStrategy {
  readonly type: 'LeastAllocated' | 'MostAllocated';
  readonly resources?: ReadonlyArray<{ readonly name: 'cpu' | 'memory'; readonly weight: number }> | undefined;
}
