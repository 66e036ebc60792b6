import { SystemClock, type Clock, type Timer } from '../../../src/base/clock.js';

/** One for all: time does not go back when a cluster is started again. */
const ORIGIN = new SystemClock().now();

/** Time that runs `factor` times as fast as real time, for what takes minutes. */
export class FastClock implements Clock {
  private readonly real = new SystemClock();

  constructor(private readonly factor: number) {}

  now(): number {
    return Math.floor(ORIGIN + (this.real.now() - ORIGIN) * this.factor);
  }

  after(delayMs: number, callback: () => void): Timer {
    return this.real.after(delayMs / this.factor, callback);
  }

  monotonic(): number {
    return this.real.monotonic() * this.factor;
  }
}
