import type { Clock } from '../../base/clock.js';

const INITIAL_MS = 1000;
const MAX_MS = 15 * 60_000;
const ENTRIES_MAX = 10_000;

/** Holds back the replacement of pods that fail again and again, for a time that doubles. */
export class FailureBackoff {
  private readonly entries = new Map<string, { delayMs: number; at: number }>();

  constructor(private readonly clock: Clock) {}

  /** How long the key must still wait; 0 lets it pass, and counts. */
  next(key: string): number {
    const now = this.clock.now();
    const known = this.entries.get(key);
    if (known && now - known.at < known.delayMs) return known.delayMs - (now - known.at);
    // Long without failures: the next one is a first one again.
    const fresh = !known || now - known.at > 2 * MAX_MS;
    this.entries.delete(key);
    this.entries.set(key, { delayMs: fresh ? INITIAL_MS : Math.min(known.delayMs * 2, MAX_MS), at: now });
    if (this.entries.size > ENTRIES_MAX) this.entries.delete(this.entries.keys().next().value as string);
    return 0;
  }
}
