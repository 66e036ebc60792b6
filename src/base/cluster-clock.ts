import { SystemClock, type Clock, type Timer } from './clock.js';
import { instant, milliseconds, type Duration, type Instant } from './duration.js';
import { TimerQueue } from './timer-queue.js';

interface Moment {
  readonly now: number;
  readonly ticks: number;
}

/**
 * The time of one cluster: it runs as another clock does until somebody freezes, moves or sets it.
 * Timers follow: none fires while time stands still, and all that become due fire, each at its own time, when it is moved.
 */
export class ClusterClock implements Clock {
  private readonly timers = new TimerQueue();
  /** Cluster time minus real time: of the calendar, and of the count that timers go by (which is never set back). */
  private shift = 0;
  private tickShift = 0;
  private still: Moment | undefined;
  private alarm: { readonly at: number; readonly timer: Timer } | undefined;
  private moving: Promise<void> = Promise.resolve();

  /** Called after a jump, before anything that has become due meanwhile happens: who shows that he lives does so now. */
  jumped: () => Promise<void> = () => Promise.resolve();

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
    return {
      cancel: () => {
        cancel();
        // The system's timer would keep all that the cluster was until it rings.
        if (this.timers.size === 0) this.disarm();
      },
    };
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

  /** Stops time; nothing in the cluster gets older until it is moved or runs on. */
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

  /**
   * Lets time pass, from one due timer to the next, so that whatever happens every minute happens as often as there are
   * minutes. Resolves when it has passed and everything has settled. One move at a time.
   */
  async advance(by: Duration): Promise<void> {
    const ms = milliseconds(by, 'by');
    if (ms < 0) throw new TypeError('time is advanced forwards: set it to go back');
    await this.enqueue((from) => this.pass(from, ms));
  }

  /**
   * Jumps to another time, near or far. Forwards, what has become due meanwhile happens once; backwards only the calendar
   * changes, and no timer fires earlier or later for it.
   */
  async set(time: Instant): Promise<void> {
    const target = wholeMs(instant(time));
    await this.enqueue((from) => this.jump(from, target));
  }

  private enqueue(move: (from: Moment) => Promise<void>): Promise<void> {
    const done = this.moving.then(() => this.standing(move));
    this.moving = done.catch(() => {});
    return done;
  }

  private async standing(move: (from: Moment) => Promise<void>): Promise<void> {
    const ran = !this.still;
    this.freeze();
    try {
      await this.settle();
      // Somebody may let time run while it is being moved: then it is theirs.
      if (this.still) await move(this.still);
    } finally {
      if (ran) this.resume();
    }
  }

  private async pass(from: Moment, ms: number): Promise<void> {
    const end = from.ticks + ms;
    const standAt = (ticks: number): void => void (this.still = { now: wholeMs(from.now + (ticks - from.ticks)), ticks });
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

  private async jump(from: Moment, target: number): Promise<void> {
    this.still = { now: target, ticks: from.ticks + Math.max(0, target - from.now) };
    await this.jumped();
    await this.settle();
    for (let next = this.timers.peek(); next && this.still && next.at <= this.still.ticks; next = this.timers.peek()) {
      this.fire(this.still.ticks);
      await this.settle();
    }
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

/** Timers are due between two milliseconds, times are whole ones: the one that the timer waited for has come. Sums are a little more than exact at times. */
const wholeMs = (ms: number): number => Math.ceil(ms - 0.001);
