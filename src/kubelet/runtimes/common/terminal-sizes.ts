import { sleep, SystemClock } from '../../../base/clock.js';
import type { TerminalSize } from '../../../api/streams.js';

/** As long as a command waits for its client to say how large the terminal is. Clients that say it do so at once. */
const FIRST_SIZE_MS = 250;

/** The sizes that a client says its terminal has: the first before the command starts, so that it never sees another. */
export class TerminalSizes {
  private readonly sizes: AsyncIterator<TerminalSize>;
  private next: Promise<IteratorResult<TerminalSize>> | undefined;

  constructor(resize: AsyncIterable<TerminalSize>) {
    this.sizes = resize[Symbol.asyncIterator]();
  }

  /** The size at the start; undefined from a client that has not said it in time. */
  async first(): Promise<TerminalSize | undefined> {
    this.next = this.sizes.next();
    const patience = new AbortController();
    const first = await Promise.race([this.next, sleep(new SystemClock(), FIRST_SIZE_MS, patience.signal).catch(() => undefined)]);
    patience.abort();
    if (!first) return undefined;
    this.next = undefined;
    return first.done ? undefined : first.value;
  }

  /** Hands on every size from now on, one after the other, until the client goes. Never rejects. */
  async follow(onSize: (size: TerminalSize) => void | Promise<void>): Promise<void> {
    try {
      for (let next = await (this.next ?? this.sizes.next()); !next.done; next = await this.sizes.next()) await onSize(next.value);
    } catch {
      // The client has gone; the session ends by its own signal.
    }
  }

  close(): void {
    void this.sizes.return?.();
  }
}
