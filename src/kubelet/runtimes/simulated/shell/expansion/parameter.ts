import { ShellError } from '../errors.js';
import { patternSource } from './pattern.js';

/** Operations on one value that need no further expansion. */
export function removePattern(value: string, pattern: string, side: 'prefix' | 'suffix', greedy: boolean): string {
  if (side === 'prefix') {
    const match = new RegExp(`^(?:${patternSource(pattern, !greedy)})`, 'su').exec(value);
    return match ? value.slice(match[0].length) : value;
  }
  if (greedy) {
    const match = new RegExp(`(?:${patternSource(pattern)})$`, 'su').exec(value);
    return match ? value.slice(0, match.index) : value;
  }
  const match = new RegExp(`^(.*)(?:${patternSource(pattern, true)})$`, 'su').exec(value);
  return match ? (match[1] ?? '') : value;
}

export function replacePattern(value: string, pattern: string, replacement: string, options: { all: boolean; anchor: 'start' | 'end' | null }): string {
  if (pattern === '' && !options.anchor) return value;
  const source = `(?:${patternSource(pattern)})`;
  const anchored = options.anchor === 'start' ? `^${source}` : options.anchor === 'end' ? `${source}$` : source;
  const expression = new RegExp(anchored, options.all ? 'sug' : 'su');
  return value.replace(expression, (match) => (match === '' && !options.anchor ? '' : replacement));
}

export function changeCase(value: string, direction: 'upper' | 'lower', all: boolean, matches: (c: string) => boolean): string {
  const change = (c: string): string => (matches(c) ? (direction === 'upper' ? c.toUpperCase() : c.toLowerCase()) : c);
  const characters = Array.from(value);
  return all ? characters.map(change).join('') : change(characters[0] ?? '') + characters.slice(1).join('');
}

/** A slice of a list of characters or elements with bash's rules for negative numbers. */
export function slice<T>(list: readonly T[], offset: number, length: number | undefined, negativeLengthAllowed: boolean): T[] {
  const start = offset < 0 ? list.length + offset : offset;
  if (start < 0 || start > list.length) return [];
  if (length === undefined) return list.slice(start);
  if (length < 0 && !negativeLengthAllowed) throw new ShellError(`${length}: substring expression < 0`);
  const end = length < 0 ? list.length + length : start + length;
  if (end < start) throw new ShellError(`${length}: substring expression < 0`);
  return list.slice(start, end);
}

/** A text quoted so that the shell reads it back (`printf %q`, `${x@Q}`, set -x). */
export function quoteForShell(text: string): string {
  if (text === '') return "''";
  if (/^[A-Za-z0-9_./:=@%+,^-]+$/.test(text)) return text;
  return `'${text.replace(/'/g, "'\\''")}'`;
}

/** As `printf %q` quotes: a backslash before what is special. */
export function escapeForShell(text: string): string {
  if (text === '') return "''";
  if (/\p{Cc}/u.test(text)) return `$'${text.replace(/[\\']/g, '\\$&').replace(/\n/g, '\\n').replace(/\t/g, '\\t').replace(/\r/g, '\\r')}'`;
  return text.replace(/[^A-Za-z0-9_./:=@%+,\u0080-\u{10ffff}-]/gu, '\\$&');
}
