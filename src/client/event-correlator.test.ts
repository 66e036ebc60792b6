import { describe, expect, test } from '@jest/globals';
import type { Event } from '../api/types/core-v1.js';
import { FakeClock } from '../base/fake-clock.js';
import { EventCorrelator } from './event-correlator.js';

const created = (i: number): Event => ({
  apiVersion: 'v1', kind: 'Event', metadata: { name: `web.${i}`, namespace: 'default' },
  involvedObject: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', namespace: 'default', uid: 'u' },
  reason: 'SuccessfulCreate', message: `Created pod: web-${i}`, type: 'Normal', count: 1,
  source: { component: 'replicaset-controller' }, reportingComponent: 'replicaset-controller', reportingInstance: '',
});

describe('many similar events', () => {
  test('become one from the tenth on, which names its source and no reporting component, and is counted', () => {
    const correlator = new EventCorrelator(new FakeClock());
    const seen = Array.from({ length: 12 }, (_, i) => {
      const verdict = correlator.observe(created(i));
      if (verdict.action === 'create') correlator.written(created(i), `web.${i}`);
      return verdict;
    });
    expect(seen.map(({ action }) => action)).toEqual([...Array<string>(10).fill('create'), 'update', 'update']);
    expect(seen[8]).toMatchObject({ event: { message: 'Created pod: web-8', reportingComponent: 'replicaset-controller' } });
    expect(seen[9]).toMatchObject({ event: { message: '(combined from similar events): Created pod: web-9', source: { component: 'replicaset-controller' }, reportingComponent: '' } });
    expect(seen[11]).toMatchObject({ event: { metadata: { name: 'web.9' }, count: 3, message: '(combined from similar events): Created pod: web-11' } });
  });
});
