import { quote } from '../api/field.js';

/** A text that is no JSON; the message is the one of Go's encoding/json. */
export class JsonSyntaxError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'JsonSyntaxError';
  }
}

/**
 * How deep objects and lists may nest. Go allows 10,000; what comes after the parser (copies, comparisons,
 * JSON.stringify) recurses on JavaScript's smaller stack.
 */
export const MAX_DEPTH = 2_000;

const EOF = -1;
const SPACES = new Set([0x20, 0x09, 0x0d, 0x0a]);
const LITERALS = new Map([[0x74, 'true'], [0x66, 'false'], [0x6e, 'null']]);
const INSIDE_LITERAL = /numeric literal|in literal |escape/;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;

/**
 * What Go's scanner says about a text that is no JSON; undefined for a text that is JSON.
 * It works on bytes as Go's does: a byte of a longer character shows as the Latin-1 letter.
 */
export function jsonSyntaxError(bytes: Buffer): JsonSyntaxError | undefined {
  try {
    new Scanner(bytes).check();
    return undefined;
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error;
    throw error;
  }
}

/** Walks through a text without building anything; a stack of its own, so that no depth is too much for it. */
class Scanner {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  check(): void {
    /** The open brackets. */
    const open: Array<'{' | '['> = [];
    this.spaces();
    for (;;) {
      // At the beginning of a value.
      const byte = this.peek();
      if (byte === 0x7b || byte === 0x5b) {
        open.push(byte === 0x7b ? '{' : '[');
        if (open.length > MAX_DEPTH) throw this.invalid('exceeded max depth');
        this.at++;
        this.spaces();
        if (this.peek() === (byte === 0x7b ? 0x7d : 0x5d)) {
          this.at++;
          open.pop();
        } else {
          if (byte === 0x7b) this.key();
          continue;
        }
      } else {
        this.literal(byte);
      }
      // Behind a value.
      for (;;) {
        this.spaces();
        const next = this.peek();
        const inside = open.at(-1);
        if (inside === undefined) {
          if (next !== EOF) throw this.invalid('after top-level value');
          return;
        }
        if (next === 0x2c) {
          this.at++;
          this.spaces();
          if (inside === '{') this.key();
          break;
        }
        if (next !== (inside === '{' ? 0x7d : 0x5d)) throw this.invalid(inside === '{' ? 'after object key:value pair' : 'after array element');
        this.at++;
        open.pop();
      }
    }
  }

  private peek(): number {
    return this.bytes[this.at] ?? EOF;
  }

  private spaces(): void {
    while (SPACES.has(this.peek())) this.at++;
  }

  private invalid(context: string): JsonSyntaxError {
    // At the end of the text Go's scanner is fed a space, which only the inside of a literal minds.
    const byte = this.peek() === EOF && INSIDE_LITERAL.test(context) ? 0x20 : this.peek();
    if (byte === EOF) return new JsonSyntaxError('unexpected end of JSON input');
    return new JsonSyntaxError(`invalid character ${quoteByte(byte)} ${context}`);
  }

  private key(): void {
    if (this.peek() !== 0x22) throw this.invalid('looking for beginning of object key string');
    this.string();
    this.spaces();
    if (this.peek() !== 0x3a) throw this.invalid('after object key');
    this.at++;
    this.spaces();
  }

  private literal(byte: number): void {
    if (byte === 0x22) return this.string();
    if (byte === 0x2d || (byte >= DIGIT_0 && byte <= DIGIT_9)) return this.number();
    const word = LITERALS.get(byte);
    if (word === undefined) throw this.invalid('looking for beginning of value');
    this.at++;
    for (let i = 1; i < word.length; i++) {
      if (this.peek() !== word.charCodeAt(i)) throw this.invalid(`in literal ${word} (expecting '${word[i]}')`);
      this.at++;
    }
  }

  private string(): void {
    this.at++;
    for (;;) {
      const byte = this.peek();
      if (byte === 0x22) {
        this.at++;
        return;
      }
      if (byte < 0x20) throw this.invalid('in string literal');
      this.at++;
      if (byte !== 0x5c) continue;
      const escape = this.peek();
      if (escape === 0x75) {
        this.at++;
        for (let i = 0; i < 4; i++) {
          if (!/[0-9a-fA-F]/.test(String.fromCharCode(this.peek()))) throw this.invalid('in \\u hexadecimal character escape');
          this.at++;
        }
      } else if ('bfnrt\\/"'.includes(String.fromCharCode(escape))) {
        this.at++;
      } else {
        throw this.invalid('in string escape code');
      }
    }
  }

  private number(): void {
    if (this.peek() === 0x2d) {
      this.at++;
      if (!this.isDigit()) throw this.invalid('in numeric literal');
    }
    if (this.peek() === DIGIT_0) this.at++;
    else while (this.isDigit()) this.at++;
    if (this.peek() === 0x2e) {
      this.at++;
      if (!this.isDigit()) throw this.invalid('after decimal point in numeric literal');
      while (this.isDigit()) this.at++;
    }
    if (this.peek() === 0x65 || this.peek() === 0x45) {
      this.at++;
      if (this.peek() === 0x2b || this.peek() === 0x2d) this.at++;
      if (!this.isDigit()) throw this.invalid('in exponent of numeric literal');
      while (this.isDigit()) this.at++;
    }
  }

  private isDigit(): boolean {
    const byte = this.peek();
    return byte >= DIGIT_0 && byte <= DIGIT_9;
  }
}

/** Go's quoteChar. */
function quoteByte(byte: number): string {
  if (byte === 0x27) return "'\\''";
  if (byte === 0x22) return `'"'`;
  return `'${goQuoteLatin(byte)}'`;
}

/** The inside of strconv.Quote of one Latin-1 character. */
function goQuoteLatin(byte: number): string {
  const special = new Map([[0x07, '\\a'], [0x0b, '\\v']]).get(byte);
  if (special) return special;
  if (byte >= 0x80 && byte < 0xa0) return `\\u00${byte.toString(16)}`;
  // No-break space and soft hyphen count as not printable.
  if (byte === 0xa0 || byte === 0xad) return `\\u00${byte.toString(16)}`;
  return quote(String.fromCharCode(byte)).slice(1, -1);
}
