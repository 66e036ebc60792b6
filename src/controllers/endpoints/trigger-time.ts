import { formatTime, timeMs } from '../../api/time.js';
import type { Pod, Service } from '../../api/types/core-v1.js';
import { readyCondition } from './pod-endpoint.js';

/** Says when the change happened that endpoints are written for; monitoring measures programming latency by it. */
export const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';

interface Seen {
  readonly service: number;
  readonly pods: ReadonlyMap<string, number>;
}

/** Remembers what has been seen of Services and their pods (k8s.io/endpointslice/util TriggerTimeTracker). */
export class TriggerTimes {
  private readonly seen = new Map<string, Seen>();

  /** The earliest of what changed since the last call for this Service, as RFC 3339; undefined when nothing did. */
  next(key: string, service: Service, pods: readonly Pod[]): string | undefined {
    const known = this.seen.get(key);
    const created = timeMs(service.metadata.creationTimestamp) ?? 0;
    const times = new Map<string, number>();
    let earliest = created > (known?.service ?? 0) ? created : Infinity;
    for (const pod of pods) {
      const at = timeMs(readyCondition(pod)?.lastTransitionTime);
      if (at === undefined) continue;
      times.set(pod.metadata.name, at);
      if (at > (known?.pods.get(pod.metadata.name) ?? 0)) earliest = Math.min(earliest, at);
    }
    this.seen.set(key, { service: created, pods: times });
    if (!known) return formatTime(created);
    return earliest === Infinity ? undefined : formatTime(earliest);
  }

  forget(key: string): void {
    this.seen.delete(key);
  }
}
