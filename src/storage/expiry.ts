import type { Clock, Timer } from '../base/clock.js';
import type { ObjectKey, Revision } from './types.js';

interface Deadline {
  readonly at: number;
  readonly key: ObjectKey;
  readonly revision: Revision;
}

const RETRY_MS = 10_000;

/**
 * Calls back when versions reach their time. A binary heap and one timer, which runs only while something can expire.
 * Versions that were replaced in the meantime are called back as well: whoever listens compares revisions.
 */
export class Expiry {
  private readonly heap: Deadline[] = [];
  private timer: Timer | undefined;
  private timerAt = Infinity;
  private closed = false;

  constructor(
    private readonly clock: Clock,
    private readonly expired: (key: ObjectKey, revision: Revision) => void,
  ) {}

  add(key: ObjectKey, revision: Revision, at: number): void {
    const { heap } = this;
    let i = heap.length;
    const deadline = { at, key, revision };
    while (i > 0) {
      const parent = (i - 1) >>> 1;
      const above = heap[parent] as Deadline;
      if (above.at <= at) break;
      heap[i] = above;
      i = parent;
    }
    heap[i] = deadline;
    this.arm();
  }

  /** Tries a version again that could not be deleted when its time came. */
  retry(key: ObjectKey, revision: Revision): void {
    this.add(key, revision, this.clock.now() + RETRY_MS);
  }

  close(): void {
    this.closed = true;
    this.timer?.cancel();
    this.timer = undefined;
    this.heap.length = 0;
  }

  private arm(): void {
    const first = this.heap[0];
    if (this.closed || !first || this.timerAt <= first.at) return;
    this.timer?.cancel();
    this.timerAt = first.at;
    this.timer = this.clock.after(first.at - this.clock.now(), () => {
      this.timer = undefined;
      this.timerAt = Infinity;
      while (this.heap[0] && this.heap[0].at <= this.clock.now()) {
        const { key, revision } = this.pop();
        this.expired(key, revision);
      }
      this.arm();
    });
  }

  private pop(): Deadline {
    const { heap } = this;
    const first = heap[0] as Deadline;
    const last = heap.pop() as Deadline;
    if (heap.length === 0) return first;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && (heap[child + 1] as Deadline).at < (heap[child] as Deadline).at) child++;
      if ((heap[child] as Deadline).at >= last.at) break;
      heap[i] = heap[child] as Deadline;
      i = child;
    }
    heap[i] = last;
    return first;
  }
}
