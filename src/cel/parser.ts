import type { Expr, Literal } from './ast.js';
import { isDeeperThan } from './children.js';
import { CompileError, type Issue } from './compile-error.js';
import { tokenize, type Token } from './lexer.js';
import { expandCall } from './macros.js';

const RESERVED: ReadonlySet<string> = new Set([
  ...['as', 'break', 'const', 'continue', 'else', 'false', 'for', 'function', 'if', 'import', 'in', 'let', 'loop', 'package', 'namespace', 'null', 'return'],
  ...['true', 'var', 'void', 'while'],
]);
const RELATIONS: Readonly<Record<string, string>> = { '<': '_<_', '<=': '_<=_', '>': '_>_', '>=': '_>=_', '==': '_==_', '!=': '_!=_', in: '@in' };
const SUMS: Readonly<Record<string, string>> = { '+': '_+_', '-': '_-_' };
const PRODUCTS: Readonly<Record<string, string>> = { '*': '_*_', '/': '_/_', '%': '_%_' };
const STARTS = "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";
const MAX_DEPTH = 250;
/** Chains (`a.b.c`, `1 + 2 + 3`) nest without brackets: checker and evaluator go down as deep as this. */
const MAX_NESTING = 500;
/** Kubernetes' limit of an expression, in code points. */
const MAX_LENGTH = 100_000;
const INT64 = 2n ** 63n;

/** Reads an expression. Throws CompileError for what is none. */
export function parse(source: string): Expr {
  if (source.length > MAX_LENGTH) throw new CompileError(source.slice(0, 0), [{ at: 0, message: `expression code point size exceeds limit: size: ${source.length}, limit ${MAX_LENGTH}` }]);
  const { tokens, strays } = tokenize(source);
  const expr = read(source, tokens, strays);
  if (isDeeperThan(expr, MAX_NESTING)) throw new CompileError(source, [{ at: 0, message: `expression recursion limit exceeded: ${MAX_DEPTH}` }]);
  return expr;
}

function read(source: string, tokens: readonly Token[], strays: readonly Issue[]): Expr {
  try {
    const expr = new Parser(source, tokens).whole();
    if (strays.length === 0) return expr;
  } catch (error) {
    if (error instanceof CompileError && strays.length > 0) throw new CompileError(source, [...strays, ...error.issues]);
    throw error;
  }
  throw new CompileError(source, strays);
}

class Parser {
  private next = 0;
  private depth = 0;

  constructor(
    private readonly source: string,
    private readonly tokens: readonly Token[],
  ) {}

  whole(): Expr {
    const expr = this.expression();
    if (this.token.kind !== 'end') throw this.fail(this.token.at, `Syntax error: ${this.unexpected('<EOF>')}`);
    return expr;
  }

  private get token(): Token {
    return this.tokens[this.next] as Token;
  }

  private is(text: string): boolean {
    const { kind, text: found } = this.token;
    return found === text && (kind === 'op' || kind === 'ident');
  }

  private take(text: string): Token | undefined {
    return this.is(text) ? this.tokens[this.next++] : undefined;
  }

  private expect(text: string): Token {
    const token = this.take(text);
    if (!token) throw this.fail(this.token.at, `Syntax error: ${this.token.kind === 'end' ? `mismatched input '<EOF>' expecting '${text}'` : this.unexpected(`'${text}'`)}`);
    return token;
  }

  private unexpected(expected: string): string {
    const after = this.tokens[this.next + 1];
    // A token too many is one without which what follows would have been right.
    const fits = after && (expected === STARTS ? startsExpression(after) : expected === '<EOF>' ? after.kind === 'end' : after.text === expected.slice(1, -1));
    const what = fits ? 'extraneous' : 'mismatched';
    return `${what} input '${this.token.text}' expecting ${expected}`;
  }

  private fail(at: number, message: string): CompileError {
    return new CompileError(this.source, [{ at, message }]);
  }

  private expression(): Expr {
    if (++this.depth > MAX_DEPTH) throw this.fail(this.token.at, `expression recursion limit exceeded: ${MAX_DEPTH}`);
    const condition = this.or();
    const question = this.take('?');
    if (!question) {
      this.depth--;
      return condition;
    }
    const yes = this.or();
    this.expect(':');
    const no = this.expression();
    this.depth--;
    return { kind: 'call', at: question.at, name: '_?_:_', target: undefined, args: [condition, yes, no] };
  }

  private or(): Expr {
    let left = this.and();
    for (let op = this.take('||'); op; op = this.take('||')) left = { kind: 'call', at: op.at, name: '_||_', target: undefined, args: [left, this.and()] };
    return left;
  }

  private and(): Expr {
    let left = this.binary(RELATIONS, () => this.sum());
    for (let op = this.take('&&'); op; op = this.take('&&')) left = { kind: 'call', at: op.at, name: '_&&_', target: undefined, args: [left, this.binary(RELATIONS, () => this.sum())] };
    return left;
  }

  private sum(): Expr {
    return this.binary(SUMS, () => this.binary(PRODUCTS, () => this.unary()));
  }

  private binary(operators: Readonly<Record<string, string>>, operand: () => Expr): Expr {
    let left = operand();
    for (;;) {
      const { kind, text, at } = this.token;
      const name = (kind === 'op' || text === 'in') && Object.hasOwn(operators, text) ? operators[text] : undefined;
      if (name === undefined) return left;
      this.next++;
      left = { kind: 'call', at, name, target: undefined, args: [left, operand()] };
    }
  }

  private unary(): Expr {
    const { text, at } = this.token;
    if (this.is('!') || this.is('-')) {
      let count = 0;
      while (this.take(text)) count++;
      // A sign belongs to the number behind it.
      if (text === '-' && count === 1 && (this.token.kind === 'int' || this.token.kind === 'float')) return this.members(this.number(true, at));
      if (count > MAX_DEPTH) throw this.fail(at, `expression recursion limit exceeded: ${MAX_DEPTH}`);
      const operand = this.members(this.primary());
      return count % 2 === 0 ? operand : { kind: 'call', at, name: text === '!' ? '!_' : '-_', target: undefined, args: [operand] };
    }
    return this.members(this.primary());
  }

  private members(start: Expr): Expr {
    let expr = start;
    for (;;) {
      const dot = this.take('.');
      if (dot) {
        const optional = this.take('?') !== undefined;
        expr = this.member(expr, dot.at, optional);
        continue;
      }
      const bracket = this.take('[');
      if (!bracket) return expr;
      const name = this.take('?') ? '_[?_]' : '_[_]';
      const index = this.expression();
      this.expect(']');
      expr = { kind: 'call', at: bracket.at, name, target: undefined, args: [expr, index] };
    }
  }

  private member(operand: Expr, at: number, optional: boolean): Expr {
    const { kind, text } = this.token;
    if (kind === 'end' || text === '.') throw this.noMember();
    if (kind !== 'ident' && kind !== 'escaped') throw this.fail(this.token.at, `Syntax error: mismatched input '${text}' expecting IDENTIFIER`);
    this.next++;
    const open = optional || kind === 'escaped' ? undefined : this.take('(');
    if (open) return this.called(open.at, text, operand, this.list(')'));
    if (kind === 'ident' && KEYWORDS.has(text)) throw this.fail(this.tokens[this.next - 1]?.at ?? at, `Syntax error: mismatched input '${text}' expecting IDENTIFIER`);
    return { kind: 'select', at, operand, field: kind === 'escaped' ? text.slice(1, -1) : text, test: false, optional };
  }

  /** After a dot there is nothing, or another one. */
  private noMember(): CompileError {
    const { kind, text, at } = this.token;
    return this.fail(at, `Syntax error: no viable alternative at input '.${kind === 'end' ? '' : text}'`);
  }

  private called(at: number, name: string, target: Expr | undefined, args: readonly Expr[]): Expr {
    return expandCall(this.source, { kind: 'call', at, name, target, args });
  }

  private list(end: string): Expr[] {
    const items: Expr[] = [];
    if (this.take(end)) return items;
    do items.push(this.expression());
    while (this.take(','));
    this.expect(end);
    return items;
  }

  private primary(): Expr {
    const { kind, text, at, value } = this.token;
    switch (kind) {
      case 'int':
      case 'uint':
      case 'float':
        return this.number(false, at);
      case 'string':
      case 'bytes':
        this.next++;
        return { kind: 'literal', at, value: value as string | Uint8Array };
      case 'ident':
        return this.name();
      case 'op':
        return this.bracketed();
      default:
        throw this.fail(at, `Syntax error: mismatched input '${text}' expecting ${STARTS}`);
    }
  }

  private number(negative: boolean, at: number): Literal {
    const { kind, text } = this.token;
    this.next++;
    if (kind === 'float') return { kind: 'literal', at, value: Number(negative ? `-${text}` : text) };
    const digits = BigInt(kind === 'uint' ? text.slice(0, -1) : text);
    if (kind === 'uint') {
      if (digits >= 2n * INT64) throw this.fail(at, 'invalid uint literal');
      return { kind: 'literal', at, value: { uint: digits } };
    }
    const value = negative ? -digits : digits;
    if (value >= INT64 || value < -INT64) throw this.fail(at, 'invalid int literal');
    return { kind: 'literal', at, value };
  }

  private name(): Expr {
    const { text, at } = this.token;
    this.next++;
    if (text === 'true' || text === 'false') return { kind: 'literal', at, value: text === 'true' };
    if (text === 'null') return { kind: 'literal', at, value: null };
    if (text === 'in') throw this.fail(at, `Syntax error: mismatched input 'in' expecting ${STARTS}`);
    const open = this.take('(');
    if (open) {
      if (RESERVED.has(text)) throw this.fail(at, `reserved identifier: ${text}`);
      return this.called(open.at, text, undefined, this.list(')'));
    }
    if (RESERVED.has(text)) throw this.fail(at, `reserved identifier: ${text}`);
    return this.struct({ kind: 'ident', at, name: text }) ?? { kind: 'ident', at, name: text };
  }

  /** `Name{field: value}`, with dots in the name. */
  private struct(first: { readonly kind: 'ident'; readonly at: number; readonly name: string }): Expr | undefined {
    let end = this.next;
    let name = first.name;
    while (this.tokens[end]?.text === '.' && this.tokens[end + 1]?.kind === 'ident') {
      name += `.${this.tokens[end + 1]?.text ?? ''}`;
      end += 2;
    }
    const brace = this.tokens[end];
    if (brace?.kind !== 'op' || brace.text !== '{') return undefined;
    this.next = end + 1;
    const fields: Array<{ at: number; name: string; value: Expr; optional: boolean }> = [];
    while (!this.take('}')) {
      const optional = this.take('?') !== undefined;
      const { kind, text } = this.token;
      if (kind !== 'ident' && kind !== 'escaped') throw this.fail(this.token.at, `Syntax error: mismatched input '${text}' expecting {'}', ',', IDENTIFIER}`);
      this.next++;
      const colon = this.expect(':');
      fields.push({ at: colon.at, name: kind === 'escaped' ? text.slice(1, -1) : text, value: this.expression(), optional });
      if (!this.take(',') && !this.is('}')) this.expect('}');
    }
    return { kind: 'struct', at: brace.at, name, fields };
  }

  private bracketed(): Expr {
    const { at } = this.token;
    if (this.take('(')) {
      const expr = this.expression();
      this.expect(')');
      return expr;
    }
    if (this.take('[')) {
      const items: Array<{ value: Expr; optional: boolean }> = [];
      while (!this.take(']')) {
        const optional = this.take('?') !== undefined;
        items.push({ optional, value: this.expression() });
        if (!this.take(',') && !this.is(']')) this.expect(']');
      }
      return { kind: 'list', at, items };
    }
    if (this.take('{')) {
      const entries: Array<{ key: Expr; value: Expr; optional: boolean }> = [];
      while (!this.take('}')) {
        const optional = this.take('?') !== undefined;
        const key = this.expression();
        this.expect(':');
        entries.push({ key, optional, value: this.expression() });
        if (!this.take(',') && !this.is('}')) this.expect('}');
      }
      return { kind: 'map', at, entries };
    }
    // A leading dot names something from the root, which is the only container there is.
    if (this.take('.')) {
      if (this.token.kind === 'ident') return this.name();
      throw this.noMember();
    }
    throw this.fail(at, `Syntax error: ${this.unexpected(STARTS)}`);
  }
}

const startsExpression = ({ kind, text }: Token): boolean => (kind === 'op' ? '[{(.-!'.includes(text) : kind !== 'end' && !(kind === 'ident' && text === 'in'));

const KEYWORDS: ReadonlySet<string> = new Set(['true', 'false', 'null', 'in']);
