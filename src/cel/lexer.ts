import { CompileError, type Issue } from './compile-error.js';

export type TokenKind = 'int' | 'uint' | 'float' | 'string' | 'bytes' | 'ident' | 'escaped' | 'op' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** As written; of strings and bytes see `value`. */
  readonly text: string;
  readonly at: number;
  readonly value?: string | Uint8Array;
}

const SPACE = /(?:[\t\n\f\r ]|\/\/[^\n]*)+/y;
const IDENT = /[A-Za-z_][A-Za-z0-9_]*/y;
const ESCAPED_IDENT = /`[A-Za-z0-9_./ -]+`/y;
const FLOAT = /(?:[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)/y;
const INT = /(?:0x[0-9a-fA-F]+|[0-9]+)[uU]?/y;
const STRING = /([bB]?[rR]?|[rR][bB])("""|'''|"|')/y;
const OPERATOR = /==|!=|<=|>=|&&|\|\||[<>!+\-*/%?:.,()[\]{}]/y;
/** As many errors as cel-go reports. */
const MAX_STRAYS = 100;
const ESCAPES: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\', '?': '?', '"': '"', "'": "'", '`': '`' };

/** Splits an expression into tokens, an `end` last, and tells of what begins none: cel-go leaves that out and reads on. Throws CompileError. */
export function tokenize(source: string): { readonly tokens: readonly Token[]; readonly strays: readonly Issue[] } {
  const tokens: Token[] = [];
  const strays: Issue[] = [];
  let at = 0;
  const match = (expression: RegExp): RegExpExecArray | null => {
    expression.lastIndex = at;
    return expression.exec(source);
  };
  for (;;) {
    at += match(SPACE)?.[0].length ?? 0;
    if (at >= source.length) break;
    const string = match(STRING);
    if (string) {
      const token = readString(source, at, string[1] ?? '', string[2] ?? '');
      tokens.push(token);
      at += token.text.length;
      continue;
    }
    const found = numberAt(match) ?? plain(match, IDENT, 'ident') ?? plain(match, ESCAPED_IDENT, 'escaped') ?? plain(match, OPERATOR, 'op');
    if (found) {
      tokens.push({ ...found, at });
      at += found.text.length;
      continue;
    }
    // What begins an operator takes the character with it that makes it none.
    const text = /^(?:[=&|].?|.)/su.exec(source.slice(at, at + 4))?.[0] ?? '';
    strays.push({ at, message: `Syntax error: token recognition error at: '${text}'` });
    if (strays.length >= MAX_STRAYS) throw new CompileError(source, strays);
    at += text.length;
  }
  return { tokens: [...tokens, { kind: 'end', text: '<EOF>', at }], strays };
}

type Match = (expression: RegExp) => RegExpExecArray | null;

function plain(match: Match, expression: RegExp, kind: TokenKind): Omit<Token, 'at'> | undefined {
  const text = match(expression)?.[0];
  return text === undefined ? undefined : { kind, text };
}

function numberAt(match: Match): Omit<Token, 'at'> | undefined {
  const float = match(FLOAT)?.[0];
  if (float !== undefined) return { kind: 'float', text: float };
  const int = match(INT)?.[0];
  return int === undefined ? undefined : { kind: /[uU]$/.test(int) ? 'uint' : 'int', text: int };
}

function readString(source: string, at: number, prefix: string, quote: string): Token {
  const raw = /r/i.test(prefix);
  const bytes = /b/i.test(prefix);
  const start = at + prefix.length + quote.length;
  let end = start;
  while (!source.startsWith(quote, end)) {
    if (end >= source.length || (quote.length === 1 && source[end] === '\n')) {
      throw new CompileError(source, [{ at, message: `Syntax error: token recognition error at: '${source.slice(at, end)}'` }]);
    }
    end += source[end] === '\\' && !raw ? 2 : 1;
  }
  const bad = raw ? null : BAD_ESCAPE.exec(source.slice(start, end).replace(/\\\\/g, '__'));
  if (bad) throw new CompileError(source, [{ at, message: `Syntax error: token recognition error at: '${source.slice(at, start + bad.index + 2)}'` }]);
  const body = source.slice(start, end).replaceAll('\r\n', '\n');
  const text = source.slice(at, end + quote.length);
  const fail = (message: string): CompileError => new CompileError(source, [{ at, message }]);
  if (bytes) return { kind: 'bytes', text, at, value: raw ? new TextEncoder().encode(body) : unescapeBytes(body, fail) };
  return { kind: 'string', text, at, value: raw ? body : unescapeText(body, fail) };
}

/** What may follow a backslash: without it the text is no string for the lexer. */
const BAD_ESCAPE = /\\(?!x[0-9a-fA-F]{2}|X[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2}|[abfnrtv\\?"'`])./s;
const ESCAPE = /\\(x[0-9a-fA-F]{2}|X[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2}|[\s\S]|$)/g;

function unescapeText(body: string, fail: (message: string) => CompileError): string {
  return body.replace(ESCAPE, (_whole, code: string) => {
    const plainChar = ESCAPES[code];
    if (plainChar !== undefined) return plainChar;
    const point = code.length === 3 && /^[0-3]/.test(code) ? parseInt(code, 8) : code.length > 1 ? parseInt(code.slice(1), 16) : NaN;
    if (Number.isNaN(point) || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) throw fail('unable to unescape string');
    return String.fromCodePoint(point);
  });
}

function unescapeBytes(body: string, fail: (message: string) => CompileError): Uint8Array {
  const bytes: number[] = [];
  let last = 0;
  const encode = (text: string): void => void bytes.push(...new TextEncoder().encode(text));
  for (const found of body.matchAll(ESCAPE)) {
    encode(body.slice(last, found.index));
    last = found.index + found[0].length;
    const code = found[1] ?? '';
    if (/^x/i.test(code) && code.length === 3) bytes.push(parseInt(code.slice(1), 16));
    else if (/^[0-3][0-7]{2}$/.test(code)) bytes.push(parseInt(code, 8));
    else if (ESCAPES[code] !== undefined) encode(ESCAPES[code]);
    else throw fail('unable to unescape string');
  }
  encode(body.slice(last));
  return Uint8Array.from(bytes);
}
