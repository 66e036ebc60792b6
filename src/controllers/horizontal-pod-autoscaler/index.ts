import { parseLabelSelector, type LabelMatcher } from '../../api/label-selector.js';
import type { ResourceDirectory } from '../../api/served-resource.js';
import { formatTime } from '../../api/time.js';
import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerStatus, MetricStatus } from '../../api/types/autoscaling-v2.js';
import type { Pod } from '../../api/types/core-v1.js';
import { deepEqual } from '../../base/freeze.js';
import type { Controller, ControllerContext, ReconcileResult } from '../../client/controller.js';
import { keyOf, splitKey } from '../../client/informer.js';
import { PODS } from '../shared/resources.js';
import type { AutoscalerConfig } from './config.js';
import { newHistory, withScaling, type History } from './history.js';
import { apiMetricsReader, type MetricsReader } from './metrics-reader.js';
import { planReplicas, setCondition, stanceOf, tolerancesOf, type Conditions } from './plan.js';
import { ScaleTarget } from './scale-target.js';

export { DEFAULT_AUTOSCALER_CONFIG, type AutoscalerConfig } from './config.js';

const AUTOSCALERS = { group: 'autoscaling', version: 'v2', resource: 'horizontalpodautoscalers' };

/** Looks at every HorizontalPodAutoscaler once in a sync period and scales its target by its metrics. */
export function horizontalPodAutoscalerController(directory: ResourceDirectory, config: AutoscalerConfig): Controller {
  return new HorizontalPodAutoscalerController(directory, config);
}

class HorizontalPodAutoscalerController implements Controller {
  readonly name = 'horizontal-pod-autoscaler-controller';
  readonly eventSource = 'horizontal-pod-autoscaler';
  private context!: ControllerContext;
  private metrics!: MetricsReader;
  private readonly histories = new Map<string, History>();
  /** Which pods each autoscaler is for, as far as is known. */
  private readonly selectors = new Map<string, LabelMatcher>();

  constructor(
    private readonly directory: ResourceDirectory,
    private readonly config: AutoscalerConfig,
  ) {}

  setUp(context: ControllerContext): void {
    this.context = context;
    this.metrics = apiMetricsReader(context.client);
    // Not at once: the first look comes a whole period after the object, as every later one.
    const later = (autoscaler: HorizontalPodAutoscaler): void => context.enqueueAfter(keyOf(autoscaler), this.config.syncPeriodMs);
    context.informers.for<HorizontalPodAutoscaler>(AUTOSCALERS).addHandler({ onAdd: later, onUpdate: later, onDelete: (autoscaler) => this.forget(keyOf(autoscaler)) });
    context.informers.for<Pod>(PODS);
  }

  async reconcile(key: string): Promise<ReconcileResult | void> {
    const { name, namespace } = splitKey(key);
    const autoscaler = this.context.informers.for<HorizontalPodAutoscaler>(AUTOSCALERS).get(name, namespace);
    if (!autoscaler) {
      this.forget(key);
      return;
    }
    try {
      await this.look(key, autoscaler);
    } catch (error) {
      this.context.logger.debug({ err: error, autoscaler: key }, 'autoscaling failed');
    }
    // However it went: the period is fixed.
    return { requeueAfterMs: this.config.syncPeriodMs };
  }

  private forget(key: string): void {
    this.histories.delete(key);
    this.selectors.delete(key);
  }

  private async look(key: string, autoscaler: HorizontalPodAutoscaler): Promise<void> {
    const { clock, client } = this.context;
    const { spec } = autoscaler;
    const namespace = autoscaler.metadata.namespace ?? '';
    const before = autoscaler.status?.conditions ?? [];
    let target: ScaleTarget;
    try {
      target = await ScaleTarget.find(client, this.directory, spec.scaleTargetRef, namespace);
    } catch (error) {
      const { message } = error as Error;
      this.context.events.record(autoscaler, 'Warning', 'FailedGetScale', message);
      await this.write(autoscaler, { ...statusOf(autoscaler), conditions: setCondition(before, 'AbleToScale', 'False', 'FailedGetScale', `the HPA controller was unable to get the target's current scale: ${message}`, clock.now()) });
      return;
    }
    const current = target.replicas;
    const found = setCondition(before, 'AbleToScale', 'True', 'SucceededGetScale', "the HPA controller was able to get the target's current scale", clock.now());
    if (!this.histories.has(key)) this.histories.set(key, newHistory(current, clock.now()));
    const stance = stanceOf(spec, current);
    if (stance.type === 'disabled') {
      const conditions = setCondition(found, 'ScalingActive', 'False', 'ScalingDisabled', 'scaling is disabled since the replica count of the target is zero', clock.now());
      await this.write(autoscaler, { ...statusOf(autoscaler), conditions, currentReplicas: 0, desiredReplicas: 0, currentMetrics: [] });
    } else if (stance.type === 'bounds') await this.scaleTo(key, autoscaler, target, stance, found, []);
    else await this.scaleByMetrics(key, autoscaler, target, found);
  }

  private async scaleByMetrics(key: string, autoscaler: HorizontalPodAutoscaler, target: ScaleTarget, found: Conditions): Promise<void> {
    const { clock } = this.context;
    const { spec } = autoscaler;
    const namespace = autoscaler.metadata.namespace ?? '';
    const fail = async (conditions: Conditions, currentMetrics: readonly MetricStatus[], text: string): Promise<void> => {
      await this.write(autoscaler, { ...statusOf(autoscaler), conditions, currentMetrics, currentReplicas: target.replicas });
      this.context.events.record(autoscaler, 'Warning', 'FailedComputeMetricsReplicas', text);
    };
    const selected = this.select(key, autoscaler, target.scale.status?.selector ?? '');
    if ('problem' in selected) {
      const { reason, condition, text } = selected.problem;
      this.context.events.record(autoscaler, 'Warning', reason, text);
      await fail(setCondition(found, 'ScalingActive', 'False', condition.reason, condition.message, clock.now()), [], text);
      return;
    }
    const readings = await Promise.all((spec.metrics ?? []).map((metric) => this.metrics.read(metric, namespace, selected.selector)));
    const plan = planReplicas({
      autoscaler,
      conditions: found,
      readings,
      config: this.config,
      history: this.histories.get(key) ?? newHistory(target.replicas, clock.now()),
      scene: {
        ...this.config,
        namespace,
        nowMs: clock.now(),
        specReplicas: target.replicas,
        statusReplicas: target.scale.status?.replicas ?? 0,
        pods: selected.pods,
        tolerances: tolerancesOf(spec, this.config.tolerance),
      },
    });
    this.histories.set(key, plan.history);
    for (const { reason, message } of plan.warnings) this.context.events.record(autoscaler, 'Warning', reason, message);
    if ('failure' in plan.outcome) await fail(plan.conditions, plan.currentMetrics, plan.outcome.failure);
    else await this.scaleTo(key, autoscaler, target, plan.outcome, plan.conditions, plan.currentMetrics);
  }

  /** The target's pods; or why they cannot be told, for instance because another autoscaler counts them too. */
  private select(key: string, { metadata: { namespace } }: HorizontalPodAutoscaler, text: string): { selector: LabelMatcher; pods: Pod[] } | { problem: SelectorProblem } {
    if (text === '') return { problem: { reason: 'SelectorRequired', text: 'selector is required', condition: { reason: 'InvalidSelector', message: "the HPA target's scale is missing a selector" } } };
    let selector: LabelMatcher;
    try {
      selector = parseLabelSelector(text);
    } catch (error) {
      const message = `couldn't convert selector into a corresponding internal selector object: ${(error as Error).message}`;
      return { problem: { reason: 'InvalidSelector', text: message, condition: { reason: 'InvalidSelector', message } } };
    }
    this.selectors.set(key, selector);
    const pods = this.context.informers.for<Pod>(PODS).list(namespace).filter(({ metadata }) => selector.matches(metadata.labels));
    const rivals = [...this.selectors].filter(([other, theirs]) => splitKey(other).namespace === namespace && pods.some(({ metadata }) => theirs.matches(metadata.labels))).map(([other]) => other);
    if (rivals.length < 2) return { selector, pods };
    const message = `pods by selector ${text} are controlled by multiple HPAs: [${rivals.sort().join(' ')}]`;
    return { problem: { reason: 'AmbiguousSelector', text: message, condition: { reason: 'AmbiguousSelector', message } } };
  }

  private async scaleTo(
    key: string,
    autoscaler: HorizontalPodAutoscaler,
    target: ScaleTarget,
    { replicas, reason }: { readonly replicas: number; readonly reason: string },
    conditions: Conditions,
    currentMetrics: readonly MetricStatus[],
  ): Promise<void> {
    const { clock } = this.context;
    const current = target.replicas;
    const status = { ...statusOf(autoscaler), currentReplicas: current, currentMetrics };
    if (replicas === current) {
      await this.write(autoscaler, { ...status, conditions, desiredReplicas: current });
      return;
    }
    try {
      await target.resize(replicas);
    } catch (error) {
      const { message } = error as Error;
      this.context.events.record(autoscaler, 'Warning', 'FailedRescale', `New size: ${replicas}; reason: ${reason}; error: ${message}`);
      await this.write(autoscaler, { ...status, conditions: setCondition(conditions, 'AbleToScale', 'False', 'FailedUpdateScale', `the HPA controller was unable to update the target scale: ${message}`, clock.now()) });
      throw error;
    }
    this.context.events.record(autoscaler, 'Normal', 'SuccessfulRescale', `New size: ${replicas}; reason: ${reason}`);
    this.histories.set(key, withScaling(this.histories.get(key) ?? newHistory(current, clock.now()), autoscaler.spec.behavior, current, replicas, clock.now()));
    const done = setCondition(conditions, 'AbleToScale', 'True', 'SucceededRescale', `the HPA controller was able to update the target scale to ${replicas}`, clock.now());
    await this.write(autoscaler, { ...status, conditions: done, desiredReplicas: replicas, lastScaleTime: formatTime(clock.now()) });
  }

  private async write(autoscaler: HorizontalPodAutoscaler, status: Status): Promise<void> {
    if (deepEqual(compared(status), compared(statusOf(autoscaler)))) return;
    const next: HorizontalPodAutoscalerStatus = { ...status, conditions: [...status.conditions], currentMetrics: [...status.currentMetrics] };
    try {
      await this.context.client.resource<HorizontalPodAutoscaler>(AUTOSCALERS).updateSubresource({ ...autoscaler, status: next }, 'status');
    } catch (error) {
      this.context.events.record(autoscaler, 'Warning', 'FailedUpdateStatus', (error as Error).message);
      throw error;
    }
  }
}

interface SelectorProblem {
  /** Of the event. */
  readonly reason: string;
  readonly text: string;
  readonly condition: { readonly reason: string; readonly message: string };
}

/** A status with its lists; those that are absent and empty ones are the same. */
interface Status extends Omit<HorizontalPodAutoscalerStatus, 'conditions' | 'currentMetrics'> {
  readonly conditions: Conditions;
  readonly currentMetrics: readonly MetricStatus[];
}

function statusOf({ status }: HorizontalPodAutoscaler): Status {
  const { lastScaleTime, currentReplicas, desiredReplicas = 0, conditions = [], currentMetrics } = status ?? {};
  return { ...(lastScaleTime === undefined ? {} : { lastScaleTime }), currentReplicas, desiredReplicas, conditions, currentMetrics: currentMetrics ?? [] };
}

function compared(status: Status): unknown {
  return { ...status, currentReplicas: status.currentReplicas ?? 0 };
}
