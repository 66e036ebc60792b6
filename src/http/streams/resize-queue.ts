import type { TerminalSize } from '../../api/streams.js';

const MAX_PENDING_TEXT = 4096;

/** The client's terminal sizes. Only the newest counts: a reader that is behind misses those in between. */
export class ResizeQueue implements AsyncIterable<TerminalSize> {
  private latest: TerminalSize | undefined;
  private ended = false;
  private wake: (() => void) | undefined;
  private text = '';

  /** Takes JSON objects `{"Width":80,"Height":24}`, one after another, cut anywhere. Others are ignored. */
  feed(bytes: Buffer): void {
    this.text += bytes.toString('latin1');
    let end: number;
    while ((end = this.text.indexOf('}')) >= 0) {
      const object = this.text.slice(this.text.indexOf('{'), end + 1);
      this.text = this.text.slice(end + 1);
      this.take(object);
    }
    if (this.text.length > MAX_PENDING_TEXT) this.text = '';
  }

  end(): void {
    this.ended = true;
    this.wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<TerminalSize> {
    for (;;) {
      const size = this.latest;
      this.latest = undefined;
      if (size) yield size;
      else if (this.ended) return;
      else await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  private take(json: string): void {
    try {
      const { Width: width, Height: height } = JSON.parse(json) as { Width?: unknown; Height?: unknown };
      if (!isSize(width) || !isSize(height)) return;
      this.latest = { width, height };
      this.wake?.();
    } catch {
      // A client that sends something else has a terminal of unknown size.
    }
  }
}

const isSize = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffff;
