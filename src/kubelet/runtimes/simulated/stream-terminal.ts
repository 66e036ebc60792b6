import type { TerminalSize } from '../../../api/streams.js';
import type { Terminal } from './program.js';

/** The size of a client's terminal, followed as the client reports it. */
export class StreamTerminal implements Terminal {
  size: TerminalSize = { width: 80, height: 24 };
  private readonly listeners = new Set<(size: TerminalSize) => void>();

  constructor(resize?: AsyncIterable<TerminalSize>) {
    if (resize) void this.follow(resize);
  }

  onResize(listener: (size: TerminalSize) => void): void {
    this.listeners.add(listener);
  }

  private async follow(resize: AsyncIterable<TerminalSize>): Promise<void> {
    try {
      for await (const size of resize) {
        this.size = size;
        for (const listener of this.listeners) listener(size);
      }
    } catch {
      // The client has gone; the session ends by its own signal.
    }
  }
}
