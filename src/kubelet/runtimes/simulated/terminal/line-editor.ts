import type { Tty } from './tty.js';

export type EditedLine = { readonly kind: 'line'; readonly text: string } | { readonly kind: 'interrupt' } | { readonly kind: 'end' };

const MAX_HISTORY = 500;
const ESCAPE = '\x1b';
/** What a key that is no character sends. */
const SEQUENCE = new RegExp(`^${ESCAPE}(?:\\[[0-9;]*[A-Za-z~]|O[A-Za-z]|[^[O])`);

/** What could follow the text before the cursor: whole last words, as paths or commands. */
export type Completer = (before: string) => Promise<readonly string[]>;

/**
 * The line editor of an interactive shell: cursor keys, history, the usual control keys and completion.
 * Text typed at the end is echoed as is; only other changes redraw the line.
 */
export class LineEditor {
  readonly history: string[] = [];
  private text: string[] = [];
  private cursor = 0;
  private prompt = '';
  private pending = '';

  constructor(private readonly tty: Tty, private readonly complete: Completer) {}

  /** Shows the prompt and reads one line. */
  async readLine(prompt: string, signal: AbortSignal): Promise<EditedLine> {
    this.prompt = prompt.slice(prompt.lastIndexOf('\n') + 1);
    this.text = [];
    this.cursor = 0;
    const show = (text: string): Promise<void> => this.tty.write(Buffer.from(text), signal);
    const leave = this.tty.enterRaw();
    try {
      await show(prompt);
      return await this.edit(show, signal);
    } finally {
      if (this.pending) this.tty.unreadRaw(Buffer.from(this.pending));
      this.pending = '';
      leave();
    }
  }

  private async edit(show: (text: string) => Promise<void>, signal: AbortSignal): Promise<EditedLine> {
    let at = this.history.length;
    let draft = '';
    const recall = async (index: number): Promise<void> => {
      if (index < 0 || index > this.history.length) return;
      if (at === this.history.length) draft = this.text.join('');
      at = index;
      await this.replace(this.history[index] ?? draft, show);
    };
    for (;;) {
      const key = await this.key(signal);
      if (key === undefined) return { kind: 'end' };
      switch (key) {
        case '\r':
        case '\n': {
          await show('\n');
          const text = this.text.join('');
          this.remember(text);
          return { kind: 'line', text };
        }
        case '\x03':
          await show('^C\n');
          return { kind: 'interrupt' };
        case '\x04':
          if (this.text.length === 0) return { kind: 'end' };
          await this.remove(this.cursor, 1, show);
          break;
        case '\x7f':
        case '\b':
          if (this.cursor > 0) await this.remove(this.cursor - 1, 1, show);
          break;
        case '\x1b[3~': await this.remove(this.cursor, 1, show); break;
        case '\x01': case '\x1b[H': case '\x1b[1~': case '\x1bOH': await this.move(0, show); break;
        case '\x05': case '\x1b[F': case '\x1b[4~': case '\x1bOF': await this.move(this.text.length, show); break;
        case '\x02': case '\x1b[D': case '\x1bOD': await this.move(this.cursor - 1, show); break;
        case '\x06': case '\x1b[C': case '\x1bOC': await this.move(this.cursor + 1, show); break;
        case '\x10': case '\x1b[A': case '\x1bOA': await recall(at - 1); break;
        case '\x0e': case '\x1b[B': case '\x1bOB': await recall(at + 1); break;
        case '\x15': await this.remove(0, this.cursor, show); break;
        case '\x0b': await this.remove(this.cursor, this.text.length - this.cursor, show); break;
        case '\x17': {
          const start = this.wordStart();
          await this.remove(start, this.cursor - start, show);
          break;
        }
        case '\x0c':
          await show('\x1b[H\x1b[J');
          await this.redraw(show);
          break;
        case '\t': await this.tab(show); break;
        default: if (key >= ' ' && !key.startsWith('\x1b')) await this.insert(key, show);
      }
    }
  }

  /** One key: a character or a whole escape sequence. */
  private async key(signal: AbortSignal): Promise<string | undefined> {
    for (;;) {
      const sequence = SEQUENCE.exec(this.pending)?.[0];
      const partial = !sequence && this.pending.startsWith('\x1b');
      const key = sequence ?? (partial ? undefined : Array.from(this.pending)[0]);
      if (key !== undefined) {
        this.pending = this.pending.slice(key.length);
        return key;
      }
      const bytes = await this.tty.readRaw(signal);
      if (!bytes) return undefined;
      this.pending += bytes.toString('utf8');
    }
  }

  private async insert(key: string, show: (text: string) => Promise<void>): Promise<void> {
    this.text.splice(this.cursor++, 0, key);
    if (this.cursor === this.text.length) await show(key);
    else await this.redraw(show);
  }

  private async remove(start: number, count: number, show: (text: string) => Promise<void>): Promise<void> {
    if (count <= 0 || start >= this.text.length) return;
    const atEnd = start + count === this.text.length && this.cursor === this.text.length;
    this.text.splice(start, count);
    this.cursor = Math.min(start, this.text.length);
    if (atEnd) await show('\b \b'.repeat(count));
    else await this.redraw(show);
  }

  private async move(to: number, show: (text: string) => Promise<void>): Promise<void> {
    const target = Math.max(0, Math.min(this.text.length, to));
    const distance = target - this.cursor;
    this.cursor = target;
    if (distance !== 0) await show(`\x1b[${Math.abs(distance)}${distance > 0 ? 'C' : 'D'}`);
  }

  private async replace(text: string, show: (text: string) => Promise<void>): Promise<void> {
    this.text = Array.from(text);
    this.cursor = this.text.length;
    await this.redraw(show);
  }

  private async redraw(show: (text: string) => Promise<void>): Promise<void> {
    const back = this.text.length - this.cursor;
    await show(`\r${this.prompt}${this.text.join('')}\x1b[K${back > 0 ? `\x1b[${back}D` : ''}`);
  }

  private async tab(show: (text: string) => Promise<void>): Promise<void> {
    const before = this.text.slice(0, this.cursor).join('');
    const word = /[^\s;|&<>]*$/.exec(before)?.[0] ?? '';
    const matches = await this.complete(before);
    const [first = ''] = matches;
    let common = first;
    for (const match of matches) while (!match.startsWith(common)) common = common.slice(0, -1);
    if (matches.length === 1 && !common.endsWith('/')) common += ' ';
    if (common.length > word.length) for (const c of common.slice(word.length)) await this.insert(c, show);
    else if (matches.length > 1) {
      await show(`\n${matches.map((match) => match.slice(match.lastIndexOf('/', match.length - 2) + 1)).join('  ')}\n`);
      await this.redraw(show);
    }
  }

  private wordStart(): number {
    let start = this.cursor;
    while (start > 0 && this.text[start - 1] === ' ') start--;
    while (start > 0 && this.text[start - 1] !== ' ') start--;
    return start;
  }

  private remember(text: string): void {
    if (text.trim() === '' || this.history.at(-1) === text) return;
    this.history.push(text);
    if (this.history.length > MAX_HISTORY) this.history.shift();
  }
}
