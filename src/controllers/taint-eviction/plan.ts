import type { Node, Pod } from '../../api/types/core-v1.js';
import { toleratesTaint } from '../../api/tolerations.js';
import { timeMs } from '../../api/time.js';

/**
 * When a pod must leave a node because of NoExecute taints: undefined for never, else milliseconds of cluster time.
 * `sinceMs` is when a taint that does not tell its age was first seen with this pod. Pure.
 */
export function evictionTime(pod: Pod, node: Node, nowMs: number, sinceMs: number): number | undefined {
  const taints = (node.spec.taints ?? []).filter(({ effect }) => effect === 'NoExecute');
  if (taints.length === 0) return undefined;
  let shortest: number | undefined;
  for (const taint of taints) {
    const tolerations = (pod.spec.tolerations ?? []).filter((toleration) => toleratesTaint(toleration, taint));
    if (tolerations.length === 0) return nowMs;
    for (const { tolerationSeconds } of tolerations) {
      if (tolerationSeconds === undefined) continue;
      const start = timeMs(taint.timeAdded) ?? sinceMs;
      const end = start + Math.max(0, tolerationSeconds) * 1000;
      shortest = shortest === undefined ? end : Math.min(shortest, end);
    }
  }
  return shortest;
}
