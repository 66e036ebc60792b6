import fc from 'fast-check';
import { FakeClock } from '../base/fake-clock.js';
import { Expiry } from './expiry.js';
import { revision } from './types.js';

describe('expiry', () => {
  test('calls back in order of time, at the time, with one timer', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 40 }), async (delays) => {
        const clock = new FakeClock();
        const start = clock.now();
        const seen: number[] = [];
        const expiry = new Expiry(clock, (key) => {
          expect(clock.now() - start).toBe(Number(key));
          seen.push(Number(key));
        });
        delays.forEach((delay, i) => expiry.add(String(delay), revision(i + 1), start + delay));
        expect(clock.timers).toBe(delays.length > 0 ? 1 : 0);
        await clock.advance(50);
        expect(seen).toEqual(delays.toSorted((a, b) => a - b));
        expect(clock.timers).toBe(0);
      }),
    );
  });

  test('is silent once closed', async () => {
    const clock = new FakeClock();
    const expiry = new Expiry(clock, () => {
      throw new Error('expired after the end');
    });
    expiry.add('a', revision(1), clock.now() + 10);
    expiry.close();
    expiry.add('b', revision(2), clock.now() + 10);
    expect(clock.timers).toBe(0);
    await clock.advance(100);
  });
});
