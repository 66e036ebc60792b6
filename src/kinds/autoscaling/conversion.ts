import type { HorizontalPodAutoscaler as V1, HorizontalPodAutoscalerStatus as V1Status } from '../../api/types/autoscaling-v1.js';
import type { HorizontalPodAutoscaler as V2, HorizontalPodAutoscalerBehavior, HorizontalPodAutoscalerCondition, HPAScalingRules, MetricSpec, MetricStatus } from '../../api/types/autoscaling-v2.js';
import { JsonReader } from './json-reader.js';
import { specsFromJson, specsToJson, statusesFromJson, statusesToJson } from './v1-metrics.js';

/** autoscaling/v1 knows but one metric, CPU utilization; what it cannot say of v2 it keeps in annotations. */

const PREFIX = 'autoscaling.alpha.kubernetes.io/';
const METRICS = `${PREFIX}metrics`;
const CURRENT_METRICS = `${PREFIX}current-metrics`;
const CONDITIONS = `${PREFIX}conditions`;
const BEHAVIOR = `${PREFIX}behavior`;
const ROUND_TRIP = [METRICS, BEHAVIOR, `${PREFIX}scale-down-tolerance`, `${PREFIX}scale-up-tolerance`, CURRENT_METRICS, CONDITIONS];

export const DEFAULT_METRICS: readonly MetricSpec[] = [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }];

/** Takes the annotations away that only autoscaling/v1 may carry. */
export function dropRoundTrip(autoscaler: V1 | V2): void {
  const { annotations } = autoscaler.metadata;
  if (!annotations || !ROUND_TRIP.some((name) => Object.hasOwn(annotations, name))) return;
  const kept = Object.fromEntries(Object.entries(annotations).filter(([name]) => !ROUND_TRIP.includes(name)));
  if (Object.keys(kept).length > 0) autoscaler.metadata.annotations = kept;
  else delete autoscaler.metadata.annotations;
}

const isCpuUtilization = ({ type, resource }: MetricSpec): boolean => type === 'Resource' && resource?.name === 'cpu' && resource.target.averageUtilization !== undefined;

export function toV1(autoscaler: V2): V1 {
  const { spec, status } = autoscaler;
  const { scaleTargetRef, minReplicas, maxReplicas, behavior } = spec;
  // What always prints is stored as null while it is empty.
  const metrics = spec.metrics ?? [];
  const result: V1 = {
    kind: autoscaler.kind,
    apiVersion: 'autoscaling/v1',
    metadata: { ...autoscaler.metadata },
    spec: { scaleTargetRef, maxReplicas },
    status: v1Status(status),
  };
  if (minReplicas !== undefined) result.spec.minReplicas = minReplicas;
  const cpu = metrics.find(isCpuUtilization)?.resource?.target.averageUtilization;
  if (cpu !== undefined) result.spec.targetCPUUtilizationPercentage = cpu;
  dropRoundTrip(result);
  const others = metrics.filter((metric) => !isCpuUtilization(metric));
  const currentMetrics = status?.currentMetrics ?? [];
  const conditions = status?.conditions ?? [];
  const extra = {
    ...(others.length > 0 ? { [METRICS]: specsToJson(others) } : {}),
    ...(currentMetrics.length > 0 ? { [CURRENT_METRICS]: statusesToJson(currentMetrics) } : {}),
    ...(behavior ? { [BEHAVIOR]: behaviorToJson(behavior) } : {}),
    ...(conditions.length > 0 ? { [CONDITIONS]: conditionsToJson(conditions) } : {}),
  };
  if (Object.keys(extra).length > 0) result.metadata.annotations = { ...result.metadata.annotations, ...extra };
  return result;
}

function v1Status(status: V2['status']): V1Status {
  const { observedGeneration, lastScaleTime, currentReplicas = 0, desiredReplicas = 0, currentMetrics } = status ?? {};
  // A status that nobody has written yet says `currentMetrics: null`.
  const cpu = (currentMetrics ?? [])
    .filter(({ type, resource }) => type === 'Resource' && resource?.name === 'cpu' && resource.current.averageUtilization !== undefined)
    .at(-1)?.resource?.current.averageUtilization;
  return {
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
    ...(lastScaleTime ? { lastScaleTime } : {}),
    currentReplicas,
    desiredReplicas,
    ...(cpu === undefined ? {} : { currentCPUUtilizationPercentage: cpu }),
  };
}

export function toV2(autoscaler: V1): V2 {
  const { spec, status } = autoscaler;
  const { annotations = {} } = autoscaler.metadata;
  const { scaleTargetRef, minReplicas, maxReplicas, targetCPUUtilizationPercentage: cpu } = spec;
  const own: MetricSpec[] = cpu === undefined ? [] : [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: cpu } } }];
  const others = parsed(annotations[METRICS], specsFromJson) ?? [];
  const metrics = [...others, ...own];
  const behavior = parsed(annotations[BEHAVIOR], behaviorFromJson);
  const result: V2 = {
    kind: autoscaler.kind,
    apiVersion: 'autoscaling/v2',
    metadata: { ...autoscaler.metadata },
    spec: {
      scaleTargetRef,
      ...(minReplicas === undefined ? {} : { minReplicas }),
      maxReplicas,
      metrics: metrics.length > 0 ? metrics : structuredClone([...DEFAULT_METRICS]),
      ...(behavior?.scaleUp || behavior?.scaleDown ? { behavior } : {}),
    },
    status: v2Status(status, annotations),
  };
  dropRoundTrip(result);
  return result;
}

function v2Status(status: V1['status'], annotations: Readonly<Record<string, string>>): NonNullable<V2['status']> {
  const { observedGeneration, lastScaleTime, currentReplicas = 0, desiredReplicas = 0, currentCPUUtilizationPercentage: cpu } = status ?? {};
  const own: MetricStatus[] | undefined = cpu === undefined ? undefined : [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: cpu } } }];
  const currentMetrics = parsed(annotations[CURRENT_METRICS], statusesFromJson) ?? own;
  const conditions = parsed(annotations[CONDITIONS], conditionsFromJson);
  return {
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
    ...(lastScaleTime ? { lastScaleTime } : {}),
    ...(currentReplicas === 0 ? {} : { currentReplicas }),
    desiredReplicas,
    ...(currentMetrics ? { currentMetrics } : {}),
    ...(conditions ? { conditions } : {}),
  };
}

const parsed = <T>(text: string | undefined, parse: (text: string) => T | undefined): T | undefined => (text === undefined ? undefined : parse(text));

/** The internal Go struct, whose fields have no JSON names. */
function behaviorToJson({ scaleUp, scaleDown }: HorizontalPodAutoscalerBehavior): string {
  const rules = (from: HPAScalingRules | undefined): object | null =>
    from
      ? {
          StabilizationWindowSeconds: from.stabilizationWindowSeconds ?? null,
          SelectPolicy: from.selectPolicy ?? null,
          Policies: from.policies?.map(({ type, value, periodSeconds }) => ({ Type: type, Value: value, PeriodSeconds: periodSeconds })) ?? null,
          Tolerance: from.tolerance ?? null,
        }
      : null;
  return JSON.stringify({ ScaleUp: rules(scaleUp), ScaleDown: rules(scaleDown) });
}

function behaviorFromJson(text: string): HorizontalPodAutoscalerBehavior | undefined {
  const rules = (reader: JsonReader): HPAScalingRules => {
    const [window, tolerance, select] = [reader.integer('StabilizationWindowSeconds'), reader.quantity('Tolerance'), reader.text('SelectPolicy')];
    const policies = reader.children('Policies')?.map((item) => ({ type: item.text('Type'), value: item.integer('Value') ?? 0, periodSeconds: item.integer('PeriodSeconds') ?? 0 }));
    return {
      ...(window === undefined ? {} : { stabilizationWindowSeconds: window }),
      ...(select ? { selectPolicy: select } : {}),
      ...(policies ? { policies } : {}),
      ...(tolerance === undefined ? {} : { tolerance }),
    };
  };
  return JsonReader.object(text, (reader) => {
    const [scaleUp, scaleDown] = [reader.child('ScaleUp'), reader.child('ScaleDown')];
    return { ...(scaleUp ? { scaleUp: rules(scaleUp) } : {}), ...(scaleDown ? { scaleDown: rules(scaleDown) } : {}) };
  });
}

function conditionsToJson(conditions: readonly HorizontalPodAutoscalerCondition[]): string {
  return JSON.stringify(
    conditions.map(({ type, status, lastTransitionTime, reason, message }) => ({
      type,
      status,
      lastTransitionTime: lastTransitionTime ?? null,
      ...(reason ? { reason } : {}),
      ...(message ? { message } : {}),
    })),
  );
}

const conditionsFromJson = (text: string): HorizontalPodAutoscalerCondition[] | undefined =>
  JsonReader.list(text, (item) => {
    const [time, reason, message] = [item.text('lastTransitionTime'), item.text('reason'), item.text('message')];
    return { type: item.text('type'), status: item.text('status'), ...(time ? { lastTransitionTime: time } : {}), ...(reason ? { reason } : {}), ...(message ? { message } : {}) };
  });
