import { FakeClock } from '../base/fake-clock.js';
import { Expectations } from './expectations.js';

describe('expectations', () => {
  test('a key of which nothing is expected is satisfied', () => {
    expect(new Expectations(new FakeClock()).satisfied('a')).toBe(true);
  });

  test('creations are counted down to nothing and no further', () => {
    const expectations = new Expectations(new FakeClock());
    expectations.expectCreations('a', 2);
    expectations.creationObserved('a');
    expect(expectations.satisfied('a')).toBe(false);
    expectations.creationObserved('a');
    expectations.creationObserved('a');
    expect(expectations.satisfied('a')).toBe(true);
    expectations.expectCreations('a', 1);
    expect(expectations.satisfied('a')).toBe(false);
  });

  test('a deletion counts once however often it is seen', () => {
    const expectations = new Expectations(new FakeClock());
    expectations.expectDeletions('a', ['x', 'y']);
    expectations.deletionObserved('a', 'x');
    expectations.deletionObserved('a', 'x');
    expect(expectations.satisfied('a')).toBe(false);
    expectations.deletionObserved('a', 'y');
    expect(expectations.satisfied('a')).toBe(true);
  });

  test('what is never seen is given up after five minutes', async () => {
    const clock = new FakeClock();
    const expectations = new Expectations(clock);
    expectations.expect('a', 1, ['x']);
    await clock.advance(300_000);
    expect(expectations.satisfied('a')).toBe(false);
    await clock.advance(1);
    expect(expectations.satisfied('a')).toBe(true);
  });
});
