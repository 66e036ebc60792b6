import { SystemClock, type Clock, type Timer } from './clock.js';
import { TimerQueue } from './timer-queue.js';

/**
 * The time of one cluster: it runs as another clock does until somebody freezes, moves or sets it.
 * Timers follow: none fires while time stands still, and all that become due fire, each at its own time, when it is moved.
 */
export class ClusterClock implements Clock {
  private readonly timers = new TimerQueue();
  /** Cluster time minus real time: of the calendar, and of the count that timers go by (which is never set back). */
  private shift = 0;
  private tickShift = 0;
  private still: { now: number; ticks: number } | undefined;
  private alarm: { readonly at: number; readonly timer: Timer } | undefined;
  private moving: Promise<void> = Promise.resolve();

  /** `settle` resolves when everyone has done what the present time asks for: it is called between two steps of a move. */
  constructor(
    private readonly real: Clock = new SystemClock(),
    private readonly settle: () => Promise<void> = () => new Promise((resolve) => setImmediate(resolve)),
  ) {}

  now(): number {
    return this.still ? this.still.now : this.real.now() + this.shift;
  }

  monotonic(): number {
    return this.real.monotonic();
  }

  after(delayMs: number, callback: () => void): Timer {
    const at = this.ticks() + Math.max(0, delayMs);
    const cancel = this.timers.add(at, callback);
    if (!this.still && !(this.alarm && this.alarm.at <= at)) this.arm();
    return { cancel };
  }

  get frozen(): boolean {
    return this.still !== undefined;
  }

  /** How far cluster time is ahead of real time, in milliseconds. */
  get offsetMs(): number {
    return this.now() - this.real.now();
  }

  /** Timers that wait. */
  get waiting(): number {
    return this.timers.size;
  }

  freeze(): void {
    if (this.still) return;
    this.still = { now: this.now(), ticks: this.ticks() };
    this.disarm();
  }

  /** Lets time run on from where it stands. */
  resume(): void {
    if (!this.still) return;
    this.shift = this.still.now - this.real.now();
    this.tickShift = this.still.ticks - this.real.monotonic();
    this.still = undefined;
    this.arm();
  }

  /** Moves time on, from one due timer to the next; resolves when it is there and everything has settled. One move at a time. */
  advance(ms: number): Promise<void> {
    return this.enqueue(() => this.now() + ms);
  }

  /** Sets the time. Forwards is `advance`; backwards only the calendar moves, and no timer fires earlier or later for it. */
  set(time: number): Promise<void> {
    return this.enqueue(() => time);
  }

  private enqueue(target: () => number): Promise<void> {
    const done = this.moving.then(() => this.move(target()));
    this.moving = done.catch(() => {});
    return done;
  }

  private async move(target: number): Promise<void> {
    const ran = !this.still;
    this.freeze();
    try {
      await this.settle();
      const from = this.still as { now: number; ticks: number } | undefined;
      // Somebody may let time run while it is being moved: then it is theirs.
      if (!from) return;
      if (target < from.now) this.still = { now: target, ticks: from.ticks };
      else await this.step(from, target);
    } finally {
      if (ran) this.resume();
    }
  }

  private async step(from: { readonly now: number; readonly ticks: number }, target: number): Promise<void> {
    const end = from.ticks + (target - from.now);
    const standAt = (ticks: number): void => void (this.still = { now: from.now + (ticks - from.ticks), ticks });
    for (let next = this.timers.peek(); next && next.at <= end; next = this.timers.peek()) {
      if (!this.still) return;
      if (next.at > this.still.ticks) standAt(next.at);
      this.fire(next.at);
      await this.settle();
    }
    if (!this.still) return;
    standAt(end);
    await this.settle();
  }

  private ticks(): number {
    return this.still ? this.still.ticks : this.real.monotonic() + this.tickShift;
  }

  private arm(): void {
    const next = this.timers.peek();
    this.disarm();
    if (!next || this.still) return;
    const { at } = next;
    const timer = this.real.after(at - this.ticks(), () => {
      this.alarm = undefined;
      try {
        // The system's timers are sometimes a fraction early.
        this.fire(Math.max(at, this.ticks()));
      } finally {
        this.arm();
      }
    });
    this.alarm = { at, timer };
  }

  private disarm(): void {
    this.alarm?.timer.cancel();
    this.alarm = undefined;
  }

  /** Only what was there when it began: a timer that callbacks make at once comes next time. */
  private fire(until: number): void {
    const { made } = this.timers;
    for (let next = this.timers.takeDue(until, made); next; next = this.timers.takeDue(until, made)) next.callback();
  }
}
