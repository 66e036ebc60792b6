import { OpenFile } from '../shell/io/open-file.js';
import type { Tty } from './tty.js';

/** A terminal as standard input, output and error. */
export class TtyFile extends OpenFile {
  constructor(private readonly terminal: Tty) {
    super();
  }

  override get tty(): Tty {
    return this.terminal;
  }

  protected override fetch(signal: AbortSignal): Promise<Uint8Array | undefined> {
    return this.terminal.readLine(signal);
  }

  override write(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    return this.terminal.write(bytes, signal);
  }
}
