import { compile as compileRegExp, RegExpError, type GoRegExp } from '../../base/go-regexp.js';
import { define, type Library } from '../functions.js';
import { EvalError, sizeOf, type Value } from '../values.js';
import { formatText } from './format-text.js';

/** cel-go's string extension (version 2) and Kubernetes' find and findAll. Places count code points. */

const CHAR_COST = 0.1;
const textCost = (args: readonly Value[]): number => Math.ceil(sizeOf(args[0] as Value) * CHAR_COST);
const twiceCost = (args: readonly Value[]): number => Math.ceil(sizeOf(args[0] as Value) * 2 * CHAR_COST);
const resultCost = (_args: readonly Value[], result: Value): number => Math.ceil(sizeOf(result) * 2 * CHAR_COST);
const regexCost = (args: readonly Value[]): number => Math.ceil((1 + sizeOf(args[0] as Value)) * CHAR_COST) * Math.ceil(sizeOf(args[1] as Value) * 0.25);

const outOfRange = (index: bigint): EvalError => new EvalError(`index out of range: ${index}`);

function charAt(text: string, index: bigint): string {
  const chars = Array.from(text);
  if (index < 0n || index > BigInt(chars.length)) throw outOfRange(index);
  return chars[Number(index)] ?? '';
}

function indexOf(text: string, part: string, from = 0n): bigint {
  if (part === '') return from;
  if (from < 0n) throw outOfRange(from);
  const [chars, wanted] = [Array.from(text), Array.from(part)];
  for (let i = Number(from); i <= chars.length - wanted.length; i++) if (wanted.every((char, j) => chars[i + j] === char)) return BigInt(i);
  return -1n;
}

function lastIndexOf(text: string, part: string, from?: bigint): bigint {
  const [chars, wanted] = [Array.from(text), Array.from(part)];
  if (part === '') return from ?? BigInt(chars.length);
  const start = from ?? BigInt(chars.length - 1);
  if (start < 0n && from !== undefined) throw outOfRange(start);
  if (from !== undefined && start >= BigInt(chars.length)) return -1n;
  for (let i = Math.min(Number(start), chars.length - wanted.length); i >= 0; i--) if (wanted.every((char, j) => chars[i + j] === char)) return BigInt(i);
  return -1n;
}

function substring(text: string, start: bigint, end?: bigint): string {
  const chars = Array.from(text);
  if (end !== undefined && start > end) throw new EvalError(`invalid substring range. start: ${start}, end: ${end}`);
  if (start < 0n || start > BigInt(chars.length)) throw outOfRange(start);
  if (end !== undefined && end > BigInt(chars.length)) throw outOfRange(end);
  return chars.slice(Number(start), end === undefined ? undefined : Number(end)).join('');
}

function replace(text: string, old: string, by: string, limit: bigint): string {
  let left = limit < 0n ? Infinity : Number(limit);
  if (old === '') {
    const chars = Array.from(text);
    const parts = chars.map((char) => (left-- > 0 ? by + char : char));
    return parts.join('') + (left > 0 ? by : '');
  }
  let result = '';
  let at = 0;
  for (let next = text.indexOf(old); next >= 0 && left > 0; next = text.indexOf(old, at), left--) {
    result += text.slice(at, next) + by;
    at = next + old.length;
  }
  return result + text.slice(at);
}

function split(text: string, separator: string, limit: bigint): string[] {
  if (limit === 0n) return [];
  const parts = separator === '' ? Array.from(text) : text.split(separator);
  if (limit < 0n || parts.length <= Number(limit)) return parts;
  const kept = parts.slice(0, Number(limit) - 1);
  return [...kept, parts.slice(Number(limit) - 1).join(separator)];
}

function join(list: readonly Value[], separator = ''): string {
  for (const item of list) if (typeof item !== 'string') throw new EvalError(`join: invalid input: ${String(item)}`);
  return list.join(separator);
}

const QUOTED: Readonly<Record<string, string>> = { '\x07': '\\a', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v', '\\': '\\\\', '"': '\\"' };
const quote = (text: string): string => `"${Array.from(text).map((char) => QUOTED[char] ?? char).join('')}"`;

const lower = (text: string): string => text.replace(/[A-Z]/g, (char) => char.toLowerCase());
const upper = (text: string): string => text.replace(/[a-z]/g, (char) => char.toUpperCase());

function expression(pattern: string): GoRegExp {
  try {
    return compileRegExp(pattern);
  } catch (error) {
    if (error instanceof RegExpError) throw new EvalError(`Illegal regex: ${error.message}`);
    throw error;
  }
}

export const stringLibrary = (): Library => [
  define('string::charAt(int): string', charAt),
  define('string::indexOf(string): int', (text: string, part: string) => indexOf(text, part), textCost),
  define('string::indexOf(string, int): int', indexOf, textCost),
  define('string::lastIndexOf(string): int', (text: string, part: string) => lastIndexOf(text, part), textCost),
  define('string::lastIndexOf(string, int): int', lastIndexOf, textCost),
  define('string::lowerAscii(): string', lower, textCost),
  define('string::upperAscii(): string', upper, textCost),
  define('string::trim(): string', (text: string) => text.trim(), textCost),
  define('string::replace(string, string): string', (text: string, old: string, by: string) => replace(text, old, by, -1n), twiceCost),
  define('string::replace(string, string, int): string', replace, twiceCost),
  define('string::split(string): list(string)', (text: string, separator: string) => split(text, separator, -1n), twiceCost),
  define('string::split(string, int): list(string)', split, twiceCost),
  define('string::substring(int): string', (text: string, start: bigint) => substring(text, start), textCost),
  define('string::substring(int, int): string', substring, textCost),
  define('string::format(list(dyn)): string', formatText, resultCost),
  define('strings.quote(string): string', quote, twiceCost),
  define('list(string)::join(): string', (list: readonly Value[]) => join(list), resultCost),
  define('list(string)::join(string): string', join, resultCost),
  define('string::find(string): string', (text: string, pattern: string) => expression(pattern).find(text) ?? '', regexCost),
  define('string::findAll(string): list(string)', (text: string, pattern: string) => expression(pattern).findAll(text, -1), regexCost),
  define('string::findAll(string, int): list(string)', (text: string, pattern: string, limit: bigint) => expression(pattern).findAll(text, Number(limit)), regexCost),
];
