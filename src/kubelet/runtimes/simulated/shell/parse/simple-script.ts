import type { ScriptNode, SimpleCommandNode, StatementNode, WordNode, WordPart } from '../ast.js';

type Token = { readonly word: WordNode } | { readonly operator: ';' | '&&' | '||' };

const WORD = /[A-Za-z0-9_./:,@%+^-]+(?:=[A-Za-z0-9_./:,@%+^-]*)?|'[^']*'|"[^"$`\\]*"/y;
const RESERVED = new Set(['if', 'then', 'elif', 'else', 'fi', 'for', 'while', 'until', 'do', 'done', 'case', 'esac', 'function', 'select', 'time', 'in', 'coproc', '!', '{', '}']);
/** Their arguments have a syntax of their own. */
const DECLARATIONS = new Set(['export', 'local', 'readonly', 'declare', 'typeset', 'alias', 'let']);

/**
 * Parses the scripts that most idle containers run (plain commands, lists, `while true; do …; done`) to the tree
 * that just-bash's parser would give, so that these containers need not load it. Undefined for anything else.
 */
export function parseSimpleScript(text: string): ScriptNode | undefined {
  const tokens = tokenize(text);
  if (!tokens) return undefined;
  const reader = new Reader(tokens);
  const statements = reader.statements(undefined);
  return statements && reader.atEnd && statements.length > 0 ? { type: 'Script', statements } : undefined;
}

function tokenize(text: string): Token[] | undefined {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at, at + 2);
    if (text[at] === ' ' || text[at] === '\t') at++;
    else if (rest === '&&' || rest === '||') {
      tokens.push({ operator: rest });
      at += 2;
    } else if (text[at] === ';' || text[at] === '\n') {
      if (rest === ';;') return undefined;
      tokens.push({ operator: ';' });
      at++;
    } else {
      const parts: WordPart[] = [];
      WORD.lastIndex = at;
      for (let match = WORD.exec(text); match; match = WORD.exec(text)) {
        parts.push(partOf(match[0]));
        at = WORD.lastIndex;
      }
      if (parts.length === 0 || !/^(?:[\s;]|&&|\|\||$)/.test(text.slice(at, at + 2))) return undefined;
      tokens.push({ word: { type: 'Word', parts } });
    }
  }
  return tokens;
}

function partOf(text: string): WordPart {
  if (text.startsWith("'")) return { type: 'SingleQuoted', value: text.slice(1, -1) };
  if (!text.startsWith('"')) return { type: 'Literal', value: text };
  const value = text.slice(1, -1);
  return { type: 'DoubleQuoted', parts: value === '' ? [] : [{ type: 'Literal', value }] };
}

class Reader {
  private at = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  get atEnd(): boolean {
    return this.at >= this.tokens.length;
  }

  /** Statements up to the closing word, which is consumed; undefined when they are not simple. */
  statements(closing: 'do' | 'done' | undefined): StatementNode[] | undefined {
    const statements: StatementNode[] = [];
    for (;;) {
      while (this.operator() === ';') this.at++;
      if (this.atEnd) return closing ? undefined : statements;
      if (closing && this.literal() === closing) {
        this.at++;
        return statements.length > 0 ? statements : undefined;
      }
      const statement = this.statement();
      if (!statement) return undefined;
      statements.push(statement);
      if (!this.atEnd && this.operator() !== ';') return undefined;
    }
  }

  private statement(): StatementNode | undefined {
    const pipelines: StatementNode['pipelines'] = [];
    const operators: ('&&' | '||')[] = [];
    for (;;) {
      const command = this.literal() === 'while' ? this.loop() : this.simple();
      if (!command) return undefined;
      pipelines.push({ type: 'Pipeline', commands: [command], negated: false, timed: false, timePosix: false });
      const operator = this.operator();
      if (operator !== '&&' && operator !== '||') return { type: 'Statement', pipelines, operators, background: false };
      operators.push(operator);
      this.at++;
    }
  }

  private loop(): Extract<StatementNode['pipelines'][number]['commands'][number], { type: 'While' }> | undefined {
    this.at++;
    const condition = this.statements('do');
    const body = condition && this.statements('done');
    return body && { type: 'While', condition, body, redirections: [] };
  }

  private simple(): SimpleCommandNode | undefined {
    const words: WordNode[] = [];
    for (let token = this.tokens[this.at]; token && 'word' in token; token = this.tokens[++this.at]) words.push(token.word);
    const [name, ...args] = words;
    const first = name?.parts[0];
    if (!name || first?.type !== 'Literal' || name.parts.length > 1) return undefined;
    if (RESERVED.has(first.value) || DECLARATIONS.has(first.value) || first.value.includes('=')) return undefined;
    return { type: 'SimpleCommand', name, args, assignments: [], redirections: [], line: 1 };
  }

  private operator(): string | undefined {
    const token = this.tokens[this.at];
    return token && 'operator' in token ? token.operator : undefined;
  }

  private literal(): string | undefined {
    const token = this.tokens[this.at];
    const part = token && 'word' in token && token.word.parts.length === 1 ? token.word.parts[0] : undefined;
    return part?.type === 'Literal' ? part.value : undefined;
  }
}
