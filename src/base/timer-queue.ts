/** A timer that waits in a {@link TimerQueue}. */
export interface WaitingTimer {
  /** When it is due, in milliseconds of the queue's owner. */
  readonly at: number;
  readonly callback: () => void;
}

interface Entry extends WaitingTimer {
  readonly order: number;
  cancelled: boolean;
}

/** Timers by the time they are due, then by the order in which they were made: a binary heap. Cancelled ones leave late. */
export class TimerQueue {
  private heap: Entry[] = [];
  private count = 0;
  private cancelled = 0;

  /** Timers that wait. */
  get size(): number {
    return this.heap.length - this.cancelled;
  }

  /** Timers that were ever made. */
  get made(): number {
    return this.count;
  }

  /** Gives the function that takes the timer out again. */
  add(at: number, callback: () => void): () => void {
    const entry: Entry = { at, callback, order: this.count++, cancelled: false };
    this.heap.push(entry);
    this.rise(this.heap.length - 1);
    return () => this.cancel(entry);
  }

  /** The next timer. */
  peek(): WaitingTimer | undefined {
    while (this.heap[0]?.cancelled) this.take();
    return this.heap[0];
  }

  /** Takes the next timer out if it is due at `until` or before and was among the first `made`. */
  takeDue(until: number, made: number): WaitingTimer | undefined {
    if (!this.peek()) return undefined;
    const next = this.heap[0] as Entry;
    if (next.at > until || next.order >= made) return undefined;
    this.take();
    // Cancelling what has fired does nothing.
    next.cancelled = true;
    return next;
  }

  private cancel(entry: Entry): void {
    if (entry.cancelled) return;
    entry.cancelled = true;
    this.cancelled++;
    if (this.cancelled < 64 || this.cancelled * 2 < this.heap.length) return;
    this.heap = this.heap.filter((other) => !other.cancelled);
    this.cancelled = 0;
    for (let i = (this.heap.length >>> 1) - 1; i >= 0; i--) this.sink(i);
  }

  private take(): Entry {
    const first = this.heap[0] as Entry;
    const last = this.heap.pop() as Entry;
    if (first.cancelled) this.cancelled--;
    if (this.heap.length > 0) {
      this.heap[0] = last;
      this.sink(0);
    }
    return first;
  }

  private rise(from: number): void {
    const { heap } = this;
    const entry = heap[from] as Entry;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      const above = heap[parent] as Entry;
      if (before(above, entry)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = entry;
  }

  private sink(from: number): void {
    const { heap } = this;
    const entry = heap[from] as Entry;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Entry, heap[child] as Entry)) child++;
      if (before(entry, heap[child] as Entry)) break;
      heap[at] = heap[child] as Entry;
      at = child;
    }
    heap[at] = entry;
  }
}

const before = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
