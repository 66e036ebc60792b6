import { FakeClock } from '../base/fake-clock.js';
import { WorkQueue } from './work-queue.js';

describe('a work queue', () => {
  let clock: FakeClock;
  let queue: WorkQueue;
  beforeEach(() => {
    clock = new FakeClock();
    queue = new WorkQueue({ clock, maxDelayMs: 15 });
  });

  test('holds a key once however often it is added, and gives keys in the order in which they came', async () => {
    for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key);
    expect(queue.length).toBe(3);
    expect([await queue.next(), await queue.next(), await queue.next()]).toEqual(['a', 'b', 'c']);
  });

  test('gives a key that is added while it is worked on again, but not before that is done', async () => {
    queue.add('a');
    expect(await queue.next()).toBe('a');
    queue.add('a');
    queue.add('a');
    queue.add('b');
    expect(await queue.next()).toBe('b');
    const waiting = queue.next();
    queue.done('b');
    expect([queue.length, queue.busy, queue.idle]).toEqual([0, true, false]);
    queue.done('a');
    expect(await waiting).toBe('a');
    queue.done('a');
    expect([queue.length, queue.busy, queue.idle]).toEqual([0, false, true]);
  });

  test('adds a key after the shortest of several delays', async () => {
    queue.addAfter('a', 50);
    queue.addAfter('a', 20);
    queue.addAfter('a', 100);
    await clock.advance(19);
    expect([queue.length, queue.idle]).toEqual([0, false]);
    await clock.advance(1);
    expect(await queue.next()).toBe('a');
    queue.done('a');
    await clock.advance(1000);
    expect([queue.length, queue.idle]).toEqual([0, true]);
  });

  test('waits twice as long after each failure, up to a bound, until the key is forgotten', async () => {
    for (const delay of [5, 10, 15, 15]) {
      queue.addRateLimited('a');
      await clock.advance(delay - 1);
      expect(queue.length).toBe(0);
      await clock.advance(1);
      queue.done((await queue.next()) ?? '');
    }
    expect(queue.retries('a')).toBe(4);
    queue.forget('a');
    queue.addRateLimited('a');
    await clock.advance(5);
    expect(queue.length).toBe(1);
  });

  test('keeps its order through thousands of keys', async () => {
    const keys = Array.from({ length: 3000 }, (_, i) => `key-${i}`);
    keys.forEach((key) => queue.add(key));
    const given: Array<string | undefined> = [];
    while (queue.length > 0) given.push(await queue.next());
    expect(given).toEqual(keys);
  });

  test('that is closed wakes who waits, drops what waits and leaves no timer', async () => {
    const waiting = queue.next();
    queue.addAfter('later', 5);
    queue.close();
    queue.add('a');
    queue.addAfter('b', 1);
    expect([await waiting, await queue.next(), queue.length, clock.timers]).toEqual([undefined, undefined, 0, 0]);
  });
});
