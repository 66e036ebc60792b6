import { Quantity } from '../../api/quantity.js';
import type { MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from '../../api/types/autoscaling-v2.js';
import type { Pod } from '../../api/types/core-v1.js';
import { checkMetricSelector, type Reading } from './metrics-reader.js';
import { podRequests } from './pod-requests.js';
import { byAverage, byUtilization, byValue, byValuePerPod, sumOf, type Recommendation, type Tolerances } from './replica-calculator.js';
import { groupPods, type GroupingTerms, type PodGroups } from './samples.js';
import { selectorText } from './selector-text.js';

/** What an autoscaler sees of its target. */
export interface Scene extends GroupingTerms {
  readonly namespace: string;
  /** Replicas that are asked for, and that there are by status. */
  readonly specReplicas: number;
  readonly statusReplicas: number;
  readonly pods: readonly Pod[];
  readonly tolerances: Tolerances;
}

export interface Evaluation {
  readonly replicas: number;
  /** How conditions and events name the metric. */
  readonly metric: string;
  readonly status: MetricStatus;
}

/** A metric that says nothing: `message` for its own event and condition, `summary` for the event about all of them. */
export class MetricFailure extends Error {
  constructor(
    readonly reason: string,
    message: string,
    readonly summary: string,
  ) {
    super(message);
    this.name = 'MetricFailure';
  }
}

/** How many replicas a metric asks for. Throws MetricFailure with the real controller's texts. Pure. */
export function evaluateMetric(spec: MetricSpec, reading: Reading, scene: Scene): Evaluation {
  switch (spec.type) {
    case 'Resource': {
      const { name = '', target } = spec.resource ?? {};
      return failing('FailedGetResourceMetric', `failed to get ${name} resource metric value: `, () => {
        const { current, ...rest } = evaluateResource(name, '', target, reading, scene);
        return { ...rest, status: { type: spec.type, resource: { name, current } } };
      });
    }
    case 'ContainerResource': {
      const { name = '', container = '', target } = spec.containerResource ?? {};
      return failing('FailedGetContainerResourceMetric', `failed to get ${container} container metric value: `, () => {
        const { current, ...rest } = evaluateResource(name, container, target, reading, scene);
        return { ...rest, status: { type: spec.type, containerResource: { container, current, name } } };
      });
    }
    case 'Pods':
      return failing('FailedGetPodsMetric', 'failed to get pods metric value: ', () => evaluatePods(spec, reading, scene));
    case 'Object': {
      const name = spec.object?.metric.name ?? '';
      const perPod = spec.object?.target.type === 'AverageValue' ? `failed to get ${name} object metric: ` : '';
      return failing('FailedGetObjectMetric', `failed to get object metric value: ${perPod}`, () => evaluateObject(spec, reading, scene));
    }
    case 'External': {
      const { metric, target } = spec.external ?? {};
      const name = metric?.name ?? '';
      const inner = target?.averageValue !== undefined ? `failed to get ${name} external metric: ` : `failed to get external metric ${name}: `;
      return failing('FailedGetExternalMetric', `failed to get ${name} external metric value: ${inner}`, () => evaluateExternal(spec, reading, scene));
    }
    default:
      return failing('InvalidMetricSourceType', '', () => {
        throw new Error(`unknown metric source type ${JSON.stringify(spec.type)}`);
      });
  }
}

function failing(reason: string, prefix: string, evaluate: () => Evaluation): Evaluation {
  try {
    return evaluate();
  } catch (error) {
    const { message } = error as Error;
    throw new MetricFailure(reason, message, prefix + message);
  }
}

function evaluateResource(name: string, container: string, target: MetricTarget | undefined, reading: Reading, scene: Scene): Omit<Evaluation, 'status'> & { current: MetricValueStatus } {
  const { pods, specReplicas, tolerances } = scene;
  const format = name === 'memory' ? 'BinarySI' : 'DecimalSI';
  if (target?.averageValue !== undefined) {
    const { replicas, usage } = prefixed(`failed to get ${name} usage: `, () => {
      const samples = samplesOf(reading, `unable to get metrics for resource ${name}: `);
      return byAverage(milli(target.averageValue), specReplicas, pods, samples, groupPods(pods, samples, name, scene), tolerances);
    });
    return { replicas, metric: `${name} resource`, current: { averageValue: Quantity.ofMilli(usage, format).toString() } };
  }
  const wanted = target?.averageUtilization;
  if (wanted === undefined) throw new Error('invalid resource metric source: neither an average utilization target nor an average value (usage) target was set');
  const { replicas, usage, utilization } = prefixed(`failed to get ${name} utilization: `, () => {
    const samples = samplesOf(reading, `unable to get metrics for resource ${name}: `);
    const groups: PodGroups = groupPods(pods, samples, name, scene);
    return byUtilization(wanted, specReplicas, pods, samples, groups, () => podRequests(pods, container, name), tolerances);
  });
  const metric = `${name} ${container === '' ? '' : 'container '}resource utilization (percentage of request)`;
  return { replicas, metric, current: { averageUtilization: utilization, averageValue: Quantity.ofMilli(usage, format).toString() } };
}

function evaluatePods(spec: MetricSpec, reading: Reading, scene: Scene): Evaluation {
  const { metric = { name: '' }, target } = spec.pods ?? {};
  checkMetricSelector(spec);
  const samples = samplesOf(reading, `unable to get metric ${metric.name}: `);
  const { pods } = scene;
  const { replicas, usage } = byAverage(milli(target?.averageValue), scene.specReplicas, pods, samples, groupPods(pods, samples, '', scene), scene.tolerances);
  return { replicas, metric: `pods metric ${metric.name}`, status: { type: spec.type, pods: { current: { averageValue: decimal(usage) }, metric } } };
}

function evaluateObject(spec: MetricSpec, reading: Reading, scene: Scene): Evaluation {
  const { metric = { name: '' }, target, describedObject = { kind: '', name: '' } } = spec.object ?? {};
  checkMetricSelector(spec);
  // The order of the words is the real controller's.
  const usageOf = (): bigint => valueOf(reading, (error) => `unable to get metric ${metric.name}: ${describedObject.kind} on ${scene.namespace} ${describedObject.name}/${error}`);
  const evaluation = ({ replicas }: Recommendation, name: string, current: MetricValueStatus): Evaluation => ({ replicas, metric: name, status: { type: spec.type, object: { current, describedObject, metric } } });
  if (target?.type === 'Value' && target.value !== undefined) {
    const result = byValue(milli(target.value), usageOf(), scene.specReplicas, scene.pods, scene.tolerances);
    return evaluation(result, `${describedObject.kind} metric ${metric.name}`, { value: decimal(result.usage) });
  }
  if (target?.type === 'AverageValue' && target.averageValue !== undefined) {
    const result = byValuePerPod(milli(target.averageValue), usageOf(), scene.statusReplicas, scene.tolerances);
    return evaluation(result, `external metric ${metric.name}(${selectorText(metric.selector)})`, { averageValue: decimal(result.usage) });
  }
  throw new Error('invalid object metric source: neither a value target nor an average value target was set');
}

function evaluateExternal(spec: MetricSpec, reading: Reading, scene: Scene): Evaluation {
  const { metric = { name: '' }, target } = spec.external ?? {};
  checkMetricSelector(spec);
  const usageOf = (): bigint => valueOf(reading, (error) => `unable to get external metric ${scene.namespace}/${metric.name}/${selectorText(metric.selector)}: ${error}`);
  const evaluation = (replicas: number, current: MetricValueStatus): Evaluation => ({
    replicas,
    metric: `external metric ${metric.name}(${selectorText(metric.selector)})`,
    status: { type: spec.type, external: { current, metric } },
  });
  if (target?.averageValue !== undefined) {
    const { replicas, usage } = byValuePerPod(milli(target.averageValue), usageOf(), scene.statusReplicas, scene.tolerances);
    return evaluation(replicas, { averageValue: decimal(usage) });
  }
  if (target?.value !== undefined) {
    const { replicas, usage } = byValue(milli(target.value), usageOf(), scene.specReplicas, scene.pods, scene.tolerances);
    return evaluation(replicas, { value: decimal(usage) });
  }
  throw new Error('invalid external metric source: neither a value target nor an average value target was set');
}

function prefixed<T>(prefix: string, compute: () => T): T {
  try {
    return compute();
  } catch (error) {
    throw new Error(prefix + (error as Error).message, { cause: error });
  }
}

function samplesOf(reading: Reading, prefix: string): Extract<Reading, { pods: unknown }>['pods'] {
  if ('pods' in reading) return reading.pods;
  throw new Error(prefix + ('error' in reading ? reading.error : 'the metric is not one of pods'));
}

/** The value of a metric of one object, or the sum of several. */
function valueOf(reading: Reading, explain: (error: string) => string): bigint {
  if ('values' in reading) return sumOf(reading.values);
  throw new Error(explain('error' in reading ? reading.error : 'the metric is one of pods'));
}

const milli = (quantity: string | number | undefined): bigint => (quantity === undefined ? 0n : Quantity.parse(quantity).milliValue());
const decimal = (usage: bigint): string => Quantity.ofMilli(usage).toString();
