import { escapePattern } from './pattern.js';

interface Fragment {
  readonly text: string;
  /** From quotes or an escape: neither split nor taken as a pattern. */
  readonly quoted: boolean;
}

/** One word after expansion, before pathname expansion. */
export class Field {
  readonly fragments: Fragment[] = [];

  get text(): string {
    return this.fragments.map((fragment) => fragment.text).join('');
  }

  /** The field as a pattern: quoted parts stand for themselves. */
  get pattern(): string {
    return this.fragments.map((fragment) => (fragment.quoted ? escapePattern(fragment.text) : fragment.text)).join('');
  }

  get mayBePattern(): boolean {
    return this.fragments.some((fragment) => !fragment.quoted && /[*?[(]/.test(fragment.text));
  }
}

/** Builds the fields that one word expands to. */
export class FieldBuilder {
  readonly fields: Field[] = [];
  private current: Field | undefined;

  /** `ifs` undefined: no splitting at all (assignments, here-documents). */
  constructor(private readonly ifs: string | undefined) {}

  add(text: string, quoted: boolean): void {
    if (text === '' && !quoted) return;
    if (!this.current) this.fields.push((this.current = new Field()));
    this.current.fragments.push({ text, quoted });
  }

  /** The next text begins a new field. */
  break(): void {
    this.current = undefined;
  }

  /** Adds the unquoted result of an expansion, split at IFS. */
  addSplit(text: string): void {
    const { ifs } = this;
    if (ifs === undefined || ifs === '') return this.add(text, false);
    const blank = Array.from(ifs).filter((c) => ' \t\n'.includes(c));
    const isBlank = (c: string | undefined): boolean => c !== undefined && blank.includes(c);
    const isOther = (c: string | undefined): boolean => c !== undefined && ifs.includes(c) && !isBlank(c);
    let at = 0;
    while (isBlank(text[at])) at++;
    if (at > 0) this.break();
    while (at < text.length) {
      const start = at;
      while (at < text.length && !ifs.includes(text[at] ?? '')) at++;
      const word = text.slice(start, at);
      const delimiter = at;
      while (isBlank(text[at])) at++;
      const hard = isOther(text[at]);
      if (hard) at++;
      while (hard && isBlank(text[at])) at++;
      if (word !== '') this.add(word, false);
      else if (hard && !this.current) this.add('', true);
      if (at > delimiter) this.break();
    }
  }
}
