import type { LabelSelector } from '../../api/object.js';
import { timeMs } from '../../api/time.js';
import type { Condition } from '../../api/types/meta-v1.js';
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from '../../api/types/policy-v1.js';
import type { Pod } from '../../api/types/core-v1.js';
import { deepEqual } from '../../base/freeze.js';
import { scaledValue } from '../shared/int-or-percent.js';
import { isPodReady } from '../shared/pods.js';

/** The arithmetic of PodDisruptionBudgets (k8s.io/kubernetes/pkg/controller/disruption). Pure. */

/** An eviction that was granted and has not shown for so long is forgotten. */
const DELETION_TIMEOUT_MS = 2 * 60_000;

export interface Expected {
  readonly pods: number;
  readonly healthy: number;
}

/** Whether the budget asks how many pods their controllers want. */
export function needsScale({ spec }: PodDisruptionBudget): boolean {
  return spec.maxUnavailable !== undefined || typeof spec.minAvailable === 'string';
}

/** `scale`: pods that the controllers of the selected pods want; used where `needsScale`. */
export function expectedOf({ spec }: PodDisruptionBudget, podCount: number, scale: number): Expected {
  if (spec.maxUnavailable !== undefined) return { pods: scale, healthy: Math.max(0, scale - scaledValue(spec.maxUnavailable, scale, 'up')) };
  if (typeof spec.minAvailable === 'string') return { pods: scale, healthy: scaledValue(spec.minAvailable, scale, 'up') };
  return spec.minAvailable === undefined ? { pods: 0, healthy: 0 } : { pods: podCount, healthy: spec.minAvailable };
}

export interface Disrupted {
  /** Pods whose eviction was granted and is still to come, by name. */
  readonly pods: Record<string, string>;
  /** Pods that should have gone long ago. */
  readonly overdue: readonly Pod[];
  readonly recheckMs: number | undefined;
}

export function disruptedOf({ status }: PodDisruptionBudget, pods: readonly Pod[], nowMs: number): Disrupted {
  const result = { pods: {} as Record<string, string>, overdue: [] as Pod[], recheckMs: undefined as number | undefined };
  for (const pod of pods) {
    const since = status?.disruptedPods?.[pod.metadata.name];
    if (pod.metadata.deletionTimestamp || since === undefined) continue;
    const left = (timeMs(since) ?? 0) + DELETION_TIMEOUT_MS - nowMs;
    if (left < 0) {
      result.overdue.push(pod);
      continue;
    }
    result.pods[pod.metadata.name] = since;
    result.recheckMs = Math.min(result.recheckMs ?? left, left);
  }
  return result;
}

/** The status that follows; undefined when the present one says the same. `now`: RFC 3339. */
export function statusOf(budget: PodDisruptionBudget, pods: readonly Pod[], expected: Expected, disrupted: Readonly<Record<string, string>>, now: string): PodDisruptionBudgetStatus | undefined {
  const healthy = pods.filter((pod) => !pod.metadata.deletionTimestamp && !Object.hasOwn(disrupted, pod.metadata.name) && isPodReady(pod)).length;
  const allowed = expected.pods <= 0 ? 0 : Math.max(0, healthy - expected.healthy);
  const { generation } = budget.metadata;
  const condition: Condition = {
    type: 'DisruptionAllowed',
    status: allowed > 0 ? 'True' : 'False',
    reason: allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
    message: '',
    observedGeneration: generation,
    lastTransitionTime: now,
  };
  const status: PodDisruptionBudgetStatus = {
    observedGeneration: generation,
    ...(Object.keys(disrupted).length > 0 ? { disruptedPods: disrupted } : {}),
    disruptionsAllowed: allowed,
    currentHealthy: healthy,
    desiredHealthy: expected.healthy,
    expectedPods: expected.pods,
    conditions: withCondition(budget.status?.conditions, condition),
  };
  return deepEqual(status, budget.status) ? undefined : status;
}

/** The status of a budget that cannot be worked out: nothing may be disrupted. */
export function failedStatus({ status }: PodDisruptionBudget, message: string, now: string): PodDisruptionBudgetStatus {
  const condition: Condition = { type: 'DisruptionAllowed', status: 'False', reason: 'SyncFailed', message, observedGeneration: status?.observedGeneration, lastTransitionTime: now };
  return { currentHealthy: 0, desiredHealthy: 0, expectedPods: 0, ...status, disruptionsAllowed: 0, conditions: withCondition(status?.conditions, condition) };
}

function withCondition(conditions: readonly Condition[] = [], condition: Condition): Condition[] {
  const at = conditions.findIndex(({ type }) => type === condition.type);
  const old = conditions[at];
  if (!old) return [...conditions, condition];
  const lastTransitionTime = old.status === condition.status ? old.lastTransitionTime : condition.lastTransitionTime;
  return conditions.map((each, i) => (i === at ? { ...condition, lastTransitionTime } : each));
}

/** As Go prints a *LabelSelector. */
export function selectorText(selector: LabelSelector | undefined): string {
  if (!selector) return 'nil';
  const labels = Object.entries(selector.matchLabels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}: ${value},`).join('');
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values = [] }) => `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`).join('');
  return `&LabelSelector{MatchLabels:map[string]string{${labels}},MatchExpressions:[]LabelSelectorRequirement{${expressions}},}`;
}
