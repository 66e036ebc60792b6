import type { Event } from '../api/types/core-v1.js';
import type { Clock } from '../base/clock.js';

/** What to do with an event: write it, count it on top of one that was written, or leave it. */
export type Correlation = { readonly action: 'create' | 'update'; readonly event: Event } | { readonly action: 'drop' };

interface Written {
  name: string;
  count: number;
  firstTimestamp: string | undefined;
}

interface Similar {
  readonly messages: Set<string>;
  lastMs: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** client-go's limits (k8s.io/client-go/tools/record/events_cache.go). */
const CACHE_MAX = 4096;
const SIMILAR_MAX = 10;
const SIMILAR_WINDOW_MS = 600_000;
const BURST = 25;
const REFILL_MS = 300_000;

/**
 * Counts equal events together, joins many similar ones into one, and holds back sources that say too much
 * about one object.
 */
export class EventCorrelator {
  private readonly entries = new Map<string, Written>();
  private readonly similar = new Map<string, Similar>();
  private readonly buckets = new Map<string, Bucket>();

  constructor(private readonly clock: Clock) {}

  observe(event: Event): Correlation {
    const aggregated = this.aggregate(event);
    const key = eventKey(aggregated);
    const known = touch(this.entries, key);
    if (known) known.count++;
    if (!this.allow(objectKey(event))) return { action: 'drop' };
    if (!known || !known.name) {
      this.entries.set(key, { name: '', count: 1, firstTimestamp: event.firstTimestamp });
      trim(this.entries);
      return { action: 'create', event: aggregated };
    }
    const counted = {
      ...aggregated,
      metadata: { ...aggregated.metadata, name: known.name },
      firstTimestamp: known.firstTimestamp,
      count: known.count,
    };
    return { action: 'update', event: counted };
  }

  /** Remembers the name under which an event was written. */
  written(event: Event, name: string): void {
    const known = this.entries.get(eventKey(event)) ?? this.entries.get(eventKey(combinedOf(event)));
    if (known) known.name = name;
  }

  /** From the eleventh message on, events that differ in nothing else become one. */
  private aggregate(event: Event): Event {
    const key = `${objectKey(event)} ${event.type} ${event.reason}`;
    const now = this.clock.now();
    let record = touch(this.similar, key);
    if (!record || now - record.lastMs > SIMILAR_WINDOW_MS) {
      record = { messages: new Set(), lastMs: now };
      this.similar.set(key, record);
      trim(this.similar);
    }
    record.lastMs = now;
    record.messages.add(event.message ?? '');
    if (record.messages.size < SIMILAR_MAX) return event;
    // Only the number counts from here on: keep the set from growing.
    while (record.messages.size > SIMILAR_MAX) record.messages.delete(record.messages.values().next().value as string);
    return combinedOf(event);
  }

  private allow(key: string): boolean {
    const now = this.clock.now();
    const bucket = touch(this.buckets, key) ?? { tokens: BURST, at: now };
    bucket.tokens = Math.min(BURST, bucket.tokens + (now - bucket.at) / REFILL_MS);
    bucket.at = now;
    this.buckets.set(key, bucket);
    trim(this.buckets);
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }
}

/** Says who reports it as its source only, where it has one: client-go leaves the rest out. */
function combinedOf(event: Event): Event {
  const message = `(combined from similar events): ${event.message ?? ''}`;
  return event.source ? { ...event, message, reportingComponent: '', reportingInstance: '' } : { ...event, message };
}

function objectKey({ source, involvedObject: o, reportingComponent }: Event): string {
  return [source?.component, source?.host, reportingComponent, o.kind, o.namespace, o.name, o.uid, o.apiVersion].join('/');
}

function eventKey(event: Event): string {
  // Combined events are counted whatever they say last.
  const message = event.message?.startsWith('(combined from similar events): ') ? '(combined)' : event.message;
  return [objectKey(event), event.involvedObject.fieldPath, event.type, event.reason, message].join('|');
}

/** The value of a key, moved to the young end of the map. */
function touch<V>(map: Map<string, V>, key: string): V | undefined {
  const value = map.get(key);
  if (value === undefined) return undefined;
  map.delete(key);
  map.set(key, value);
  return value;
}

function trim(map: Map<string, unknown>): void {
  if (map.size > CACHE_MAX) map.delete(map.keys().next().value as string);
}
