import type { Event } from '../api/types/core-v1.js';
import type { Clock } from '../base/clock.js';
import type { Correlation } from './event-correlator.js';

interface Series {
  name: string;
  count: number;
  lastMs: number;
}

/** After this long without another one a series is over (k8s.io/client-go/tools/events). */
const FINISH_MS = 360_000;
const CACHE_MAX = 4096;

/**
 * Joins equal events of the events.k8s.io form into series (KEP-383): the second one makes the first a series, further ones
 * are only counted. Events about different versions of an object are different ones, whatever they say.
 */
export class EventSeriesCorrelator {
  private readonly known = new Map<string, Series>();

  constructor(private readonly clock: Clock) {}

  observe(event: Event): Correlation {
    const key = keyOf(event);
    const now = this.clock.now();
    const series = this.known.get(key);
    this.known.delete(key);
    if (!series || series.lastMs < now - FINISH_MS) {
      this.known.set(key, { name: '', count: 1, lastMs: now });
      const [oldest] = this.known.keys();
      if (this.known.size > CACHE_MAX && oldest !== undefined) this.known.delete(oldest);
      return { action: 'create', event };
    }
    series.count++;
    series.lastMs = now;
    this.known.set(key, series);
    if (series.count > 2 || !series.name) return { action: 'drop' };
    return { action: 'update', event: { ...event, metadata: { ...event.metadata, name: series.name }, count: series.count } };
  }

  /** Remembers the name under which an event was written. */
  written(event: Event, name: string): void {
    const series = this.known.get(keyOf(event));
    if (series) series.name = name;
  }
}

function keyOf({ involvedObject: o, related, type, action, reason, reportingComponent }: Event): string {
  return JSON.stringify([type, action, reason, reportingComponent, o.kind, o.namespace, o.name, o.uid, o.resourceVersion, o.fieldPath, related?.uid]);
}
