/**
 * Shell patterns. In a pattern string a backslash makes the next character literal: quoted parts of words come
 * escaped by `escapePattern`.
 */
const CLASSES: Readonly<Record<string, string>> = {
  alpha: 'a-zA-Z', digit: '0-9', alnum: 'a-zA-Z0-9', upper: 'A-Z', lower: 'a-z', space: '\\s', blank: ' \\t',
  punct: '!-\\/:-@\\[-`{-~', print: ' -~', graph: '!-~', cntrl: '\\x00-\\x1f\\x7f', xdigit: '0-9A-Fa-f', word: 'A-Za-z0-9_',
};

export function escapePattern(text: string): string {
  return text.replace(/[\\*?[\]()|!+@]/g, '\\$&');
}

/** Whether pathname expansion has anything to do. */
export function hasPattern(pattern: string): boolean {
  return /(^|[^\\])(\\\\)*[*?[]|[@!+]\(/.test(pattern);
}

/** The text that a pattern without wildcards stands for. */
export function unescapePattern(pattern: string): string {
  return pattern.replace(/\\(.)/gs, '$1');
}

const cache = new Map<string, RegExp>();

/** A regular expression that matches what the whole pattern matches. */
export function patternToRegExp(pattern: string, options: { ignoreCase?: boolean } = {}): RegExp {
  const key = `${options.ignoreCase ? 'i' : ''} ${pattern}`;
  let compiled = cache.get(key);
  if (!compiled) {
    if (cache.size > 500) cache.clear();
    cache.set(key, (compiled = new RegExp(`^(?:${patternSource(pattern)})$`, options.ignoreCase ? 'sui' : 'su')));
  }
  return compiled;
}

export function patternSource(pattern: string, lazy = false): string {
  const star = lazy ? '.*?' : '.*';
  let source = '';
  let i = 0;
  while (i < pattern.length) {
    const c = pattern[i] ?? '';
    const group = '?*+@!'.includes(c) && pattern[i + 1] === '(' ? groupEnd(pattern, i + 1) : -1;
    if (group > 0) {
      const inner = splitAlternatives(pattern.slice(i + 2, group)).map((part) => patternSource(part)).join('|');
      source += c === '!' ? `(?:(?!(?:${inner})(?:${patternSource(pattern.slice(group + 1))})$)${star})` : `(?:${inner})${c === '@' ? '' : c}`;
      i = group + 1;
      continue;
    }
    if (c === '\\') {
      source += literal(pattern[i + 1] ?? '\\');
      i += 2;
      continue;
    }
    if (c === '[') {
      const bracket = bracketSource(pattern, i);
      if (bracket) {
        source += bracket.source;
        i = bracket.end;
        continue;
      }
    }
    const point = String.fromCodePoint(pattern.codePointAt(i) ?? 0);
    source += c === '*' ? star : c === '?' ? '.' : literal(point);
    i += point.length;
  }
  return source;
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

function bracketSource(pattern: string, start: number): { source: string; end: number } | undefined {
  let i = start + 1;
  let body = '';
  const negated = pattern[i] === '!' || pattern[i] === '^';
  if (negated) i++;
  for (let first = true; ; first = false) {
    const c = pattern[i];
    if (c === undefined) return undefined;
    if (c === ']' && !first) break;
    const named = /^\[:(\w+):\]/.exec(pattern.slice(i));
    if (named) {
      body += CLASSES[named[1] ?? ''] ?? '';
      i += named[0].length;
    } else if (c === '\\') {
      body += inBracket(pattern[i + 1] ?? '\\');
      i += 2;
    } else {
      body += c === '-' && !first && pattern[i + 1] !== ']' ? '-' : inBracket(c);
      i++;
    }
  }
  return { source: body === '' ? '(?!)' : `[${negated ? '^' : ''}${body}]`, end: i + 1 };
}

function inBracket(c: string): string {
  return /[\\\]^[-]/.test(c) ? `\\${c}` : c;
}

function groupEnd(pattern: string, open: number): number {
  let depth = 0;
  for (let i = open; i < pattern.length; i++) {
    if (pattern[i] === '\\') i++;
    else if (pattern[i] === '(') depth++;
    else if (pattern[i] === ')' && --depth === 0) return i;
  }
  return -1;
}

function splitAlternatives(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i] ?? '';
    if (c === '|' && depth === 0) {
      parts.push('');
      continue;
    }
    if (c === '(') depth++;
    if (c === ')') depth--;
    parts[parts.length - 1] += c === '\\' ? c + (text[++i] ?? '') : c;
  }
  return parts;
}
