/** How autoscaling works where an object says nothing of its own; kube-controller-manager's --horizontal-pod-autoscaler-… flags. */
export interface AutoscalerConfig {
  /** Time between two looks at an autoscaler. */
  readonly syncPeriodMs: number;
  /** How long a recommendation holds back a later, smaller one. */
  readonly downscaleStabilizationMs: number;
  /** How long after a pod's start its CPU samples count only while it is ready. */
  readonly cpuInitializationPeriodMs: number;
  /** A change of readiness this soon after the start counts as the first one. */
  readonly initialReadinessDelayMs: number;
  /** By how much a ratio may differ from 1 before anything is done. */
  readonly tolerance: number;
}

export const DEFAULT_AUTOSCALER_CONFIG: AutoscalerConfig = {
  syncPeriodMs: 15_000,
  downscaleStabilizationMs: 300_000,
  cpuInitializationPeriodMs: 300_000,
  initialReadinessDelayMs: 30_000,
  tolerance: 0.1,
};
