import { compareFiles, compareNumbers, unaryTest } from '../conditions.js';
import { CommandError } from '../errors.js';
import type { Shell } from '../shell.js';
import type { Builtin } from './builtin.js';

const BINARY = new Set(['=', '==', '!=', '<', '>', '-eq', '-ne', '-lt', '-le', '-gt', '-ge', '-nt', '-ot', '-ef']);
const UNARY = /^-[abcdefghknoprstuvwxzGLNORS]$/;

/** `test` and `[`. */
export const test: Builtin = async ({ shell, name, args }) => {
  let words = args;
  if (name === '[') {
    if (args.at(-1) !== ']') throw new CommandError(shell.flavour === 'bash' ? "missing `]'" : 'missing ]', 2);
    words = args.slice(0, -1);
  }
  return Number(!(await evaluateTest(shell, words)));
};

export function evaluateTest(shell: Shell, words: readonly string[]): Promise<boolean> {
  return new TestReader(shell, words).evaluate();
}

/** POSIX decides by the number of arguments up to four; longer ones are an expression with -a, -o, ! and parentheses. */
class TestReader {
  private at = 0;

  constructor(private readonly shell: Shell, private readonly words: readonly string[]) {}

  async evaluate(): Promise<boolean> {
    const { words } = this;
    const [first = '', second = '', third = ''] = words;
    if (words.length === 0) return false;
    if (words.length === 1) return first !== '';
    if (words.length === 2) {
      if (first === '!') return second === '';
      if (!UNARY.test(first)) throw new CommandError(`${first}: unary operator expected`, 2);
      return unaryTest(this.shell, first, second);
    }
    if (words.length === 3) {
      if (BINARY.has(second)) return this.binary(first, second, third);
      if (first === '!') return !(await evaluateTest(this.shell, words.slice(1)));
      if (first === '(' && third === ')') return second !== '';
    }
    const result = await this.or();
    if (this.at < words.length) throw new CommandError(this.shell.flavour === 'bash' ? 'too many arguments' : `${words[this.at]}: unexpected operator`, 2);
    return result;
  }

  private async or(): Promise<boolean> {
    let value = await this.and();
    while (this.words[this.at] === '-o') {
      this.at++;
      value = (await this.and()) || value;
    }
    return value;
  }

  private async and(): Promise<boolean> {
    let value = await this.not();
    while (this.words[this.at] === '-a') {
      this.at++;
      value = (await this.not()) && value;
    }
    return value;
  }

  private async not(): Promise<boolean> {
    if (this.words[this.at] === '!' && this.at + 1 < this.words.length) {
      this.at++;
      return !(await this.not());
    }
    return this.primary();
  }

  private async primary(): Promise<boolean> {
    const { words, at } = this;
    const word = words[at];
    if (word === undefined) throw new CommandError('argument expected', 2);
    const next = words[at + 1];
    if (next !== undefined && BINARY.has(next) && words[at + 2] !== undefined) {
      this.at += 3;
      return this.binary(word, next, words[at + 2] ?? '');
    }
    if (word === '(') {
      this.at++;
      const value = await this.or();
      if (words[this.at++] !== ')') throw new CommandError("`)' expected", 2);
      return value;
    }
    if (UNARY.test(word) && next !== undefined) {
      this.at += 2;
      return unaryTest(this.shell, word, next);
    }
    this.at++;
    return word !== '';
  }

  private async binary(left: string, operator: string, right: string): Promise<boolean> {
    switch (operator) {
      case '=':
      case '==': return left === right;
      case '!=': return left !== right;
      case '<': return left < right;
      case '>': return left > right;
      case '-nt':
      case '-ot':
      case '-ef': return compareFiles(this.shell, left, operator, right);
      default: return compareNumbers(this.number(left), operator, this.number(right));
    }
  }

  private number(text: string): bigint {
    const trimmed = text.trim();
    if (/^[-+]?\d+$/.test(trimmed)) return BigInt(trimmed.replace(/^\+/, ''));
    const { flavour } = this.shell;
    throw new CommandError(flavour === 'bash' ? `${text}: integer expression expected` : flavour === 'dash' ? `Illegal number: ${text}` : `${text}: bad number`, 2);
  }
}
