import { SystemClock, type Clock, type Timer } from '../../../src/base/clock.js';
import { TimerQueue } from '../../../src/base/timer-queue.js';

/** How often time is looked at while somebody waits, and how much of what has passed since then counts, in real milliseconds. */
const TICK_MS = 5;
const LONGEST_STEP_MS = 25;

/**
 * Time that runs `factor` times as fast as real time, for what takes minutes. A process that gets no CPU for a while loses
 * no more than a step of it: else a busy machine would look like a cluster in which nobody has done anything for minutes.
 */
export class FastClock implements Clock {
  private readonly real = new SystemClock();
  private readonly timers = new TimerQueue();
  private readonly origin = this.real.now();
  private seen = this.real.monotonic();
  private passed = 0;
  private alarm: Timer | undefined;

  constructor(private readonly factor: number) {}

  now(): number {
    return Math.floor(this.origin + this.monotonic());
  }

  after(delayMs: number, callback: () => void): Timer {
    const cancel = this.timers.add(this.monotonic() + Math.max(0, delayMs), callback);
    this.arm();
    return {
      cancel: () => {
        cancel();
        if (this.timers.size === 0) this.disarm();
      },
    };
  }

  monotonic(): number {
    const now = this.real.monotonic();
    this.passed += Math.min(now - this.seen, LONGEST_STEP_MS) * this.factor;
    this.seen = now;
    return this.passed;
  }

  private arm(): void {
    const next = this.timers.peek();
    if (!next || this.alarm) return;
    this.alarm = this.real.after(Math.min(TICK_MS, Math.max(0, (next.at - this.passed) / this.factor)), () => {
      this.alarm = undefined;
      try {
        this.fire();
      } finally {
        this.arm();
      }
    });
  }

  private disarm(): void {
    this.alarm?.cancel();
    this.alarm = undefined;
  }

  private fire(): void {
    const until = this.monotonic();
    const { made } = this.timers;
    for (let next = this.timers.takeDue(until, made); next; next = this.timers.takeDue(until, made)) next.callback();
  }
}
