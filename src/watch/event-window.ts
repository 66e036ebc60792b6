import type { Change, Revision } from '../storage/types.js';

/**
 * The latest changes of one resource, in order. Positions count from the first change ever and never shift, so that a
 * watcher is just a number.
 */
export class EventWindow {
  private events: Array<Change | undefined> = [];
  private head = 0;
  private headPosition = 0;

  /** `evicted`: changes up to this revision are not here. */
  constructor(private gone: Revision) {}

  /** Every change after this revision is here. */
  get evicted(): Revision {
    return this.gone;
  }

  /** Position of the oldest change that is here. */
  get start(): number {
    return this.headPosition;
  }

  /** Position after the newest. */
  get end(): number {
    return this.headPosition + this.events.length - this.head;
  }

  at(position: number): Change {
    return this.events[this.head + position - this.headPosition] as Change;
  }

  push(change: Change): void {
    this.events.push(change);
  }

  shift(): Change | undefined {
    const change = this.events[this.head];
    if (!change) return undefined;
    this.head++;
    this.headPosition++;
    this.gone = change.revision;
    // Passed-over slots would keep their changes alive; moving what is left is rare enough not to count.
    if (this.head >= 256 && this.head * 2 >= this.events.length) {
      this.events = this.events.slice(this.head);
      this.head = 0;
    } else {
      this.events[this.head - 1] = undefined;
    }
    return change;
  }

  /** Position of the first change after a revision. */
  firstAfter(revision: Revision): number {
    let low = this.start;
    let high = this.end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.at(middle).revision > revision) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
