import type { Clock, Timer } from '../base/clock.js';
import type { Compaction, Superseded } from './log.js';
import type { Revision } from './types.js';

/** How much history the store keeps. What passes any of the bounds may go. */
export interface RetentionOptions {
  /** Keeps changes at least this long, bounds below permitting; Infinity: they do not age. Default 5 minutes, as kube-apiserver has etcd do. */
  readonly maxAgeMs?: number | undefined;
  /** Most revisions that are kept. Default 100,000. */
  readonly maxRevisions?: number | undefined;
  /** Most bytes of replaced JSON that are kept. Default 128 MiB on disk, 32 MiB in memory. */
  readonly maxBytes?: number | undefined;
}

/** Revisions that were published within one span of time. */
interface Span {
  last: Revision;
  readonly end: number;
}

/** Versions deleted by one batch: a big compaction must not hold up writes. */
const CHUNK = 500;
const SPANS = 10;

/**
 * Decides which revision history may be compacted to. A timer runs only while there is history that will expire,
 * so that an idle store does nothing.
 */
export class Retention {
  private readonly maxAgeMs: number;
  private readonly maxRevisions: number;
  private readonly maxBytes: number;
  /** In order of `at`. The first `head` are gone. */
  private superseded: Superseded[] = [];
  private head = 0;
  private bytes = 0;
  private readonly spans: Span[] = [];
  private timer: Timer | undefined;
  private wanted = 0 as Revision;

  /** `due` is called when the time has moved the target on. */
  constructor(
    private readonly clock: Clock,
    options: RetentionOptions,
    private readonly due: () => void,
  ) {
    this.maxAgeMs = options.maxAgeMs ?? 300_000;
    this.maxRevisions = options.maxRevisions ?? 100_000;
    this.maxBytes = options.maxBytes ?? 128 * 1024 * 1024;
  }

  /** The revision to compact to. */
  get target(): Revision {
    return this.wanted;
  }

  /** A version that was replaced; in order of `at`. */
  add(version: Superseded): void {
    this.superseded.push(version);
    this.bytes += version.bytes;
  }

  /** Everything up to `revision` is published; `floor` is where the log is compacted to. */
  published(revision: Revision, floor: Revision): void {
    const now = this.clock.now();
    const span = this.spans[this.spans.length - 1];
    if (span && now < span.end) span.last = revision;
    else if (revision > floor) this.spans.push({ last: revision, end: now + this.maxAgeMs / SPANS });
    this.arm();
    // In steps, so that a store at its bound does not compact with every write.
    const step = Math.ceil(this.maxRevisions / 10);
    if (revision - Math.max(floor, this.wanted) > this.maxRevisions + step) this.raise((revision - this.maxRevisions) as Revision);
    if (this.bytes > this.maxBytes * 1.1) this.raise(this.revisionWithinBytes());
  }

  raise(target: Revision): void {
    if (target > this.wanted) this.wanted = target;
  }

  /** The next part of what has to be done to reach the target; undefined when it is reached. */
  next(floor: Revision): Compaction | undefined {
    const target = Math.max(this.wanted, floor) as Revision;
    let end = this.head;
    while (end < this.superseded.length && end - this.head < CHUNK && (this.superseded[end] as Superseded).at <= target) end++;
    if (target <= floor && end === this.head) return undefined;
    return { floor: target, superseded: this.superseded.slice(this.head, end) };
  }

  /** A compaction that `next` gave is done. */
  done({ superseded }: Compaction): void {
    for (const { bytes } of superseded) this.bytes -= bytes;
    this.head += superseded.length;
    if (this.head > 1024 && this.head > this.superseded.length / 2) {
      this.superseded = this.superseded.slice(this.head);
      this.head = 0;
    }
  }

  close(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.spans.length = 0;
  }

  private revisionWithinBytes(): Revision {
    let left = this.bytes;
    let at = 0 as Revision;
    for (let i = this.head; i < this.superseded.length && left > this.maxBytes; i++) {
      const version = this.superseded[i] as Superseded;
      left -= version.bytes;
      at = version.at;
    }
    return at;
  }

  private arm(): void {
    const first = this.spans[0];
    if (this.timer || !first || this.maxAgeMs === Infinity) return;
    this.timer = this.clock.after(first.end + this.maxAgeMs - this.clock.now(), () => {
      this.timer = undefined;
      const before = this.wanted;
      for (;;) {
        const span = this.spans[0];
        if (!span || span.end + this.maxAgeMs > this.clock.now()) break;
        this.spans.shift();
        this.raise(span.last);
      }
      this.arm();
      if (this.wanted > before) this.due();
    });
  }
}
