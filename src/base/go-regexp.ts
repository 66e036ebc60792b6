import { createRequire } from 'node:module';
import type * as re2js from 're2js';

/** A text that Go takes for no regular expression, with Go's words for it. */
export class RegExpError extends Error {}

/** A compiled expression of Go's dialect. It takes time linear in the length of the text, whatever the expression. */
export interface GoRegExp {
  /** Whether any part of the text matches. */
  test(text: string): boolean;
  /** The first match; undefined where there is none. */
  find(text: string): string | undefined;
  /** Matches from the left, at most `limit` of them where that is not negative. */
  findAll(text: string, limit: number): string[];
}

let library: typeof re2js | undefined;
const known = new Map<string, GoRegExp>();
const KNOWN_MAX = 500;

/** Compiles an expression of Go's regexp package. Throws RegExpError. Compiled ones are remembered. */
export function compile(pattern: string): GoRegExp {
  const found = known.get(pattern);
  if (found) return found;
  // Loaded by the first who needs it: few clusters have expressions.
  library ??= createRequire(import.meta.url)('re2js') as typeof re2js;
  const { RE2JS, RE2JSException } = library;
  try {
    const compiled = wrap(RE2JS.compile(pattern));
    if (known.size >= KNOWN_MAX) known.clear();
    known.set(pattern, compiled);
    return compiled;
  } catch (error) {
    if (error instanceof RE2JSException) throw new RegExpError(error.message.replace(/: ``$/, ''));
    throw error;
  }
}

function wrap(expression: re2js.RE2JS): GoRegExp {
  return {
    test: (text) => expression.matcher(text).find(),
    find(text) {
      const matcher = expression.matcher(text);
      return matcher.find() ? (matcher.group() ?? '') : undefined;
    },
    findAll(text, limit) {
      const found: string[] = [];
      const matcher = expression.matcher(text);
      while ((limit < 0 || found.length < limit) && matcher.find()) found.push(matcher.group() ?? '');
      return found;
    },
  };
}
