import type { HorizontalPodAutoscalerSpec, HPAScalingPolicy, HPAScalingRules } from '../../api/types/autoscaling-v2.js';
import type { AutoscalerConfig } from './config.js';
import { changeWithin, withRecommendation, type History } from './history.js';

export interface Verdict {
  readonly reason: string;
  readonly message: string;
}

/** A recommendation after stabilization and limits, and what conditions say of it. */
export interface Normalized {
  readonly replicas: number;
  /** Of AbleToScale, which is True. */
  readonly able: Verdict;
  /** Of ScalingLimited. */
  readonly limited: Verdict & { readonly status: 'True' | 'False' };
  readonly history: History;
}

export interface Wanted {
  readonly spec: HorizontalPodAutoscalerSpec;
  readonly current: number;
  readonly desired: number;
  readonly history: History;
  readonly now: number;
  readonly config: AutoscalerConfig;
}

const READY: Verdict = { reason: 'ReadyForNewScale', message: 'recommended size matches current size' };
const DOWN_STABILIZED: Verdict = { reason: 'ScaleDownStabilized', message: 'recent recommendations were higher than current one, applying the highest recent recommendation' };
const UP_STABILIZED: Verdict = { reason: 'ScaleUpStabilized', message: 'recent recommendations were lower than current one, applying the lowest recent recommendation' };
const WITHIN: Verdict = { reason: 'DesiredWithinRange', message: 'the desired count is within the acceptable range' };
const TOO_MANY: Verdict = { reason: 'TooManyReplicas', message: 'the desired replica count is more than the maximum replica count' };
const TOO_FEW: Verdict = { reason: 'TooFewReplicas', message: 'the desired replica count is less than the minimum replica count' };
const UP_LIMIT: Verdict = { reason: 'ScaleUpLimit', message: 'the desired replica count is increasing faster than the maximum scale rate' };
const DOWN_LIMIT: Verdict = { reason: 'ScaleDownLimit', message: 'the desired replica count is decreasing faster than the maximum scale rate' };

/** Without rules a target at most doubles, or grows to four. */
const UP_FACTOR = 2;
const UP_MINIMUM = 4;

/** What becomes of a recommendation (https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#configurable-scaling-behavior). Pure. */
export function normalize(wanted: Wanted): Normalized {
  const { desired } = wanted;
  const { stable, verdict, history } = wanted.spec.behavior ? stabilizeByRules(wanted) : stabilize(wanted);
  const limit = wanted.spec.behavior ? limitByRules({ ...wanted, desired: stable }) : limitByDefault({ ...wanted, desired: stable });
  return {
    replicas: limit.replicas,
    able: stable === desired ? READY : verdict,
    limited: { ...limit.verdict, status: limit.replicas === stable ? 'False' : 'True' },
    history,
  };
}

interface Stabilized {
  readonly stable: number;
  /** What is said when it differs from what was recommended. */
  readonly verdict: Verdict;
  readonly history: History;
}

function stabilize({ desired, history, now, config: { downscaleStabilizationMs } }: Wanted): Stabilized {
  const recent = history.recommendations.filter(({ at }) => at >= now - downscaleStabilizationMs);
  const stable = Math.max(desired, ...recent.map(({ replicas }) => replicas));
  return { stable, verdict: DOWN_STABILIZED, history: withRecommendation(history, desired, now, downscaleStabilizationMs) };
}

function stabilizeByRules({ spec, current, desired, history, now, config }: Wanted): Stabilized {
  const upMs = (spec.behavior?.scaleUp?.stabilizationWindowSeconds ?? 0) * 1000;
  const down = spec.behavior?.scaleDown?.stabilizationWindowSeconds;
  const downMs = down === undefined ? config.downscaleStabilizationMs : down * 1000;
  const since = (windowMs: number): number[] => history.recommendations.filter(({ at }) => at > now - windowMs).map(({ replicas }) => replicas);
  const lowest = Math.min(desired, ...since(upMs));
  const highest = Math.max(desired, ...since(downMs));
  return {
    stable: Math.min(Math.max(current, lowest), highest),
    verdict: desired >= current ? UP_STABILIZED : DOWN_STABILIZED,
    history: withRecommendation(history, desired, now, Math.max(upMs, downMs)),
  };
}

interface Limited {
  readonly replicas: number;
  readonly verdict: Verdict;
}

function limitByDefault({ spec, current, desired }: Wanted): Limited {
  const minimum = spec.minReplicas ?? 1;
  const fastest = Math.trunc(Math.max(UP_FACTOR * current, UP_MINIMUM));
  if (desired < minimum) return { replicas: minimum, verdict: TOO_FEW };
  if (spec.maxReplicas > fastest) return desired > fastest ? { replicas: fastest, verdict: UP_LIMIT } : { replicas: desired, verdict: WITHIN };
  return desired > spec.maxReplicas ? { replicas: spec.maxReplicas, verdict: TOO_MANY } : { replicas: desired, verdict: WITHIN };
}

function limitByRules({ spec, current, desired, history, now }: Wanted): Limited {
  const startOf = ({ periodSeconds }: HPAScalingPolicy): number => current - changeWithin(history, periodSeconds, now);
  if (desired > current) {
    const fastest = Math.max(current, upLimit(current, spec.behavior?.scaleUp, startOf));
    const [most, verdict] = spec.maxReplicas > fastest ? [fastest, UP_LIMIT] : [spec.maxReplicas, TOO_MANY];
    if (desired > most) return { replicas: most, verdict };
  } else if (desired < current) {
    const fastest = Math.min(current, downLimit(current, spec.behavior?.scaleDown, startOf));
    const minimum = spec.minReplicas ?? 1;
    const [least, verdict] = minimum < fastest ? [fastest, DOWN_LIMIT] : [minimum, TOO_FEW];
    if (desired < least) return { replicas: least, verdict };
  }
  return { replicas: desired, verdict: WITHIN };
}

/** The most replicas that policies allow now. */
function upLimit(current: number, rules: HPAScalingRules | undefined, startOf: (policy: HPAScalingPolicy) => number): number {
  if (rules?.selectPolicy === 'Disabled') return current;
  const proposals = (rules?.policies ?? []).map((policy) => propose(startOf(policy), policy, 1));
  return rules?.selectPolicy === 'Min' ? Math.min(...proposals) : Math.max(...proposals);
}

/** The fewest replicas that policies allow now. */
function downLimit(current: number, rules: HPAScalingRules | undefined, startOf: (policy: HPAScalingPolicy) => number): number {
  if (rules?.selectPolicy === 'Disabled') return current;
  const proposals = (rules?.policies ?? []).map((policy) => propose(startOf(policy), policy, -1));
  return rules?.selectPolicy === 'Min' ? Math.max(...proposals) : Math.min(...proposals);
}

function propose(start: number, { type, value }: HPAScalingPolicy, direction: 1 | -1): number {
  if (type === 'Pods') return start + direction * value;
  const changed = start * (1 + (direction * value) / 100);
  // Rounded up: a percentage of few replicas must not keep them from ever growing.
  return direction === 1 ? Math.ceil(changed) : Math.trunc(changed);
}
