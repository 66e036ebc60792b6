/**
 * An object whose entries are made one by one while it is written: a document is never in memory as a whole, neither as
 * objects nor as text.
 */
export class Entries {
  constructor(readonly each: () => Iterable<readonly [name: string, value: unknown]>) {}
}

/** Large enough that compressing is not slowed down, small enough to be garbage soon. */
const PIECE = 64 * 1024;

/** JSON text, piece by piece. */
export function* jsonPieces(entries: Entries): Iterable<string> {
  let piece = '';
  for (const token of tokens(entries)) {
    piece += token;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}

function* tokens(entries: Entries): Iterable<string> {
  let before = '{';
  for (const [name, value] of entries.each()) {
    yield `${before}${JSON.stringify(name)}:`;
    if (value instanceof Entries) yield* tokens(value);
    else yield JSON.stringify(value);
    before = ',';
  }
  yield before === '{' ? '{}' : '}';
}

/** The whole as an object, for who cannot do without. */
export function toObject(entries: Entries): object {
  const whole: Array<readonly [string, unknown]> = [];
  for (const [name, value] of entries.each()) whole.push([name, value instanceof Entries ? toObject(value) : value]);
  return Object.fromEntries(whole);
}
