import type { Event } from '../api/types/core-v1.js';
import { FakeClock } from '../base/fake-clock.js';
import { EventSeriesCorrelator } from './event-series.js';

const event = (resourceVersion: string, message = 'm'): Event => ({ apiVersion: 'v1', kind: 'Event', metadata: { name: 'e' }, involvedObject: { kind: 'Pod', name: 'p', uid: 'u', resourceVersion }, reason: 'FailedScheduling', action: 'Scheduling', type: 'Warning', message });

function setUp(): { clock: FakeClock; say: (of: Event) => unknown } {
  const clock = new FakeClock();
  const correlator = new EventSeriesCorrelator(clock);
  const say = (of: Event): unknown => {
    const verdict = correlator.observe(of);
    if (verdict.action === 'create') correlator.written(of, 'written');
    return verdict.action === 'update' ? [verdict.action, verdict.event.metadata.name, verdict.event.count] : verdict.action;
  };
  return { clock, say };
}

test('the second of equal events makes the first a series, further ones are only counted', () => {
  const { say } = setUp();
  expect([event('1'), event('1', 'said otherwise'), event('1')].map(say)).toEqual(['create', ['update', 'written', 2], 'drop']);
});

test('an event about another version of the object is another event', () => {
  const { say } = setUp();
  expect([event('1'), event('2'), event('1')].map(say)).toEqual(['create', 'create', ['update', 'written', 2]]);
});

test('a series ends after six minutes of silence', async () => {
  const { clock, say } = setUp();
  say(event('1'));
  await clock.advance(361_000);
  expect(say(event('1'))).toBe('create');
});
