import type { Clock } from '../../../base/clock.js';
import type { ContainerLog, LogEntry } from '../../runtime.js';

/** Longest entry; longer lines are split as containerd splits them. */
const MAX_LINE = 16 * 1024;
/** What one entry costs beside its bytes. */
const OVERHEAD = 64;
const NEWLINE = 0x0a;

interface Stored {
  readonly ms: number;
  readonly nanos: number;
  readonly stdout: boolean;
  readonly partial: boolean;
  readonly data: Buffer;
}

/**
 * A container's log in memory: whole lines with the time they were written; the oldest go when it outgrows its limit
 * (as the kubelet rotates files by containerLogMaxSize).
 */
export class LogBuffer implements ContainerLog {
  private entries: Stored[] = [];
  private dropped = 0;
  private bytes = 0;
  private lastMs = 0;
  private sameMs = 0;
  private readonly rest: { stdout: Buffer[]; stderr: Buffer[] } = { stdout: [], stderr: [] };
  private readonly waiters = new Set<() => void>();
  closed = false;

  constructor(
    private readonly clock: Clock,
    private readonly maxBytes: number,
  ) {}

  get first(): number {
    return this.dropped;
  }

  get end(): number {
    return this.dropped + this.entries.length;
  }

  at(position: number): LogEntry | undefined {
    const entry = this.entries[position - this.dropped];
    if (!entry) return undefined;
    const time = `${new Date(entry.ms).toISOString().slice(0, -1)}${String(entry.nanos).padStart(6, '0')}Z`;
    return { time, stream: entry.stdout ? 'stdout' : 'stderr', partial: entry.partial, data: entry.data };
  }

  /** Takes output as it comes; what has no newline yet waits for the rest of its line. */
  write(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    if (this.closed) return;
    let start = 0;
    for (let newline = chunk.indexOf(NEWLINE); newline >= 0; newline = chunk.indexOf(NEWLINE, start)) {
      this.line(stream, chunk.subarray(start, newline), false);
      start = newline + 1;
    }
    if (start < chunk.length) {
      const rest = this.rest[stream];
      rest.push(chunk.subarray(start));
      if (rest.reduce((sum, part) => sum + part.length, 0) >= MAX_LINE) this.line(stream, Buffer.alloc(0), true);
    }
    this.notify();
  }

  /** The container has ended: an unfinished line is kept as such. */
  close(): void {
    if (this.closed) return;
    for (const stream of ['stdout', 'stderr'] as const) if (this.rest[stream].length > 0) this.line(stream, Buffer.alloc(0), true);
    this.closed = true;
    this.notify();
  }

  changed(signal: AbortSignal): Promise<void> {
    if (this.closed || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        this.waiters.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.waiters.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  private line(stream: 'stdout' | 'stderr', tail: Buffer, partial: boolean): void {
    const rest = this.rest[stream];
    // A copy frees the chunk it came from, which may be far larger than the line.
    let line = rest.length > 0 ? Buffer.concat([...rest, tail]) : tail.buffer.byteLength > tail.length * 4 ? Buffer.from(tail) : tail;
    rest.length = 0;
    while (line.length > MAX_LINE) {
      this.add(stream, line.subarray(0, MAX_LINE), true);
      line = line.subarray(MAX_LINE);
    }
    this.add(stream, line, partial);
  }

  private add(stream: 'stdout' | 'stderr', data: Buffer, partial: boolean): void {
    const ms = this.clock.now();
    // Lines of one millisecond keep their order by made-up nanoseconds.
    this.sameMs = ms === this.lastMs ? Math.min(this.sameMs + 1, 999_999) : 0;
    this.lastMs = ms;
    this.entries.push({ ms, nanos: this.sameMs, stdout: stream === 'stdout', partial, data });
    this.bytes += data.length + OVERHEAD;
    if (this.bytes > this.maxBytes) this.rotate();
  }

  /** Drops a fifth at a time: that is one of the kubelet's five files. */
  private rotate(): void {
    let count = 0;
    const until = this.maxBytes * 0.8;
    while (this.bytes > until && count < this.entries.length - 1) this.bytes -= (this.entries[count++] as Stored).data.length + OVERHEAD;
    this.entries = this.entries.slice(count);
    this.dropped += count;
  }

  private notify(): void {
    for (const waiter of this.waiters) waiter();
  }
}
