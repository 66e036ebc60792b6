/** One thing that is wrong with an expression. */
export interface Issue {
  /** Offset into the text, in UTF-16 units. */
  readonly at: number;
  readonly message: string;
}

/** An expression that does not compile, with the text that cel-go has for it. */
export class CompileError extends Error {
  constructor(
    readonly source: string,
    readonly issues: readonly Issue[],
  ) {
    super(issues.map((issue) => issueText(source, issue)).join('\n'));
  }
}

function issueText(source: string, { at, message }: Issue): string {
  const before = source.slice(0, at);
  const line = before.split('\n').length;
  const start = before.lastIndexOf('\n') + 1;
  const end = source.indexOf('\n', at);
  const shown = source.slice(start, end < 0 ? source.length : end).replaceAll('\t', ' ');
  const prefix = Array.from(before.slice(start));
  const wide = (char: string | undefined): boolean => char !== undefined && (char.codePointAt(0) ?? 0) > 0x7f;
  const marks = prefix.map((char) => (wide(char) ? '．' : '.')).join('');
  const mark = wide(Array.from(shown.slice(at - start))[0]) ? '＾' : '^';
  return `ERROR: <input>:${line}:${prefix.length + 1}: ${message}\n | ${shown}\n | ${marks}${mark}`;
}
