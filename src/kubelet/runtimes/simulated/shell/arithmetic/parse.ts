/** Arithmetic expressions of the shell, after parameter expansion: C's operators on 64-bit integers. */
export type Arith =
  | { readonly kind: 'number'; readonly value: bigint }
  | { readonly kind: 'variable'; readonly name: string; readonly subscript: string | undefined }
  | { readonly kind: 'unary'; readonly operator: string; readonly operand: Arith }
  | { readonly kind: 'step'; readonly operator: '++' | '--'; readonly prefix: boolean; readonly target: Arith }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Arith; readonly right: Arith }
  | { readonly kind: 'ternary'; readonly condition: Arith; readonly then: Arith; readonly otherwise: Arith }
  | { readonly kind: 'assign'; readonly operator: string; readonly target: Arith; readonly value: Arith };

export class ArithmeticFault extends Error {}

const TOKEN = /\s*(?:(0[xX][0-9a-fA-F]+|\d+#[0-9a-zA-Z@_]+|\d+)|([A-Za-z_]\w*)|(\*\*|<<=|>>=|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[-+*/%&|^!~<>=?:,()[\]]))/y;

const LEVELS: readonly (readonly string[])[] = [
  ['||'], ['&&'], ['|'], ['^'], ['&'], ['==', '!='], ['<=', '>=', '<', '>'], ['<<', '>>'], ['+', '-'], ['*', '/', '%'],
];
const ASSIGN = new Set(['=', '+=', '-=', '*=', '/=', '%=', '<<=', '>>=', '&=', '|=', '^=']);

const cache = new Map<string, Arith>();

/** Throws ArithmeticFault with the shell's wording. An empty text is 0. */
export function parseArithmetic(text: string): Arith {
  const known = cache.get(text);
  if (known) return known;
  const parsed = new Parser(text).parse();
  if (cache.size > 500) cache.clear();
  cache.set(text, parsed);
  return parsed;
}

class Parser {
  private readonly tokens: { text: string; kind: 'number' | 'name' | 'operator'; end: number }[] = [];
  private at = 0;

  constructor(private readonly text: string) {
    let index = 0;
    while (/\S/.test(text.slice(index))) {
      TOKEN.lastIndex = index;
      const match = TOKEN.exec(text);
      if (!match) throw new ArithmeticFault(`${text}: syntax error: operand expected (error token is "${text.slice(index).trim()}")`);
      index = TOKEN.lastIndex;
      const kind = match[1] !== undefined ? 'number' : match[2] !== undefined ? 'name' : 'operator';
      this.tokens.push({ text: match[1] ?? match[2] ?? match[3] ?? '', kind, end: index });
    }
  }

  parse(): Arith {
    if (this.tokens.length === 0) return { kind: 'number', value: 0n };
    const expression = this.comma();
    if (this.at < this.tokens.length) this.fail('syntax error in expression');
    return expression;
  }

  private fail(message: string): never {
    const rest = this.text.slice(this.tokens[this.at - 1]?.end ?? 0).trim();
    throw new ArithmeticFault(`${this.text.trim()}: ${message} (error token is "${rest}")`);
  }

  private peek(): string {
    return this.tokens[this.at]?.text ?? '';
  }

  private take(text: string): boolean {
    if (this.tokens[this.at]?.text !== text) return false;
    this.at++;
    return true;
  }

  private comma(): Arith {
    let left = this.assignment();
    while (this.take(',')) left = { kind: 'binary', operator: ',', left, right: this.assignment() };
    return left;
  }

  private assignment(): Arith {
    const target = this.ternary();
    const operator = this.peek();
    if (!ASSIGN.has(operator)) return target;
    if (target.kind !== 'variable') this.fail('attempted assignment to non-variable');
    this.at++;
    return { kind: 'assign', operator, target, value: this.assignment() };
  }

  private ternary(): Arith {
    const condition = this.level(0);
    if (!this.take('?')) return condition;
    const then = this.comma();
    if (!this.take(':')) this.fail('`:\' expected for conditional expression');
    return { kind: 'ternary', condition, then, otherwise: this.assignment() };
  }

  private level(depth: number): Arith {
    const operators = LEVELS[depth];
    if (!operators) return this.power();
    let left = this.level(depth + 1);
    while (operators.includes(this.peek()) && this.tokens[this.at]?.kind === 'operator') {
      const operator = this.peek();
      this.at++;
      left = { kind: 'binary', operator, left, right: this.level(depth + 1) };
    }
    return left;
  }

  private power(): Arith {
    const base = this.unary();
    return this.take('**') ? { kind: 'binary', operator: '**', left: base, right: this.power() } : base;
  }

  private unary(): Arith {
    const operator = this.peek();
    if ((operator === '++' || operator === '--') && this.tokens[this.at + 1]?.kind === 'name') {
      this.at++;
      return { kind: 'step', operator, prefix: true, target: this.primary() };
    }
    if (operator === '++' || operator === '--') {
      this.at++;
      const sign = operator[0] ?? '+';
      return { kind: 'unary', operator: sign, operand: { kind: 'unary', operator: sign, operand: this.unary() } };
    }
    if (['-', '+', '!', '~'].includes(operator)) {
      this.at++;
      return { kind: 'unary', operator, operand: this.unary() };
    }
    const operand = this.primary();
    const after = this.peek();
    if ((after === '++' || after === '--') && operand.kind === 'variable') {
      this.at++;
      return { kind: 'step', operator: after, prefix: false, target: operand };
    }
    return operand;
  }

  private primary(): Arith {
    const token = this.tokens[this.at];
    if (!token) this.fail('syntax error: operand expected');
    if (token.kind === 'number') {
      this.at++;
      return { kind: 'number', value: numberOf(token.text) };
    }
    if (token.kind === 'name') {
      this.at++;
      return { kind: 'variable', name: token.text, subscript: this.peek() === '[' ? this.subscript() : undefined };
    }
    if (this.take('(')) {
      const inner = this.comma();
      if (!this.take(')')) this.fail('missing `)\'');
      return inner;
    }
    this.fail('syntax error: operand expected');
  }

  private subscript(): string {
    const start = this.tokens[this.at]?.end ?? 0;
    for (let depth = 0; this.at < this.tokens.length; this.at++) {
      if (this.peek() === '[') depth++;
      if (this.peek() === ']' && --depth === 0) {
        const end = (this.tokens[this.at]?.end ?? 0) - 1;
        this.at++;
        return this.text.slice(start, end);
      }
    }
    this.fail('bad array subscript');
  }
}

/** A number of the shell: decimal, 0 octal, 0x, or BASE#DIGITS. */
export function numberOf(text: string): bigint {
  if (/^0[xX]/.test(text)) return BigInt(text);
  const based = /^(\d+)#(.*)$/.exec(text);
  if (based) return inBase(Number(based[1]), based[2] ?? '', text);
  if (/^0\d/.test(text)) return inBase(8, text.slice(1), text);
  return BigInt(text);
}

const DIGITS = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ@_';

function inBase(base: number, digits: string, text: string): bigint {
  let value = 0n;
  for (const c of base <= 36 ? digits.toLowerCase() : digits) {
    const digit = DIGITS.indexOf(c);
    if (digit < 0 || digit >= base) throw new ArithmeticFault(`${text}: value too great for base (error token is "${text}")`);
    value = value * BigInt(base) + BigInt(digit);
  }
  return value;
}
