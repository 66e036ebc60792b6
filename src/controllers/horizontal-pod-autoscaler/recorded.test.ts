import { readFileSync } from 'node:fs';
import type { HorizontalPodAutoscalerSpec } from '../../api/types/autoscaling-v2.js';
import type { Pod } from '../../api/types/core-v1.js';
import { formatTime } from '../../api/time.js';
import { DEFAULT_AUTOSCALER_CONFIG } from './config.js';
import { normalize } from './normalize.js';
import { podRequests } from './pod-requests.js';
import { byAverage, byUtilization, byValue, byValuePerPod, sumOf, type Recommendation } from './replica-calculator.js';
import { groupPods } from './samples.js';

interface PodCase {
  readonly phase: string;
  readonly deleted?: boolean;
  readonly ready?: string;
  /** Seconds ago, as `changed` and `age`. */
  readonly started?: number;
  readonly changed?: number;
  readonly request?: number;
  readonly sidecar?: number;
  readonly value?: number;
  readonly age?: number;
  readonly window?: number;
}

interface Calculation {
  readonly kind: string;
  readonly resource?: string;
  readonly current: number;
  readonly target: number;
  readonly down: number;
  readonly up: number;
  readonly pods: readonly PodCase[];
  readonly values?: readonly number[];
  readonly replicas: number;
  readonly utilization: number;
  readonly usage: number;
  readonly error?: string;
}

interface Past {
  readonly ago: number;
  readonly replicas: number;
}

interface Normalization {
  readonly spec: HorizontalPodAutoscalerSpec;
  readonly current: number;
  readonly desired: number;
  readonly recommendations: readonly Past[];
  readonly added: readonly Past[];
  readonly removed: readonly Past[];
  readonly replicas: number;
  readonly conditions: ReadonlyArray<readonly [type: string, status: string, reason: string, message: string]>;
}

/** What kube-controller-manager v1.36.3 computed: test/support/autoscaling/record.go. */
const recorded = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/autoscaling/recorded.json', import.meta.url), 'utf8'),
) as { calculations: Calculation[]; normalizations: Normalization[] };

const NOW = 1_790_000_000_000;
const before = (seconds: number): number => NOW - seconds * 1000;

function podOf(resource: string, { phase, deleted, ready, started, changed = 0, request, sidecar }: PodCase, i: number): Pod {
  const resources = (milli: number | undefined): object => (milli === undefined ? {} : { resources: { requests: { [resource]: `${milli}m` } } });
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `p${i}`, namespace: 'ns', ...(deleted ? { deletionTimestamp: formatTime(NOW) } : {}) },
    spec: {
      containers: [{ name: 'c', ...resources(request) }],
      ...(sidecar === undefined ? {} : { initContainers: [{ name: 's', restartPolicy: 'Always', ...resources(sidecar) }, { name: 'once' }] }),
    },
    status: {
      phase,
      ...(started === undefined ? {} : { startTime: formatTime(before(started)) }),
      ...(ready === undefined ? {} : { conditions: [{ type: 'Ready', status: ready, lastTransitionTime: formatTime(before(changed)) }] }),
    },
  } as Pod;
}

function calculate(c: Calculation): Recommendation {
  const { resource = 'cpu' } = c;
  const pods = c.pods.map((pod, i) => podOf(resource, pod, i));
  const samples = new Map(c.pods.flatMap(({ value, age = 0, window = 0 }, i) => (value === undefined ? [] : [[`p${i}`, { timestampMs: before(age), windowMs: window * 1000, value: BigInt(value) }] as const])));
  const groups = groupPods(pods, samples, c.resource ?? '', { ...DEFAULT_AUTOSCALER_CONFIG, nowMs: NOW });
  const tolerances = { scaleDown: c.down, scaleUp: c.up };
  const total = sumOf((c.values ?? []).map((value) => BigInt(value)));
  switch (c.kind) {
    case 'utilization':
      return byUtilization(c.target, c.current, pods, samples, groups, () => podRequests(pods, '', resource), tolerances);
    case 'raw':
    case 'pods':
      return byAverage(BigInt(c.target), c.current, pods, samples, groups, tolerances);
    case 'object':
    case 'external':
      return byValue(BigInt(c.target), total, c.current, pods, tolerances);
    default:
      return byValuePerPod(BigInt(c.target), total, c.current, tolerances);
  }
}

test.each(recorded.calculations.map((c, i) => [i, c.kind, c] as const))('calculation %i (%s) is that of the real controller', (_i, _kind, c) => {
  if (c.error !== undefined) expect(() => calculate(c)).toThrow(c.error);
  else {
    const { replicas, usage, utilization = 0 } = calculate(c);
    expect({ replicas, usage: Number(usage), utilization }).toEqual({ replicas: c.replicas, usage: c.usage, utilization: c.utilization });
  }
});

test.each(recorded.normalizations.map((c, i) => [i, c] as const))('normalization %i is that of the real controller', (_i, { spec, current, desired, conditions, replicas, ...past }) => {
  const timed = (list: readonly Past[]): Array<{ at: number; replicas: number }> => list.map(({ ago, replicas: count }) => ({ at: before(ago), replicas: count }));
  const history = { recommendations: timed(past.recommendations), added: timed(past.added), removed: timed(past.removed) };
  const result = normalize({ spec, current, desired, history, now: NOW, config: DEFAULT_AUTOSCALER_CONFIG });
  expect(result.replicas).toBe(replicas);
  expect([
    ['AbleToScale', 'True', result.able.reason, result.able.message],
    ['ScalingLimited', result.limited.status, result.limited.reason, result.limited.message],
  ]).toEqual(conditions);
});
