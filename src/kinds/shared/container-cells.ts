import type { Container } from '../../api/types/core-v1.js';
import { humanDuration, timeMs } from '../../api/time.js';

/** Names and images of containers, joined by commas: the wide columns of workloads. */
export const containerNames = (containers: readonly Container[] | undefined): string => (containers ?? []).map((container) => container.name).join(',');
export const containerImages = (containers: readonly Container[] | undefined): string => (containers ?? []).map((container) => container.image ?? '').join(',');

/** The time since `timestamp` as tables show it: `5m`, or `<unknown>` where there is none. */
export function age(timestamp: string | undefined, nowMs: number): string {
  const time = timeMs(timestamp);
  return time === undefined ? '<unknown>' : humanDuration(nowMs - time);
}

/** Labels as `a=1,b=2` in order of their keys; `<none>` where there are none. */
export function labelText(labels: Readonly<Record<string, string>> | undefined): string {
  const entries = Object.entries(labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? '<none>' : entries.map(([key, value]) => `${key}=${value}`).join(',');
}
