import type { Clock, Timer } from '../base/clock.js';

export interface WorkQueueOptions {
  readonly clock: Clock;
  /** First wait after a failure; doubles with each. 5 ms unless said otherwise, as client-go's default limiter. */
  readonly baseDelayMs?: number;
  readonly maxDelayMs?: number;
}

const BASE_DELAY_MS = 5;
const MAX_DELAY_MS = 1_000_000;

/**
 * Keys that wait to be worked on (client-go's rate-limiting work queue): a key waits once however often it is added,
 * is never worked on twice at the same time, and one added while it is worked on comes again afterwards.
 * Bounded by the number of distinct keys.
 */
export class WorkQueue {
  private readonly queue: string[] = [];
  private head = 0;
  /** Keys that must be worked on: waiting in the queue, or again once their present work is done. */
  private readonly dirty = new Set<string>();
  private readonly processing = new Set<string>();
  private readonly failures = new Map<string, number>();
  private readonly delayed = new Map<string, { readonly at: number; readonly timer: Timer }>();
  private readonly waiters: Array<(key: string | undefined) => void> = [];
  private closed = false;

  constructor(private readonly options: WorkQueueOptions) {}

  /** Keys that wait, not counting those worked on. */
  get length(): number {
    return this.queue.length - this.head;
  }

  /** Whether a key is worked on. */
  get busy(): boolean {
    return this.processing.size > 0;
  }

  /** Whether nothing waits, is worked on or will come after a delay. */
  get idle(): boolean {
    return this.length === 0 && this.processing.size === 0 && this.delayed.size === 0;
  }

  add(key: string): void {
    if (this.closed || this.dirty.has(key)) return;
    this.dirty.add(key);
    if (this.processing.has(key)) return;
    this.push(key);
  }

  /** Adds the key when the delay is over; of several delays for a key the shortest counts. */
  addAfter(key: string, delayMs: number): void {
    if (this.closed) return;
    if (delayMs <= 0) return this.add(key);
    const at = this.options.clock.now() + delayMs;
    const pending = this.delayed.get(key);
    if (pending && pending.at <= at) return;
    pending?.timer.cancel();
    const timer = this.options.clock.after(delayMs, () => {
      this.delayed.delete(key);
      this.add(key);
    });
    this.delayed.set(key, { at, timer });
  }

  /** Adds the key after a wait that doubles with each failure. */
  addRateLimited(key: string): void {
    const failures = this.failures.get(key) ?? 0;
    this.failures.set(key, failures + 1);
    const { baseDelayMs = BASE_DELAY_MS, maxDelayMs = MAX_DELAY_MS } = this.options;
    this.addAfter(key, Math.min(baseDelayMs * 2 ** failures, maxDelayMs));
  }

  /** How often the key has failed since `forget`. */
  retries(key: string): number {
    return this.failures.get(key) ?? 0;
  }

  forget(key: string): void {
    this.failures.delete(key);
  }

  /** The next key, once there is one; undefined when the queue is closed. Every key must be given back by `done`. */
  next(): Promise<string | undefined> {
    const key = this.shift();
    if (key !== undefined || this.closed) return Promise.resolve(key);
    return new Promise((resolve) => this.waiters.push(resolve));
  }

  done(key: string): void {
    this.processing.delete(key);
    if (this.dirty.has(key) && !this.closed) this.push(key);
  }

  /** Wakes all waiters with undefined; keys that wait are dropped. */
  close(): void {
    this.closed = true;
    for (const { timer } of this.delayed.values()) timer.cancel();
    this.delayed.clear();
    for (const waiter of this.waiters.splice(0)) waiter(undefined);
  }

  private push(key: string): void {
    const waiter = this.waiters.shift();
    if (!waiter) {
      this.queue.push(key);
      return;
    }
    this.begin(key);
    waiter(key);
  }

  private shift(): string | undefined {
    if (this.head === this.queue.length || this.closed) return undefined;
    const key = this.queue[this.head++] as string;
    if (this.head > 1024 && this.head * 2 > this.queue.length) {
      this.queue.splice(0, this.head);
      this.head = 0;
    }
    this.begin(key);
    return key;
  }

  private begin(key: string): void {
    this.dirty.delete(key);
    this.processing.add(key);
  }
}
