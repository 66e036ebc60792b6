import { invalid, Path, required, type FieldError } from '../../api/field.js';
import { isDns1123Subdomain, isQualifiedName, nameIsDnsSubdomain } from '../../api/names.js';
import type { KubeObject } from '../../api/object.js';
import { timeMs } from '../../api/time.js';
import type { Event as CoreEvent, ObjectReference } from '../../api/types/core-v1.js';
import type { Event } from '../../api/types/events-v1.js';
import type { Cell } from '../../registry/kind.js';
import { changeErrors, finalizerNameErrors, metadataErrors } from '../../registry/metadata.js';
import { converted } from '../common/converted.js';
import { IMMUTABLE_TEXT, semanticEqual } from '../common/equality.js';
import { goReference } from '../common/go-map.js';
import { age } from '../common/printing.js';
import { defineKind } from '../define-kind.js';

/**
 * Events are served in two groups and stored once, in the core form. Old rules hold for both;
 * events.k8s.io adds strict ones (KEP-383).
 */

const CORE = { group: '', version: 'v1', kind: 'Event' };
const NEW = { group: 'events.k8s.io', version: 'v1', kind: 'Event' };
const NAME_LIMIT = 128;
const NOTE_LIMIT = 1024;
/** How long events are kept: kube-apiserver's --event-ttl. */
const TTL_SECONDS = 3600;

/** The fields whose names differ: [events.k8s.io, core]. */
const RENAMED = [
  ['regarding', 'involvedObject'],
  ['note', 'message'],
  ['deprecatedSource', 'source'],
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['deprecatedCount', 'count'],
  ['reportingController', 'reportingComponent'],
] as const;

function rename(object: object, names: ReadonlyArray<readonly [from: string, to: string]>, apiVersion: string): unknown {
  const renamed = new Map(names);
  return { ...Object.fromEntries(Object.entries(object).map(([key, value]) => [renamed.get(key) ?? key, value as unknown])), apiVersion };
}

export const toCoreEvent = (event: Event): CoreEvent => rename(event, RENAMED, 'v1') as CoreEvent;
export const fromCoreEvent = (event: CoreEvent): Event =>
  rename(
    event,
    RENAMED.map(([to, from]) => [from, to]),
    'events.k8s.io/v1',
  ) as Event;

const isSet = (time: string | undefined | null): boolean => timeMs(time) !== undefined;
const limitText = (limit: number): string => `can have at most ${limit} characters`;

function legacyErrors(event: CoreEvent, controllerField: string): FieldError[] {
  const errors: FieldError[] = [];
  const { namespace = '' } = event.metadata;
  const { reportingComponent: controller = '', reportingInstance: instance = '', action = '', reason = '', message = '' } = event;
  const involvedNamespace = event.involvedObject?.namespace ?? '';
  const namespacePath = Path.of('involvedObject', 'namespace');
  const mismatch = invalid(namespacePath, involvedNamespace, 'does not match event.namespace');
  if (!isSet(event.eventTime)) {
    const agrees = involvedNamespace === '' ? namespace === '' || namespace === 'default' : namespace === involvedNamespace;
    if (!agrees) errors.push(mismatch);
  } else {
    const tooLong = (name: string, value: string, limit: number): void => {
      if (Buffer.byteLength(value) > limit) errors.push(invalid(Path.of(name), '', limitText(limit)));
    };
    if (involvedNamespace === '' && namespace !== 'default' && namespace !== 'kube-system') errors.push(mismatch);
    if (controller === '') errors.push(required(Path.of(controllerField)));
    errors.push(...isQualifiedName(controller).map((text) => invalid(Path.of(controllerField), controller, text)));
    if (instance === '') errors.push(required(Path.of('reportingInstance')));
    tooLong('reportingInstance', instance, NAME_LIMIT);
    if (action === '') errors.push(required(Path.of('action')));
    tooLong('action', action, NAME_LIMIT);
    if (reason === '') errors.push(required(Path.of('reason')));
    tooLong('reason', reason, NAME_LIMIT);
    tooLong('message', message, NOTE_LIMIT);
  }
  return [...errors, ...isDns1123Subdomain(namespace).map((text) => invalid(Path.of('namespace'), namespace, text))];
}

function seriesErrors({ series }: CoreEvent): FieldError[] {
  if (!series) return [];
  return [
    ...((series.count ?? 0) < 2 ? [invalid(Path.of('series.count'), '', 'should be at least 2')] : []),
    ...(isSet(series.lastObservedTime) ? [] : [required(Path.of('series.lastObservedTime'))]),
  ];
}

function strictErrors(event: CoreEvent): FieldError[] {
  const errors = [...metadataErrors(event, true, nameIsDnsSubdomain), ...finalizerNameErrors(event.metadata), ...seriesErrors(event)];
  const unset = (name: string, set: boolean): void => {
    if (set) errors.push(invalid(Path.of(name), '', 'needs to be unset'));
  };
  if (!isSet(event.eventTime)) errors.push(required(Path.of('eventTime')));
  if (event.type !== 'Normal' && event.type !== 'Warning') errors.push(invalid(Path.of('type'), '', `has invalid value: ${event.type ?? ''}`));
  unset('firstTimestamp', isSet(event.firstTimestamp));
  unset('lastTimestamp', isSet(event.lastTimestamp));
  unset('count', (event.count ?? 0) !== 0);
  unset('source', Boolean(event.source?.component) || Boolean(event.source?.host));
  return errors;
}

/** Fields that events.k8s.io does not let change, in the order Kubernetes tells of them (`reason` twice). */
const IMMUTABLE: ReadonlyArray<keyof CoreEvent> = [
  'involvedObject',
  'reason',
  'message',
  'source',
  'firstTimestamp',
  'lastTimestamp',
  'count',
  'reason',
  'type',
  'eventTime',
  'action',
  'related',
  'reportingComponent',
  'reportingInstance',
];
const GO_ZERO: Partial<Record<keyof CoreEvent, unknown>> = { reason: '', message: '', type: '', action: '', reportingComponent: '', reportingInstance: '', count: 0 };

function strictUpdateErrors(event: CoreEvent, old: CoreEvent): FieldError[] {
  const errors = [...changeErrors(event, old), ...finalizerNameErrors(event.metadata), ...(semanticEqual(event.series, old.series) ? [] : seriesErrors(event))];
  for (const field of IMMUTABLE) {
    const zero = GO_ZERO[field];
    const [value, before] = [event[field] ?? zero, old[field] ?? zero];
    // No reference and an empty one are two things.
    if (semanticEqual(value, before) && (value === undefined) === (before === undefined)) continue;
    errors.push(invalid(Path.of(field === 'reportingComponent' ? 'reportingController' : field), goValue(field, value), IMMUTABLE_TEXT));
  }
  return errors;
}

/** A field of the internal Event as Go shows it. */
function goValue(field: keyof CoreEvent, value: unknown): unknown {
  if (field === 'involvedObject' || field === 'related') return goReference(value as ObjectReference | undefined);
  if (field !== 'source') return value;
  const { component = '', host = '' } = (value ?? {}) as NonNullable<CoreEvent['source']>;
  return { Component: component, Host: host };
}

function cells(event: CoreEvent, nowMs: number): readonly Cell[] {
  const { involvedObject: about, source, series } = event;
  const first = age(isSet(event.firstTimestamp) ? event.firstTimestamp : event.eventTime, nowMs);
  const last = series ? age(series.lastObservedTime, nowMs) : isSet(event.lastTimestamp) ? age(event.lastTimestamp, nowMs) : first;
  const kind = (about?.kind ?? '').toLowerCase();
  const component = source?.component || event.reportingComponent || '';
  const instance = source?.host || event.reportingInstance || '';
  return [
    last,
    event.type ?? '',
    event.reason ?? '',
    about?.name ? `${kind}/${about.name}` : kind,
    about?.fieldPath ?? '',
    instance ? `${component}, ${instance}` : component,
    (event.message ?? '').trim(),
    first,
    series ? (series.count ?? 0) : event.count || 1,
    event.metadata.name,
  ];
}

const INVOLVED = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'] as const;

export const coreEventKind = defineKind<CoreEvent>(CORE, {
  storage: { ttlSeconds: TTL_SECONDS },
  strategy: {
    generation: 'none',
    garbageCollection: 'unsupported',
    metadata: 'own',
    allowCreateOnUpdate: true,
    validate: (event) => legacyErrors(event, 'reportingComponent'),
    validateUpdate: (event) => legacyErrors(event, 'reportingComponent'),
  },
  selectableFields: {
    ...Object.fromEntries(INVOLVED.map((name) => [`involvedObject.${name}`, (event: CoreEvent) => event.involvedObject?.[name] ?? ''])),
    reason: (event) => event.reason ?? '',
    reportingComponent: (event) => event.reportingComponent ?? '',
    source: (event) => event.source?.component || event.reportingComponent || '',
    type: (event) => event.type ?? '',
  },
  cells,
});

export const eventKind = defineKind<Event>(
  NEW,
  {
    storage: {
      prefix: coreEventKind.storage.prefix,
      gvk: CORE,
      ttlSeconds: TTL_SECONDS,
      fromStorage: (stored: KubeObject) => converted(NEW, fromCoreEvent(stored as CoreEvent)),
      toStorage: (event: Event) => converted(CORE, toCoreEvent(event)),
    },
    strategy: {
      generation: 'none',
      garbageCollection: 'unsupported',
      metadata: 'own',
      allowCreateOnUpdate: true,
      validate(event) {
        const core = toCoreEvent(event);
        return [...legacyErrors(core, 'reportingController'), ...strictErrors(core)];
      },
      validateUpdate(event, old) {
        const core = toCoreEvent(event);
        return [...legacyErrors(core, 'reportingController'), ...strictUpdateErrors(core, toCoreEvent(old))];
      },
    },
    selectableFields: {
      ...Object.fromEntries(INVOLVED.map((name) => [`regarding.${name}`, (event: Event) => event.regarding?.[name] ?? ''])),
      reason: (event) => event.reason ?? '',
      reportingController: (event) => event.reportingController ?? '',
      type: (event) => event.type ?? '',
    },
    cells: (event, nowMs) => cells(toCoreEvent(event), nowMs),
  },
);
