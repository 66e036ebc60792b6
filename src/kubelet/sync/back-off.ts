import type { Clock } from '../../base/clock.js';

interface Entry {
  delayMs: number;
  updatedAt: number;
}

/** Waiting times that double with each failure, by key; forgotten after twice the longest wait without one. */
export class BackOff {
  private readonly entries = new Map<string, Entry>();

  constructor(
    private readonly clock: Clock,
    private readonly initialMs: number,
    private readonly maxMs: number,
  ) {}

  /** The wait in force for a key. */
  delay(key: string): number {
    return this.entries.get(key)?.delayMs ?? 0;
  }

  /** Notes a failure at `at`: the next wait is twice as long as the last. */
  next(key: string, at: number): void {
    const entry = this.entries.get(key);
    if (!entry || this.expired(entry, at)) this.entries.set(key, { delayMs: this.initialMs, updatedAt: this.clock.now() });
    else {
      entry.delayMs = Math.min(entry.delayMs * 2, this.maxMs);
      entry.updatedAt = this.clock.now();
    }
  }

  /** Milliseconds still to wait for a key whose last failure was at `at`; 0 when it may be tried. */
  remainingSince(key: string, at: number): number {
    const entry = this.entries.get(key);
    if (!entry || this.expired(entry, at)) return 0;
    return Math.max(0, at + entry.delayMs - this.clock.now());
  }

  /** As `remainingSince` the last call of `next`. */
  remaining(key: string): number {
    const entry = this.entries.get(key);
    if (!entry || this.expired(entry, this.clock.now())) return 0;
    return Math.max(0, entry.updatedAt + entry.delayMs - this.clock.now());
  }

  /** Drops the keys that start with `prefix`: their pod has gone. */
  forget(prefix: string): void {
    for (const key of this.entries.keys()) if (key.startsWith(prefix)) this.entries.delete(key);
  }

  private expired(entry: Entry, at: number): boolean {
    return at - entry.updatedAt > this.maxMs * 2;
  }
}
