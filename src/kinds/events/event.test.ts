import type { Event as CoreEvent } from '../../api/types/core-v1.js';
import type { Event } from '../../api/types/events-v1.js';
import { coreEventKind, eventKind } from './event.js';

const stored: CoreEvent = {
  kind: 'Event',
  apiVersion: 'v1',
  metadata: { name: 'web.1', namespace: 'default' },
  involvedObject: { kind: 'Pod', name: 'web', namespace: 'default' },
  reason: 'Started',
  message: 'Started container',
  source: { component: 'kubelet', host: 'node-1' },
  firstTimestamp: '2024-01-01T00:00:00Z',
  lastTimestamp: '2024-01-01T00:05:00Z',
  count: 3,
  type: 'Normal',
  reportingComponent: 'kubelet',
  reportingInstance: 'node-1',
};

describe('an event', () => {
  const shown = eventKind.storage.fromStorage?.(stored);

  test('is one object in both groups, under the names of each', () => {
    expect(eventKind.storage.prefix).toBe(coreEventKind.storage.prefix);
    expect(shown).toMatchObject({
      apiVersion: 'events.k8s.io/v1',
      regarding: stored.involvedObject,
      note: stored.message,
      deprecatedSource: stored.source,
      deprecatedFirstTimestamp: stored.firstTimestamp,
      deprecatedLastTimestamp: stored.lastTimestamp,
      deprecatedCount: stored.count,
      reportingController: stored.reportingComponent,
    });
  });

  test('comes back from the other group as it was', () => {
    expect(eventKind.storage.toStorage?.(shown as Event)).toMatchObject(stored);
  });

  test('has its fields in the order of the group that shows it', () => {
    const keys = Object.keys(shown ?? {});
    expect(keys.indexOf('eventTime')).toBeLessThan(keys.indexOf('regarding'));
    expect(keys.indexOf('regarding')).toBeLessThan(keys.indexOf('note'));
    expect(keys.indexOf('note')).toBeLessThan(keys.indexOf('deprecatedSource'));
  });
});
