import type { Pod } from '../../api/types/core-v1.js';
import { timeMs, ZERO_TIME_SECONDS } from '../../api/time.js';
import { podCondition } from '../shared/pods.js';
import type { AutoscalerConfig } from './config.js';

/** What a pod used over a window that ended at a time; the value in thousandths. */
export interface PodSample {
  readonly timestampMs: number;
  readonly windowMs: number;
  readonly value: bigint;
}

export type PodSamples = ReadonlyMap<string, PodSample>;

/** Pods by how far their samples may be trusted, by name. */
export interface PodGroups {
  readonly readyCount: number;
  /** Not started or not ready: their samples do not count. */
  readonly unready: ReadonlySet<string>;
  /** Without a sample. */
  readonly missing: ReadonlySet<string>;
  /** Failed, or being deleted. */
  readonly ignored: ReadonlySet<string>;
}

export interface GroupingTerms extends Pick<AutoscalerConfig, 'cpuInitializationPeriodMs' | 'initialReadinessDelayMs'> {
  readonly nowMs: number;
}

/** Sorts pods by what their samples are worth; `resource` is '' for metrics that are no resource. Pure. */
export function groupPods(pods: readonly Pod[], samples: PodSamples, resource: string, terms: GroupingTerms): PodGroups {
  const [unready, missing, ignored] = [new Set<string>(), new Set<string>(), new Set<string>()];
  let readyCount = 0;
  for (const pod of pods) {
    const { name, deletionTimestamp } = pod.metadata;
    const sample = samples.get(name);
    if (deletionTimestamp || pod.status?.phase === 'Failed') ignored.add(name);
    else if (pod.status?.phase === 'Pending') unready.add(name);
    else if (!sample) missing.add(name);
    else if (resource === 'cpu' && isUnready(pod, sample, terms)) unready.add(name);
    else readyCount++;
  }
  return { readyCount, unready, missing, ignored };
}

/** Whether a CPU sample shows a start rather than work. */
function isUnready(pod: Pod, sample: PodSample, { nowMs, cpuInitializationPeriodMs, initialReadinessDelayMs }: GroupingTerms): boolean {
  const ready = podCondition(pod, 'Ready');
  const started = timeMs(pod.status?.startTime);
  if (!ready || started === undefined) return true;
  const changed = timeMs(ready.lastTransitionTime) ?? ZERO_TIME_SECONDS * 1000;
  // While it may still be starting, a whole window must have passed since the pod became ready.
  if (started + cpuInitializationPeriodMs > nowMs) return ready.status === 'False' || sample.timestampMs < changed + sample.windowMs;
  // Later only a pod that has never been ready is left out.
  return ready.status === 'False' && started + initialReadinessDelayMs > changed;
}
