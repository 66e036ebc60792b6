import { ApiError } from '../api/errors.js';
import type { Event, ObjectReference } from '../api/types/core-v1.js';
import { formatMicroTime, formatTime } from '../api/time.js';
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import { EventCorrelator } from './event-correlator.js';
import { EventSeriesCorrelator } from './event-series.js';
import type { EventOptions, EventRecorder, EventTarget } from './recorder.js';
import type { Client, ResourceClient } from './types.js';

export type { EventOptions, EventRecorder, EventTarget } from './recorder.js';

export interface EventSource {
  /** e.g. `kubelet`, `replicaset-controller`. */
  readonly component: string;
  /** Name of the node, for kubelets. */
  readonly host?: string | undefined;
  /**
   * 'core': first and last time and a count, as most controllers write. 'events': the form of events.k8s.io with
   * eventTime and action, as the scheduler writes (KEP-383).
   */
  readonly form?: 'core' | 'events';
}

/**
 * One after the other, across several recorders. Nodes share one: their pods' state goes ahead of what is told of it, as
 * the real kubelet sees to by writing 50 events a second at most.
 */
export class EventLane {
  private last: Promise<void> = Promise.resolve();

  run(task: () => Promise<void>): Promise<void> {
    return (this.last = this.last.then(task));
  }
}

/** Events that wait to be written; what comes on top is dropped, as client-go does. */
const QUEUE_MAX = 1000;

/** Writes events through the API, in order, counting equal ones together. */
export class ApiEventRecorder implements EventRecorder {
  private readonly events: ResourceClient<Event>;
  private readonly correlator: EventCorrelator | EventSeriesCorrelator;
  private readonly queue: Array<() => Promise<void>> = [];
  private draining: Promise<void> | undefined;
  private sequence = 0;

  constructor(
    client: Client,
    private readonly source: EventSource,
    private readonly clock: Clock,
    private readonly logger: Logger,
    /** Shared with other recorders; writes of this one alone follow one another when absent. */
    private readonly lane?: EventLane,
  ) {
    this.events = client.resource<Event>({ group: '', version: 'v1', resource: 'events' });
    this.correlator = source.form === 'events' ? new EventSeriesCorrelator(clock) : new EventCorrelator(clock);
  }

  record(target: EventTarget, type: 'Normal' | 'Warning', reason: string, message: string, options: EventOptions = {}): void {
    if (this.queue.length >= QUEUE_MAX) return;
    // When it happened counts now; the rest has time until it is written.
    const now = this.clock.now();
    const sequence = this.sequence++ % 1_000_000;
    this.queue.push(() => this.write(this.makeEvent(target, type, reason, message, options, now, sequence)));
    this.draining ??= this.drain();
  }

  /** Resolves when everything recorded so far has been written or dropped. */
  async flush(): Promise<void> {
    await this.draining;
  }

  private async drain(): Promise<void> {
    for (let next = this.queue.shift(); next; next = this.queue.shift()) await (this.lane ? this.lane.run(next) : next());
    this.draining = undefined;
  }

  private makeEvent(target: EventTarget, type: string, reason: string, message: string, options: EventOptions, now: number, sequence: number): Event {
    const reference = referenceTo(target, options.fieldPath);
    const namespace = reference.namespace || 'default';
    // Unique within this process: client-go takes nanoseconds, which a clock that stands still does not give.
    const suffix = (BigInt(now) * 1_000_000n + BigInt(sequence)).toString(16);
    const { component, host = '', form = 'core' } = this.source;
    const event: Event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${reference.name}.${suffix}`, namespace, ...(options.annotations ? { annotations: { ...options.annotations } } : {}) },
      involvedObject: reference,
      reason,
      message,
      type,
      reportingComponent: component,
      reportingInstance: form === 'events' ? `${component}-${host || 'kubette'}` : host,
    };
    if (form === 'events') {
      const related = options.related && { related: referenceTo(options.related, undefined) };
      return { ...event, message: shortened(message), eventTime: formatMicroTime(now), action: options.action ?? reason, ...related };
    }
    const time = formatTime(now);
    return { ...event, source: { component, ...(host ? { host } : {}) }, firstTimestamp: time, lastTimestamp: time, count: 1 };
  }

  private async write(event: Event): Promise<void> {
    const verdict = this.correlator.observe(event);
    if (verdict.action === 'drop') return;
    try {
      if (verdict.action === 'update' && this.source.form !== 'events') {
        const patched = await this.count(verdict.event);
        if (patched) return;
      } else if (verdict.action === 'update' && (await this.series(verdict.event))) return;
      const { name } = await this.events.create(verdict.event).then(({ metadata }) => metadata);
      this.correlator.written(event, name);
    } catch (error) {
      // Events of objects whose namespace is on its way out are nobody's loss.
      this.logger.debug({ err: error, reason: event.reason }, 'event dropped');
    }
  }

  /** Counts an event that is there; false when it has expired meanwhile. */
  private count(event: Event): Promise<boolean> {
    return this.patch(event, { count: event.count, lastTimestamp: event.lastTimestamp, message: event.message });
  }

  private series(event: Event): Promise<boolean> {
    return this.patch(event, { series: { count: event.count, lastObservedTime: event.eventTime } });
  }

  private async patch(event: Event, body: object): Promise<boolean> {
    const { name, namespace } = event.metadata;
    try {
      await this.events.patch({ name, namespace }, { type: 'strategic', body });
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return false;
      throw error;
    }
  }
}

/** A note of events.k8s.io is no longer than that. */
const NOTE_MAX = 1024;
const CUT = ' ...';

function shortened(message: string): string {
  return message.length <= NOTE_MAX ? message : message.slice(0, NOTE_MAX - CUT.length) + CUT;
}

function referenceTo(target: EventTarget, fieldPath: string | undefined): ObjectReference {
  const { name, namespace, uid, resourceVersion } = 'metadata' in target ? target.metadata : target;
  return {
    kind: target.kind,
    ...(namespace ? { namespace } : {}),
    name,
    ...(uid ? { uid } : {}),
    apiVersion: target.apiVersion,
    ...(resourceVersion ? { resourceVersion } : {}),
    ...(fieldPath ? { fieldPath } : {}),
  };
}
