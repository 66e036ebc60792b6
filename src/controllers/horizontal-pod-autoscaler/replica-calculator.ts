import type { Pod } from '../../api/types/core-v1.js';
import { isPodReady } from '../shared/pods.js';
import type { PodGroups, PodSamples } from './samples.js';

/** By how much usage may differ from the target, each way, before anything is done. */
export interface Tolerances {
  readonly scaleDown: number;
  readonly scaleUp: number;
}

/** How many replicas a metric asks for, and what it stands at now (in thousandths). */
export interface Recommendation {
  readonly replicas: number;
  readonly usage: bigint;
  /** Percent of the requests, where that is what the target is. */
  readonly utilization?: number;
}

const MAX_INT32 = 0x7fffffff;
const MAX_INT64 = 0x7fffffffffffffffn;
const MIN_INT64 = -MAX_INT64 - 1n;
const NO_PODS = 'no pods returned by selector while calculating replica count';
const NO_SAMPLES = 'did not receive metrics for targeted pods (pods might be unready)';

/**
 * The arithmetic of horizontal autoscaling, as kube-controller-manager does it.
 * https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#algorithm-details
 * Pure; what cannot be computed is an Error with the real controller's text.
 */

/** By percent of what the pods request. `requests` is asked only once there are samples that count. */
export function byUtilization(target: number, current: number, pods: readonly Pod[], samples: PodSamples, groups: PodGroups, requests: () => ReadonlyMap<string, bigint>, tolerances: Tolerances): Recommendation {
  const values = countedValues(pods, samples, groups);
  const requested = requests();
  const measure = (of: ReadonlyMap<string, bigint>): { ratio: number; utilization: number; usage: bigint } => {
    let [total, requestTotal, count] = [0n, 0n, 0n];
    for (const [name, value] of of) {
      const request = requested.get(name);
      if (request === undefined) continue;
      total += value;
      requestTotal += request;
      count++;
    }
    if (requestTotal === 0n) throw new Error('no metrics returned matched known pods');
    const utilization = Number(BigInt.asIntN(32, (total * 100n) / requestTotal));
    return { ratio: utilization / target, utilization, usage: total / count };
  };
  const { ratio, utilization, usage } = measure(values);
  // A pod without a sample is taken to use all that it requests (or the target, if that is more) where there is less to do.
  const usual = (name: string): bigint => ((requested.get(name) ?? 0n) * BigInt(Math.max(100, target))) / 100n;
  const replicas = replicasFor({ current, ratio, values, groups, usual, tolerances, measure: (of) => measure(of).ratio });
  return { replicas, usage, utilization };
}

/** By the average over the pods. */
export function byAverage(target: bigint, current: number, pods: readonly Pod[], samples: PodSamples, groups: PodGroups, tolerances: Tolerances): Recommendation {
  const values = countedValues(pods, samples, groups);
  const average = (of: ReadonlyMap<string, bigint>): bigint => [...of.values()].reduce((sum, value) => sum + value, 0n) / BigInt(of.size);
  const ratioOf = (of: ReadonlyMap<string, bigint>): number => Number(average(of)) / Number(target);
  const replicas = replicasFor({ current, ratio: ratioOf(values), values, groups, usual: () => target, tolerances, measure: ratioOf });
  return { replicas, usage: average(values) };
}

/** By one value for all pods together, measured against a target for all of them. */
export function byValue(target: bigint, usage: bigint, current: number, pods: readonly Pod[], tolerances: Tolerances): Recommendation {
  const ratio = Number(usage) / Number(target);
  if (current === 0) return { replicas: toInt32(ratio), usage };
  if (isWithin(ratio, tolerances)) return { replicas: current, usage };
  if (pods.length === 0) throw new Error(`unable to calculate ready pods: ${NO_PODS}`);
  const ready = pods.filter((pod) => pod.status?.phase === 'Running' && isPodReady(pod)).length;
  return { replicas: toInt32(ratio * ready), usage };
}

/** By one value for all pods together, measured against a target for each. `current`: how many there are by status. */
export function byValuePerPod(target: bigint, usage: bigint, current: number, tolerances: Tolerances): Recommendation {
  const ratio = Number(usage) / (Number(target) * current);
  const replicas = isWithin(ratio, tolerances) ? current : toInt32(Number(usage) / Number(target));
  const perPod = Math.ceil(Number(usage) / current);
  if (usage >= MAX_INT64) return { replicas, usage: MAX_INT64 };
  return { replicas, usage: Number.isFinite(perPod) ? BigInt(perPod) : MIN_INT64 };
}

/** Sums that would not fit Go's int64 stop at its end. */
export function sumOf(values: readonly bigint[]): bigint {
  const sum = values.reduce((total, value) => total + value, 0n);
  return sum > MAX_INT64 ? MAX_INT64 : sum;
}

/** Samples of the pods that count. Throws where none does. */
function countedValues(pods: readonly Pod[], samples: PodSamples, { ignored, unready }: PodGroups): ReadonlyMap<string, bigint> {
  if (pods.length === 0) throw new Error(NO_PODS);
  const values = new Map<string, bigint>();
  for (const [name, { value }] of samples) if (!ignored.has(name) && !unready.has(name)) values.set(name, value);
  if (values.size === 0) throw new Error(NO_SAMPLES);
  return values;
}

interface Measured {
  readonly current: number;
  readonly ratio: number;
  readonly values: ReadonlyMap<string, bigint>;
  readonly groups: PodGroups;
  /** What a pod without a sample is taken to use when there is less to do. */
  readonly usual: (pod: string) => bigint;
  readonly tolerances: Tolerances;
  readonly measure: (values: ReadonlyMap<string, bigint>) => number;
}

function replicasFor({ current, ratio, values, groups: { readyCount, unready, missing }, usual, tolerances, measure }: Measured): number {
  const countUnready = unready.size > 0 && ratio > 1;
  if (!countUnready && missing.size === 0) return isWithin(ratio, tolerances) ? current : toInt32(ratio * readyCount);
  // What is not known dampens the change: more is asked for as if those pods did nothing, less as if they did their share.
  const assumed = new Map(values);
  if (ratio < 1) for (const pod of missing) assumed.set(pod, usual(pod));
  if (ratio > 1) for (const pod of missing) assumed.set(pod, 0n);
  if (countUnready) for (const pod of unready) assumed.set(pod, 0n);
  const newRatio = measure(assumed);
  if (isWithin(newRatio, tolerances) || (ratio < 1 && newRatio > 1) || (ratio > 1 && newRatio < 1)) return current;
  const replicas = toInt32(newRatio * assumed.size);
  // The number of pods that were looked at must not turn the change around.
  return (newRatio < 1 && replicas > current) || (newRatio > 1 && replicas < current) ? current : replicas;
}

function isWithin(ratio: number, { scaleDown, scaleUp }: Tolerances): boolean {
  return 1 - scaleDown <= ratio && ratio <= 1 + scaleUp;
}

function toInt32(value: number): number {
  return Math.min(Math.ceil(value), MAX_INT32);
}
