import type { HorizontalPodAutoscaler, MetricSpec } from '../../api/types/autoscaling-v2.js';
import type { Pod } from '../../api/types/core-v1.js';
import { DEFAULT_AUTOSCALER_CONFIG } from './config.js';
import { newHistory, type History } from './history.js';
import type { Reading } from './metrics-reader.js';
import { planReplicas, setCondition, stanceOf, tolerancesOf, type Plan } from './plan.js';

const NOW = Date.UTC(2026, 0, 1);
const ABSENT = 'the server could not find the requested resource';
const NO_POD_METRICS: Reading = { error: `unable to fetch metrics from resource metrics API: ${ABSENT} (get pods.metrics.k8s.io)` };
const NO_CUSTOM: Reading = { error: 'unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered' };

const cpu: MetricSpec = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } };
const memory: MetricSpec = { type: 'ContainerResource', containerResource: { name: 'memory', container: 'c', target: { type: 'AverageValue', averageValue: '30Mi' } } };
const queue = (selector?: object): MetricSpec => ({ type: 'External', external: { metric: { name: 'queue', ...(selector ? { selector } : {}) }, target: { type: 'AverageValue', averageValue: '30' } } });
const hits = (target: object): MetricSpec => ({
  type: 'Object',
  object: { metric: { name: 'hits' }, describedObject: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'main' }, target: { type: 'Value', ...target } },
});
const packets: MetricSpec = { type: 'Pods', pods: { metric: { name: 'packets' }, target: { type: 'AverageValue', averageValue: '1k' } } };

const pods = Array.from({ length: 2 }, (_, i) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: `p${i}`, namespace: 'ns' },
  spec: { containers: [{ name: 'c', resources: { requests: { cpu: '100m', memory: '10Mi' } } }] },
  status: { phase: 'Running', startTime: '2025-12-31T00:00:00Z', conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2025-12-31T00:00:05Z' }] },
})) as Pod[];

const using = (milli: bigint): Reading => ({ pods: new Map(pods.map(({ metadata }) => [metadata.name, { timestampMs: NOW - 5000, windowMs: 15_000, value: milli }])) });

function plan(metrics: MetricSpec[], readings: Reading[], change: { history?: History; max?: number; behavior?: object } = {}): Plan {
  const { max = 10, behavior, history = newHistory(2, NOW - 600_000) } = change;
  const autoscaler = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'a', namespace: 'ns' },
    spec: { scaleTargetRef: { kind: 'Deployment', name: 'd' }, minReplicas: 1, maxReplicas: max, metrics, ...(behavior ? { behavior } : {}) },
  } as HorizontalPodAutoscaler;
  const config = DEFAULT_AUTOSCALER_CONFIG;
  return planReplicas({
    autoscaler,
    conditions: [],
    readings,
    history,
    config,
    scene: { ...config, namespace: 'ns', nowMs: NOW, specReplicas: 2, statusReplicas: 2, pods, tolerances: tolerancesOf(autoscaler.spec, config.tolerance) },
  });
}

const conditionsOf = ({ conditions }: Plan): string[] => conditions.map(({ type, status, reason }) => `${type}=${status} ${reason}`);

test.each([
  [0, 'disabled'],
  [1, 'bounds to 2: Current number of replicas below Spec.MinReplicas'],
  [2, 'metrics'],
  [8, 'metrics'],
  [9, 'bounds to 8: Current number of replicas above Spec.MaxReplicas'],
])('with %i replicas of 2 to 8: %s', (current, expected) => {
  const stance = stanceOf({ minReplicas: 2, maxReplicas: 8, scaleTargetRef: { kind: 'Deployment', name: 'd' } }, current);
  expect(stance.type === 'bounds' ? `bounds to ${stance.replicas}: ${stance.reason}` : stance.type).toBe(expected);
});

test('usage above the target asks for more, at most twice as many without rules', () => {
  const result = plan([cpu], [using(500n)]);
  expect(result.outcome).toEqual({ replicas: 4, reason: 'cpu resource utilization (percentage of request) above target' });
  expect(conditionsOf(result)).toEqual(['ScalingActive=True ValidMetricFound', 'AbleToScale=True ReadyForNewScale', 'ScalingLimited=True ScaleUpLimit']);
  expect(result.currentMetrics).toEqual([{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 500, averageValue: '500m' } } }]);
});

test('usage below the target asks for fewer, unless more were recommended within five minutes', () => {
  expect(plan([cpu], [using(5n)]).outcome).toEqual({ replicas: 1, reason: 'All metrics below target' });
  const held = plan([cpu], [using(5n)], { history: newHistory(2, NOW - 299_000) });
  expect(held.outcome).toEqual({ replicas: 2, reason: 'All metrics below target' });
  expect(conditionsOf(held)).toContain('AbleToScale=True ScaleDownStabilized');
});

test('of several metrics the one that asks for most counts', () => {
  const result = plan([memory, cpu], [using(15n * 1024n * 1024n * 1000n), using(75n)]);
  expect(result.outcome).toEqual({ replicas: 3, reason: 'cpu resource utilization (percentage of request) above target' });
  expect(result.currentMetrics[0]).toEqual({ type: 'ContainerResource', containerResource: { name: 'memory', container: 'c', current: { averageValue: '15Mi' } } });
});

test('with one metric unknown there may be more replicas, never fewer', () => {
  expect(plan([cpu, queue()], [using(75n), { error: 'x' }]).outcome).toEqual({ replicas: 3, reason: 'cpu resource utilization (percentage of request) above target' });
  const less = plan([cpu, queue()], [using(5n), { error: 'x' }]);
  expect(less.outcome).toEqual({ failure: 'invalid metrics (1 invalid out of 2), first error is: failed to get queue external metric value: failed to get queue external metric: unable to get external metric ns/queue/nil: x' });
  expect(conditionsOf(less)).toEqual(['ScalingActive=False FailedGetExternalMetric']);
});

test('an autoscaler may have tolerances of its own', () => {
  expect(plan([cpu], [using(60n)]).outcome).toMatchObject({ replicas: 3 });
  const rules = { selectPolicy: 'Max', stabilizationWindowSeconds: 0, policies: [{ type: 'Pods', value: 4, periodSeconds: 15 }] };
  expect(plan([cpu], [using(60n)], { behavior: { scaleUp: { ...rules, tolerance: '0.3' }, scaleDown: rules } }).outcome).toMatchObject({ replicas: 2 });
});

/** Recorded from kube-controller-manager v1.36.3 in a cluster without metrics. */
test.each<[string, MetricSpec, Reading, string, string, string]>([
  ['cpu utilization', cpu, NO_POD_METRICS, 'FailedGetResourceMetric', `failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: ${ABSENT} (get pods.metrics.k8s.io)`, 'failed to get cpu resource metric value: '],
  ['memory of a container', memory, NO_POD_METRICS, 'FailedGetContainerResourceMetric', `failed to get memory usage: unable to get metrics for resource memory: unable to fetch metrics from resource metrics API: ${ABSENT} (get pods.metrics.k8s.io)`, 'failed to get c container metric value: '],
  ['a metric of pods', packets, NO_CUSTOM, 'FailedGetPodsMetric', 'unable to get metric packets: unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered', 'failed to get pods metric value: '],
  ['a metric of an object', hits({ value: '10' }), NO_CUSTOM, 'FailedGetObjectMetric', 'unable to get metric hits: Ingress on ns main/unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered', 'failed to get object metric value: '],
  ['an external metric', queue({ matchLabels: { q: 'w' }, matchExpressions: [{ key: 'x', operator: 'In', values: ['y', 'z'] }] }), { error: `unable to fetch metrics from external metrics API: ${ABSENT} (get queue.external.metrics.k8s.io)` }, 'FailedGetExternalMetric', `unable to get external metric ns/queue/&LabelSelector{MatchLabels:map[string]string{q: w,},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:x,Operator:In,Values:[y z],},},}: unable to fetch metrics from external metrics API: ${ABSENT} (get queue.external.metrics.k8s.io)`, 'failed to get queue external metric value: failed to get queue external metric: '],
])('says why %s is unknown', (_, metric, reading, reason, message, prefix) => {
  const result = plan([metric], [reading]);
  expect(result.warnings).toEqual([{ reason, message }]);
  expect(result.conditions).toEqual([{ type: 'ScalingActive', status: 'False', reason, message: `the HPA was unable to compute the replica count: ${message}`, lastTransitionTime: '2026-01-01T00:00:00Z' }]);
  expect(result.outcome).toEqual({ failure: `invalid metrics (1 invalid out of 1), first error is: ${prefix}${message}` });
  expect(result.currentMetrics).toEqual([{ type: '' }]);
});

test('a condition keeps its place, and its time of transition while its status stays', () => {
  const first = setCondition(setCondition([], 'A', 'True', 'x', 'm', NOW), 'B', 'True', 'x', 'm', NOW);
  const next = setCondition(first, 'A', 'True', 'y', 'n', NOW + 5000);
  expect(next[0]).toEqual({ type: 'A', status: 'True', reason: 'y', message: 'n', lastTransitionTime: '2026-01-01T00:00:00Z' });
  expect(setCondition(next, 'A', 'False', 'z', 'n', NOW + 5000)[0]).toMatchObject({ status: 'False', lastTransitionTime: '2026-01-01T00:00:05Z' });
  expect(next.map(({ type }) => type)).toEqual(['A', 'B']);
});
