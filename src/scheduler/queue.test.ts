import { FakeClock } from '../base/fake-clock.js';
import { SchedulingQueue } from './queue.js';
import { makePod } from './testing.js';

const names = (queue: SchedulingQueue): string[] => {
  const found: string[] = [];
  for (let next = queue.next(); next; next = queue.next()) found.push(next.pod.metadata.name);
  return found;
};

function setUp(): { clock: FakeClock; queue: SchedulingQueue } {
  const clock = new FakeClock();
  return { clock, queue: new SchedulingQueue(clock, () => {}) };
}

test('the most important pod comes first, then the one that waits longest', () => {
  const { queue } = setUp();
  for (const [name, priority] of [['a', 0], ['b', 10], ['c', 0], ['d', 10]] as const) queue.add(makePod(name, { priority }));
  expect(names(queue)).toEqual(['b', 'd', 'a', 'c']);
});

test('a pod that is deleted does not come', () => {
  const { queue } = setUp();
  queue.add(makePod('a'));
  queue.delete(makePod('a'));
  expect([names(queue), queue.size]).toEqual([[], 0]);
});

test('a pod that failed comes again when something changes that can help it, and keeps its place', () => {
  const { queue } = setUp();
  queue.add(makePod('a'));
  queue.fail(queue.next()!, new Set(['NodeResourcesFit']));
  queue.add(makePod('b'));
  queue.move((plugin) => plugin === 'NodeAffinity');
  expect(names(queue)).toEqual(['b']);
  queue.add(makePod('b'));
  queue.move((plugin) => plugin === 'NodeResourcesFit');
  expect(names(queue)).toEqual(['a', 'b']);
});

test('a pod that no plugin turned down comes again whatever changes: there was no node to ask them about', () => {
  const { queue } = setUp();
  queue.add(makePod('a'));
  queue.fail(queue.next()!, new Set());
  queue.move((plugin) => plugin === 'NodeAffinity');
  expect(names(queue)).toEqual(['a']);
});

test('a pod that failed is tried again after five minutes all the same', async () => {
  const { clock, queue } = setUp();
  queue.add(makePod('a'));
  queue.fail(queue.next()!, new Set(['NodeResourcesFit']));
  await clock.advance(299_000);
  expect(names(queue)).toEqual([]);
  await clock.advance(1000);
  expect(names(queue)).toEqual(['a']);
});

test('after errors the wait doubles, whatever changes meanwhile', async () => {
  const { clock, queue } = setUp();
  queue.add(makePod('a'));
  for (const wait of [1000, 2000, 4000, 8000, 10_000]) {
    queue.failByError(queue.next()!);
    queue.move(() => true);
    await clock.advance(wait - 1);
    expect(queue.next()).toBeUndefined();
    await clock.advance(1);
    expect(queue.size).toBe(1);
  }
});

test('a change of a pod that failed is worth a try at once where it helps', () => {
  const { queue } = setUp();
  queue.add(makePod('a'));
  queue.fail(queue.next()!, new Set(['NodeAffinity']));
  queue.update(makePod('a'), () => false);
  expect(names(queue)).toEqual([]);
  queue.update(makePod('a'), () => true);
  expect(names(queue)).toEqual(['a']);
});

test('no timers are left when it is cleared', () => {
  const { clock, queue } = setUp();
  queue.add(makePod('a'));
  queue.fail(queue.next()!, new Set());
  queue.clear();
  expect(clock.timers).toBe(0);
});

test('a pod that found no nodes at all comes again with whatever happens', () => {
  const { queue } = setUp();
  queue.add(makePod('a'));
  queue.fail(queue.next()!, new Set());
  queue.move(() => false);
  expect(names(queue)).toEqual(['a']);
});
