import type { TerminalSize } from '../../../api/streams.js';
import type { Terminal } from './program.js';

const USUAL: TerminalSize = { width: 80, height: 24 };

/** The size of a client's terminal. */
export class StreamTerminal implements Terminal {
  private readonly listeners = new Set<(size: TerminalSize) => void>();

  constructor(private current: TerminalSize = USUAL) {}

  get size(): TerminalSize {
    return this.current;
  }

  onResize(listener: (size: TerminalSize) => void): void {
    this.listeners.add(listener);
  }

  resize(size: TerminalSize): void {
    this.current = size;
    for (const listener of this.listeners) listener(size);
  }
}
