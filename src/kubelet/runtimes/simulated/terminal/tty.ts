import type { Readable, Writable } from 'node:stream';
import type { TerminalSize } from '../../../../api/streams.js';
import type { Terminal } from '../program.js';
import { BrokenPipe } from '../shell/errors.js';
import { Condition } from '../shell/io/condition.js';

/** Keys with a meaning to the line discipline. */
const KEY = { interrupt: 3, end: 4, backspace: 8, newline: 10, carriageReturn: 13, killWord: 23, killLine: 21, suspend: 26, quit: 28, erase: 127 } as const;
/** Typed ahead, unread: as Linux' line buffer. */
const MAX_INPUT = 64 * 1024;

export interface TtyOptions {
  readonly input: Readable;
  readonly output: Writable;
  readonly terminal: Terminal;
  /** Ctrl-C ('SIGINT'), Ctrl-Z ('SIGTSTP'), Ctrl-\ ('SIGQUIT') or a new size ('SIGWINCH'): to be sent to the foreground job. */
  readonly onSignal: (signal: string) => void;
}

/**
 * The line discipline of a session's terminal (termios(3), canonical mode): echoes what is typed, lets it be
 * erased, turns Ctrl-C and Ctrl-Z into signals and Ctrl-D into the end, and gives readers whole lines. In raw mode a line
 * editor gets the bytes as they come.
 */
export class Tty {
  private readonly changed = new Condition();
  private readonly lines: Buffer[] = [];
  private readonly rawInput: Buffer[] = [];
  private line: number[] = [];
  private ended = false;
  private echo = true;
  private raw = false;
  private queued = 0;

  constructor(private readonly options: TtyOptions) {
    const { input, terminal } = options;
    const pump = (): void => this.pump();
    input.on('readable', pump);
    const end = (): void => {
      this.pump();
      this.ended = true;
      this.changed.notify();
    };
    for (const event of ['end', 'close', 'error']) input.on(event, end);
    if (input.readableEnded || input.destroyed) this.ended = true;
    terminal.onResize(() => options.onSignal('SIGWINCH'));
    pump();
  }

  get size(): TerminalSize {
    return this.options.terminal.size;
  }

  /** The next line, or what stands before Ctrl-D; undefined at the end of the input. */
  async readLine(signal: AbortSignal): Promise<Buffer | undefined> {
    for (;;) {
      signal.throwIfAborted();
      const line = this.lines.shift();
      if (line) {
        this.queued -= line.length;
        this.pump();
        return line.length > 0 ? line : undefined;
      }
      if (this.ended) return undefined;
      await this.changed.wait(signal);
    }
  }

  /** Raw bytes as they come, lines typed ahead first; undefined at the end. Only between `enterRaw` and its undo. */
  async readRaw(signal: AbortSignal): Promise<Buffer | undefined> {
    for (;;) {
      signal.throwIfAborted();
      const bytes = this.rawInput.shift();
      if (bytes) {
        this.queued -= bytes.length;
        this.pump();
        return bytes;
      }
      if (this.ended) return undefined;
      await this.changed.wait(signal);
    }
  }

  /** Gives back raw bytes that belong to whoever reads next. */
  unreadRaw(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.rawInput.unshift(bytes);
    this.queued += bytes.length;
  }

  /** Switches to raw mode; the result switches back, handing unread bytes to the line discipline. */
  enterRaw(): () => void {
    this.raw = true;
    const typed = [...this.lines.splice(0), Buffer.from(this.line)].filter((part) => part.length > 0);
    this.line = [];
    this.rawInput.push(...typed);
    return () => {
      this.raw = false;
      const rest = this.rawInput.splice(0);
      // It came while nobody echoed: whoever reads it shows it. So pasted lines are seen once.
      const { echo } = this;
      this.echo = false;
      for (const bytes of rest) {
        this.queued -= bytes.length;
        this.cook(bytes);
      }
      this.echo = echo;
    };
  }

  /** Stops the echo (`read -s`); the result starts it again. */
  hideEcho(): () => void {
    this.echo = false;
    return () => {
      this.echo = true;
    };
  }

  /** Writes with newlines turned to CR LF. */
  async write(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    const { output } = this.options;
    signal.throwIfAborted();
    if (output.destroyed || output.writableEnded) throw new BrokenPipe();
    if (output.write(withCarriageReturns(bytes))) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        for (const event of ['drain', 'close', 'error']) output.off(event, done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      for (const event of ['drain', 'close', 'error']) output.on(event, done);
      signal.addEventListener('abort', done);
    });
    signal.throwIfAborted();
  }

  private pump(): void {
    while (this.queued < MAX_INPUT) {
      const chunk: unknown = this.options.input.read();
      if (chunk === null || chunk === undefined) return;
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk as Uint8Array);
      if (this.raw) {
        this.rawInput.push(bytes);
        this.queued += bytes.length;
        this.changed.notify();
      } else this.cook(bytes);
    }
  }

  private cook(bytes: Buffer): void {
    for (const byte of bytes) this.key(byte);
  }

  private key(byte: number): void {
    switch (byte) {
      case KEY.interrupt: return this.signal('^C', 'SIGINT');
      case KEY.suspend: return this.signal('^Z', 'SIGTSTP');
      case KEY.quit: return this.signal('^\\', 'SIGQUIT');
      case KEY.end: return this.commit();
      case KEY.carriageReturn:
      case KEY.newline:
        this.line.push(KEY.newline);
        this.show('\n');
        return this.commit();
      case KEY.backspace:
      case KEY.erase: return this.erase(1);
      case KEY.killLine: return this.erase(this.line.length);
      case KEY.killWord: return this.erase(this.line.length - lastWord(this.line));
      default:
        if (this.line.length >= 4095) return;
        this.line.push(byte);
        if (byte === 9 || byte >= 32) this.show(Buffer.from([byte]));
        else this.show(`^${String.fromCharCode(byte + 64)}`);
    }
  }

  /** What was typed before is dropped. */
  private signal(shown: string, name: string): void {
    this.line = [];
    this.lines.length = 0;
    this.queued = 0;
    this.show(shown);
    this.options.onSignal(name);
  }

  private commit(): void {
    const line = Buffer.from(this.line);
    this.line = [];
    this.lines.push(line);
    this.queued += line.length;
    this.changed.notify();
  }

  private erase(count: number): void {
    let left = count;
    while (left-- > 0 && this.line.length > 0) {
      // A UTF-8 character goes as a whole.
      let byte = this.line.pop() ?? 0;
      while (byte >= 0x80 && byte < 0xc0 && this.line.length > 0) {
        byte = this.line.pop() ?? 0;
        left--;
      }
      this.show(byte < 32 && byte !== 9 ? '\b \b\b \b' : '\b \b');
    }
  }

  private show(text: string | Buffer): void {
    const { output } = this.options;
    if (this.echo && !output.destroyed && !output.writableEnded) output.write(withCarriageReturns(Buffer.from(text)));
  }
}

function withCarriageReturns(bytes: Uint8Array): Uint8Array {
  if (!bytes.includes(KEY.newline)) return bytes;
  return Buffer.from(Buffer.from(bytes).toString('latin1').replace(/\n/g, '\r\n'), 'latin1');
}

/** Length of the line without its last word and the blanks after it. */
function lastWord(line: readonly number[]): number {
  let end = line.length;
  while (end > 0 && line[end - 1] === 32) end--;
  while (end > 0 && line[end - 1] !== 32) end--;
  return end;
}
