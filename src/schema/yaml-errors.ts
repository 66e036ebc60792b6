import type { ErrorCode, LineCounter, YAMLError } from 'yaml';

/** Scanner errors name the line where they are, parser errors the line before (Go's yaml counts them so). */
type Origin = 'scanner' | 'parser';

interface GoText {
  readonly origin: Origin;
  readonly text: string;
  /** The error is found only at the end of the text. */
  readonly atEnd?: boolean;
}

const BY_CODE: Partial<Record<ErrorCode, GoText>> = {
  BLOCK_AS_IMPLICIT_KEY: { origin: 'scanner', text: 'mapping values are not allowed in this context' },
  TAB_AS_INDENT: { origin: 'scanner', text: 'found character that cannot start any token' },
  BAD_SCALAR_START: { origin: 'scanner', text: 'found character that cannot start any token' },
  BAD_DQ_ESCAPE: { origin: 'scanner', text: 'found unknown escape character' },
  BAD_INDENT: { origin: 'parser', text: 'did not find expected key' },
  UNEXPECTED_TOKEN: { origin: 'parser', text: 'did not find expected key' },
  MULTILINE_IMPLICIT_KEY: { origin: 'scanner', text: "could not find expected ':'" },
};

const BY_MESSAGE: ReadonlyArray<readonly [RegExp, GoText]> = [
  // The parser recurses, so very deep texts end in a full stack.
  [/Maximum call stack/, { origin: 'parser', text: 'exceeded max depth of 10000' }],
  [/Missing closing/, { origin: 'scanner', text: 'found unexpected end of stream', atEnd: true }],
  [/Implicit map keys need to be followed/, { origin: 'scanner', text: "could not find expected ':'", atEnd: true }],
  [/[Ff]low map .*|end with \}/, { origin: 'parser', text: "did not find expected ',' or '}'", atEnd: true }],
  [/[Ff]low seq.*|end with \]/, { origin: 'parser', text: "did not find expected ',' or ']'", atEnd: true }],
  [/Sequence item without|sequence items/i, { origin: 'parser', text: "did not find expected '-' indicator" }],
  [/Block scalar header includes/, { origin: 'scanner', text: 'did not find expected comment or line break' }],
  [/Unexpected , in/, { origin: 'parser', text: 'did not find expected node content' }],
  [/Invalid escape sequence \\[xuU]/, { origin: 'scanner', text: 'did not find expected hexdecimal number' }],
  [/Anchor cannot be an empty/, { origin: 'scanner', text: 'did not find expected alphabetic or numeric character' }],
  [/directives-end/, { origin: 'parser', text: "did not find expected '<document start>'" }],
];

/** An error of the `yaml` package in the words of Go's, where both have the same. */
export function goYamlText(error: YAMLError, source: string, lines: LineCounter): string {
  const known = BY_MESSAGE.find(([pattern]) => pattern.test(error.message))?.[1] ?? BY_CODE[error.code];
  const offset = known?.atEnd ? source.length : error.pos[0];
  const index = known?.atEnd ? source.split('\n').length - (source.endsWith('\n') ? 1 : 0) : lines.linePos(offset).line - 1;
  const line = known?.origin === 'parser' ? index : index === 0 ? 0 : index + 1;
  return `yaml: ${line > 0 ? `line ${line}: ` : ''}${known?.text ?? error.message}`;
}
