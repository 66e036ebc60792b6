import { ClusterClock } from './cluster-clock.js';
import { FakeClock } from './fake-clock.js';
import { TimerQueue } from './timer-queue.js';

const START = Date.UTC(2026, 0, 1);

describe('a cluster clock', () => {
  let real: FakeClock;
  let clock: ClusterClock;
  let fired: string[];
  const note = (name: string) => () => void fired.push(`${name}@${clock.now() - START}`);

  beforeEach(() => {
    real = new FakeClock(START);
    clock = new ClusterClock(real);
    fired = [];
  });

  test('runs as real time does, with one real timer however many wait', async () => {
    clock.after(30, note('c'));
    clock.after(10, note('a'));
    clock.after(20, note('b')).cancel();
    expect(real.timers).toBe(1);
    await real.advance(50);
    expect(fired).toEqual(['a@10', 'c@30']);
    expect(real.timers).toBe(0);
  });

  test('stands still while frozen, and goes on from there', async () => {
    clock.after(10, note('a'));
    clock.freeze();
    expect(real.timers).toBe(0);
    await real.advance(1000);
    expect(clock.now()).toBe(START);
    clock.resume();
    await real.advance(9);
    expect(fired).toEqual([]);
    await real.advance(1);
    expect(fired).toEqual(['a@10']);
    expect(clock.offsetMs).toBe(-1000);
  });

  test('moves from timer to timer, those made on the way included, and settles in between', async () => {
    let settled = 0;
    clock = new ClusterClock(real, async () => void settled++);
    clock.freeze();
    const again = (): void => {
      note('tick')();
      clock.after(10, again);
    };
    clock.after(10, again);
    clock.after(15, note('once'));
    await clock.advance(35);
    expect(fired).toEqual(['tick@10', 'once@15', 'tick@20', 'tick@30']);
    expect(clock.now()).toBe(START + 35);
    expect(settled).toBe(6);
    expect(clock.frozen).toBe(true);
  });

  test('goes on running after a move when it ran before', async () => {
    await clock.advance(60_000);
    expect(clock.frozen).toBe(false);
    await real.advance(5);
    expect(clock.now()).toBe(START + 60_005);
  });

  test('set back, the calendar moves and timers keep their distance', async () => {
    clock.after(10, note('a'));
    await clock.set(START - 3_600_000);
    expect(clock.now()).toBe(START - 3_600_000);
    await real.advance(10);
    expect(fired).toEqual(['a@-3599990']);
  });

  test('jumps: what repeats happens once, after those who must have shown that they live', async () => {
    const again = (): void => {
      note('tick')();
      clock.after(10, again);
    };
    clock.after(10, again);
    clock.jumped = async () => note('alive')();
    await clock.set(START + 86_400_000);
    expect(fired).toEqual(['alive@86400000', 'tick@86400000']);
    await real.advance(10);
    expect(fired.slice(2)).toEqual(['tick@86400010']);
  });

  test('shows whole milliseconds, though timers are due between them', async () => {
    real.monotonic = () => 7.3;
    const seen: number[] = [];
    clock.after(10, () => seen.push(clock.now() - START));
    clock.freeze();
    clock.after(10.3213, () => seen.push(clock.now() - START));
    await clock.advance('30ms');
    expect(seen).toEqual([10, 11]);
    expect(clock.now()).toBe(START + 30);
    await clock.set(START + 50.5);
    expect(clock.now()).toBe(START + 51);
  });

  test('a timer that an earlier one cancels does not fire, and two moves follow each other', async () => {
    clock.freeze();
    const second = clock.after(10, note('second'));
    clock.after(5, () => second.cancel());
    clock.after(25, note('third'));
    await Promise.all([clock.advance(20), clock.advance(20)]);
    expect(fired).toEqual(['third@25']);
    expect(clock.now()).toBe(START + 40);
  });
});

test('a timer queue gives timers in order of time and forgets those that are cancelled', () => {
  const queue = new TimerQueue();
  const cancels = Array.from({ length: 500 }, (_, i) => queue.add((i * 7919) % 500, () => {}));
  cancels.forEach((cancel, i) => i % 5 !== 0 && cancel());
  expect(queue.size).toBe(100);
  const seen: number[] = [];
  for (let next = queue.takeDue(1000, queue.made); next; next = queue.takeDue(1000, queue.made)) seen.push(next.at);
  expect(seen).toEqual(cancels.map((_, i) => (i * 7919) % 500).filter((_, i) => i % 5 === 0).sort((a, b) => a - b));
  expect(queue.size).toBe(0);
});
