import type { Clock, Timer } from './clock.js';

interface Pending {
  at: number;
  order: number;
  callback: () => void;
}

/** A clock that stands still until `advance` moves it; due timers fire in order of time, then of creation. */
export class FakeClock implements Clock {
  private readonly pending = new Set<Pending>();
  private order = 0;

  constructor(private time = Date.UTC(2026, 0, 1)) {}

  now(): number {
    return this.time;
  }

  monotonic(): number {
    return this.time;
  }

  after(delayMs: number, callback: () => void): Timer {
    const entry: Pending = { at: this.time + Math.max(0, delayMs), order: this.order++, callback };
    this.pending.add(entry);
    return { cancel: () => this.pending.delete(entry) };
  }

  /** Number of timers that wait: a test can assert that nothing runs while idle. */
  get timers(): number {
    return this.pending.size;
  }

  /** Moves time on by `ms`, firing what becomes due; each callback sees its own due time as `now()`. */
  async advance(ms: number): Promise<void> {
    const until = this.time + ms;
    for (;;) {
      const next = [...this.pending].filter((p) => p.at <= until).sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (!next) break;
      this.pending.delete(next);
      this.time = next.at;
      next.callback();
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    this.time = until;
  }
}
