import { Quantity } from '../../api/quantity.js';
import { formatTime } from '../../api/time.js';
import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerCondition, HorizontalPodAutoscalerSpec, MetricStatus } from '../../api/types/autoscaling-v2.js';
import type { AutoscalerConfig } from './config.js';
import { evaluateMetric, MetricFailure, type Scene } from './evaluate-metric.js';
import type { History } from './history.js';
import type { Reading } from './metrics-reader.js';
import { normalize } from './normalize.js';
import type { Tolerances } from './replica-calculator.js';

export type Conditions = readonly HorizontalPodAutoscalerCondition[];

/** What is to be done before any metric is asked: nothing for a target at rest, a step back into bounds, or `metrics` decide. */
export type Stance = { readonly type: 'disabled' } | { readonly type: 'bounds'; readonly replicas: number; readonly reason: string } | { readonly type: 'metrics' };

/** Pure. */
export function stanceOf({ minReplicas = 1, maxReplicas }: HorizontalPodAutoscalerSpec, current: number): Stance {
  if (current === 0) return { type: 'disabled' };
  if (current > maxReplicas) return { type: 'bounds', replicas: maxReplicas, reason: 'Current number of replicas above Spec.MaxReplicas' };
  if (current < minReplicas) return { type: 'bounds', replicas: minReplicas, reason: 'Current number of replicas below Spec.MinReplicas' };
  return { type: 'metrics' };
}

/** The condition in its place in the list; a time of transition only when the status changes. Pure. */
export function setCondition(conditions: Conditions, type: string, status: 'True' | 'False', reason: string, message: string, now: number): Conditions {
  const old = conditions.find((condition) => condition.type === type);
  const lastTransitionTime = old?.status === status ? old.lastTransitionTime : formatTime(now);
  const condition = { ...(lastTransitionTime === undefined ? {} : { lastTransitionTime }), message, reason, status, type };
  return old ? conditions.map((one) => (one === old ? condition : one)) : [...conditions, condition];
}

export interface Observed {
  readonly autoscaler: HorizontalPodAutoscaler;
  /** So far; AbleToScale says that the target's scale was found. */
  readonly conditions: Conditions;
  /** Of each metric, in the order of the spec. */
  readonly readings: readonly Reading[];
  readonly scene: Scene;
  readonly history: History;
  readonly config: AutoscalerConfig;
}

export interface Plan {
  readonly conditions: Conditions;
  readonly currentMetrics: readonly MetricStatus[];
  readonly history: History;
  /** Warnings of single metrics, in order. */
  readonly warnings: ReadonlyArray<{ readonly reason: string; readonly message: string }>;
  /** Why nothing can be decided, or the replicas that are wanted. */
  readonly outcome: { readonly failure: string } | { readonly replicas: number; readonly reason: string };
}

/** What a metric that said nothing looks like in the status. */
const UNKNOWN_METRIC: MetricStatus = { type: '' };

/** How many replicas the metrics ask for, within rules and limits. Pure. */
export function planReplicas({ autoscaler: { spec }, conditions, readings, scene, history, config }: Observed): Plan {
  const metrics = spec.metrics ?? [];
  const current = scene.specReplicas;
  const { nowMs: now } = scene;
  const currentMetrics: MetricStatus[] = [];
  const failures: MetricFailure[] = [];
  let best: { replicas: number; metric: string } | undefined;
  metrics.forEach((metric, i) => {
    try {
      const { status, ...proposal } = evaluateMetric(metric, readings[i] ?? { error: 'the metric was not read' }, scene);
      currentMetrics.push(status);
      if (!best || best.replicas === 0 || proposal.replicas > best.replicas) best = proposal;
    } catch (error) {
      if (!(error instanceof MetricFailure)) throw error;
      currentMetrics.push(UNKNOWN_METRIC);
      failures.push(error);
    }
  });
  const warnings = failures.map(({ reason, message }) => ({ reason, message }));
  const [first] = failures;
  // With some metrics unknown there may be more to do than is seen, never less.
  if (!best || (first && best.replicas < current)) {
    const reason = first?.reason ?? '';
    const message = `the HPA was unable to compute the replica count: ${first?.message ?? ''}`;
    return {
      conditions: setCondition(conditions, 'ScalingActive', 'False', reason, message, now),
      currentMetrics,
      history,
      warnings,
      outcome: { failure: `invalid metrics (${failures.length} invalid out of ${metrics.length}), first error is: ${first?.summary ?? ''}` },
    };
  }
  const { replicas: proposed, metric } = best;
  const active = setCondition(conditions, 'ScalingActive', 'True', 'ValidMetricFound', `the HPA was able to successfully calculate a replica count from ${metric}`, now);
  const desired = Math.max(proposed, 0);
  const { replicas, able, limited, history: after } = normalize({ spec, current, desired, history, now, config });
  const withAble = setCondition(active, 'AbleToScale', 'True', able.reason, able.message, now);
  const reason = desired > current ? `${metric} above target` : desired < current ? 'All metrics below target' : '';
  return {
    conditions: setCondition(withAble, 'ScalingLimited', limited.status, limited.reason, limited.message, now),
    currentMetrics,
    history: after,
    warnings,
    outcome: { replicas, reason },
  };
}

/** Tolerances of an autoscaler's own, or the usual one (KEP-4951). Pure. */
export function tolerancesOf({ behavior }: HorizontalPodAutoscalerSpec, tolerance: number): Tolerances {
  const of = (own: string | number | undefined): number => (own === undefined ? tolerance : Quantity.parse(own).toNumber());
  return { scaleDown: of(behavior?.scaleDown?.tolerance), scaleUp: of(behavior?.scaleUp?.tolerance) };
}
