import type { ClusterOptions } from '../index.js';
import { duration } from './duration.js';
import type { Flags, Parsed } from './flags.js';
import { UsageError } from './usage-error.js';

const PREFIX = 'horizontal-pod-autoscaler-';

/** kube-controller-manager's flags for HorizontalPodAutoscalers, with its defaults. */
export const AUTOSCALING_FLAGS: Flags = {
  [`${PREFIX}sync-period`]: { type: 'string', value: 'DURATION', help: 'time between two looks at a HorizontalPodAutoscaler', default: '15s' },
  [`${PREFIX}downscale-stabilization`]: { type: 'string', value: 'DURATION', help: 'how long a recommendation holds back a smaller one', default: '5m' },
  [`${PREFIX}cpu-initialization-period`]: { type: 'string', value: 'DURATION', help: "how long after a pod's start its CPU counts only while it is ready", default: '5m' },
  [`${PREFIX}initial-readiness-delay`]: { type: 'string', value: 'DURATION', help: "changes of readiness this soon after a pod's start count as the first one", default: '30s' },
  [`${PREFIX}tolerance`]: { type: 'string', value: 'NUMBER', help: 'by how much usage may differ from the target before anything is done', default: '0.1' },
};

/** Throws UsageError for what is no duration or no number. */
export function autoscaling(flags: Parsed): ClusterOptions['autoscaling'] {
  const ms = (name: string): number => duration(flags, PREFIX + name) ?? 0;
  const text = flags.string(`${PREFIX}tolerance`) ?? '';
  const tolerance = Number(text);
  if (text.trim() === '' || !(tolerance >= 0)) throw new UsageError(`--${PREFIX}tolerance must be a number that is not negative, not "${text}"`);
  const syncPeriodMs = ms('sync-period');
  if (syncPeriodMs <= 0) throw new UsageError(`--${PREFIX}sync-period must be longer than 0s`);
  return {
    syncPeriodMs,
    tolerance,
    downscaleStabilizationMs: ms('downscale-stabilization'),
    cpuInitializationPeriodMs: ms('cpu-initialization-period'),
    initialReadinessDelayMs: ms('initial-readiness-delay'),
  };
}
