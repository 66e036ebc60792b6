// Generated from openapi/schemas.json by scripts/generate-types.mjs. Do not edit.
import type { EventSource, ObjectReference } from './core-v1.js';
import type { ListMeta, MicroTime, ObjectMeta, Time } from './meta-v1.js';

export interface Event {
  action?: string | undefined;
  apiVersion: string;
  deprecatedCount?: number | undefined;
  deprecatedFirstTimestamp?: Time | undefined;
  deprecatedLastTimestamp?: Time | undefined;
  deprecatedSource?: EventSource | undefined;
  eventTime: MicroTime;
  kind: string;
  metadata: ObjectMeta;
  note?: string | undefined;
  reason?: string | undefined;
  regarding?: ObjectReference | undefined;
  related?: ObjectReference | undefined;
  reportingController?: string | undefined;
  reportingInstance?: string | undefined;
  series?: EventSeries | undefined;
  type?: string | undefined;
}

export interface EventList {
  apiVersion: string;
  items: Event[];
  kind: string;
  metadata: ListMeta;
}

export interface EventSeries {
  count: number;
  lastObservedTime: MicroTime;
}
