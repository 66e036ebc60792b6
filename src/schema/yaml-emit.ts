import { NumberLiteral } from './number-literal.js';
import { resolvePlain } from './yaml-resolve.js';

/**
 * Writes YAML as the API server does (Go's yaml v2 behind sigs.k8s.io/yaml): keys in natural order, lists at the indentation of their
 * key, long plain texts folded at 80 columns, texts quoted exactly when Go quotes them.
 */
export function encodeYaml(value: unknown): string {
  const out: string[] = [];
  if (isMap(value) && Object.keys(value).length > 0) writeMap(value, 0, out);
  else if (Array.isArray(value) && value.length > 0) writeList(value, 0, out);
  else out.push(`${inline(value, 0, 0, false)}\n`);
  return out.join('');
}

const WIDTH = 80;
type Fields = Readonly<Record<string, unknown>>;

function isMap(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof NumberLiteral);
}

function writeMap(map: Fields, indent: number, out: string[], firstIndent = ' '.repeat(indent)): void {
  let lead = firstIndent;
  for (const key of Object.keys(map).sort(naturalOrder)) {
    const value = map[key];
    if (value === undefined) continue;
    const name = inline(key, 0, 0, true);
    // A key longer than this is no simple key for Go.
    const head = name.length > 128 ? `${lead}? ${name}\n${' '.repeat(indent)}:` : `${lead}${name}:`;
    writeValue(value, head, indent, out);
    lead = ' '.repeat(indent);
  }
}

function writeList(list: readonly unknown[], indent: number, out: string[], firstIndent = ' '.repeat(indent)): void {
  let lead = firstIndent;
  for (const item of list) {
    if (isMap(item) && Object.keys(item).length > 0) writeMap(item, indent + 2, out, `${lead}- `);
    else if (Array.isArray(item) && item.length > 0) writeList(item, indent + 2, out, `${lead}- `);
    else out.push(`${lead}- ${inline(item, indent + 2, indent + 2, false)}\n`);
    lead = ' '.repeat(indent);
  }
}

function writeValue(value: unknown, head: string, indent: number, out: string[]): void {
  if (isMap(value) && Object.keys(value).length > 0) {
    out.push(`${head}\n`);
    writeMap(value, indent + 2, out);
  } else if (Array.isArray(value) && value.length > 0) {
    out.push(`${head}\n`);
    writeList(value, indent, out);
  } else {
    out.push(`${head} ${inline(value, indent + 2, head.length + 1, false)}\n`);
  }
}

/** A scalar or an empty collection; `indent` is where further lines begin, `column` where the first does. */
function inline(value: unknown, indent: number, column: number, isKey: boolean): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return text(value, indent, column, isKey);
  if (typeof value === 'number') return number(value);
  if (value instanceof NumberLiteral) return value.text;
  if (Array.isArray(value)) return '[]';
  return typeof value === 'object' ? '{}' : String(value as boolean | bigint);
}

/** Floats print as Go's %g does from 1e21 on and below 1e-4; integers in full. */
function number(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return String(value);
  const shown = String(value);
  if (!shown.includes('e') && Math.abs(value) >= 1e-4) return shown;
  const [mantissa, exponent] = value.toExponential().split('e') as [string, string];
  return `${mantissa}e${exponent.startsWith('-') ? '-' : '+'}${exponent.replace(/^[-+]/, '').padStart(2, '0')}`;
}

const BASE_60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;

/** Whether a plain text would be read as something else than a text, so that Go writes it in double quotes. */
function looksTyped(value: string): boolean {
  return resolvePlain(value).kind !== 'text' || BASE_60.test(value);
}

type Style = 'plain' | 'single' | 'double' | 'literal';

function text(written: string, indent: number, column: number, isKey: boolean): string {
  // Go reads the JSON as YAML first, and there a next-line character folds to a space.
  const value = written.includes('\u0085') ? written.replace(/[ \t]*\u0085[ \t]*/g, ' ') : written;
  switch (styleOf(value, isKey)) {
    case 'plain':
      return isKey ? value : folded(value, indent, column);
    case 'single':
      return `'${foldedSingle(value.replace(/'/g, "''"), indent, column, isKey)}'`;
    case 'double':
      return doubleQuoted(value, indent, column, isKey);
    case 'literal':
      return literal(value, indent);
  }
}

const LINE_BREAK = /[\n\r\u0085\u2028\u2029]/;
/** What Go's emitter writes as it is; everything else needs escapes and so double quotes. Tabs count as not printable. */
const PRINTABLE = /^[\n\u0020-\u007e\u0085\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd]*$/;

/** Go's choice of style (yaml_emitter_analyze_scalar and select_scalar_style). */
function styleOf(value: string, isKey: boolean): Style {
  if (looksTyped(value)) return 'double';
  const multiline = LINE_BREAK.test(value);
  const special = !PRINTABLE.test(value);
  const spaceThenBreak = / [\n\r\u0085\u2028\u2029]/.test(value);
  const leadingSpace = value.startsWith(' ');
  const trailingSpace = value.endsWith(' ');
  const indicators = hasIndicators(value);
  // Texts with a line feed are asked to be literal, when they can be.
  if (value.includes('\n') && !isKey && !special && !spaceThenBreak && !trailingSpace) return 'literal';
  const plainAllowed = value !== '' && !leadingSpace && !trailingSpace && !multiline && !special && !indicators;
  if (plainAllowed) return 'plain';
  if (special || spaceThenBreak || (isKey && multiline)) return 'double';
  return 'single';
}

/** Characters that mean something in a plain text, in a block. */
function hasIndicators(value: string): boolean {
  if (/^(?:---|\.\.\.)/.test(value)) return true;
  if (/^[#,[\]{}&*!|>'"%@`]/.test(value)) return true;
  if (/^[-?:](?:\s|$)/.test(value)) return true;
  return /:(?:\s|$)/.test(value) || /\s#/.test(value);
}

/** Breaks at single spaces once a line has passed the width. */
function folded(value: string, indent: number, column: number): string {
  if (column + value.length <= WIDTH || !value.includes(' ')) return value;
  let out = '';
  let at = column;
  for (let i = 0; i < value.length; i++) {
    const char = value[i] as string;
    if (char === ' ' && at > WIDTH && value[i + 1] !== ' ' && i > 0 && value[i - 1] !== ' ' && i < value.length - 1) {
      out += `\n${' '.repeat(indent)}`;
      at = indent;
    } else {
      out += char;
      at++;
    }
  }
  return out;
}

function foldedSingle(value: string, indent: number, column: number, isKey: boolean): string {
  if (isKey) return value;
  const lines = value.split(/(?<=[\n\u0085\u2028\u2029])/);
  if (lines.length > 1) return value.replace(/([\n\u0085\u2028\u2029])/g, (br) => `${br === '\n' ? '\n\n' : br}${' '.repeat(indent)}`);
  return folded(value, indent, column + 1);
}

const ESCAPES = new Map([['\0', '0'], ['\u0007', 'a'], ['\b', 'b'], ['\t', 't'], ['\n', 'n'], ['\v', 'v'], ['\f', 'f'], ['\r', 'r'], ['\u001b', 'e'], ['"', '"'], ['\\', '\\'], ['\u0085', 'N'], ['\u00a0', '_'], ['\u2028', 'L'], ['\u2029', 'P']]);

function doubleQuoted(value: string, indent: number, column: number, isKey: boolean): string {
  let out = '"';
  let at = column + 1;
  let spaces = false;
  const chars = Array.from(value);
  // Go looks for the byte order mark at the start only, but at every character.
  const marked = value.startsWith('\ufeff');
  for (const [i, char] of chars.entries()) {
    const needsEscape = marked || !PRINTABLE.test(char) || LINE_BREAK.test(char) || char === '"' || char === '\\';
    if (needsEscape) {
      const written = escaped(char);
      out += written;
      at += written.length;
      spaces = false;
    } else if (char === ' ') {
      if (!isKey && !spaces && at > WIDTH && i > 0 && i < chars.length - 1) {
        out += `\n${' '.repeat(indent)}${chars[i + 1] === ' ' ? '\\' : ''}`;
        at = indent;
      } else {
        out += char;
        at++;
      }
      spaces = true;
    } else {
      out += char;
      at++;
      spaces = false;
    }
  }
  return `${out}"`;
}

function escaped(char: string): string {
  const short = ESCAPES.get(char);
  if (short) return `\\${short}`;
  const code = char.codePointAt(0) as number;
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

/** `|` with an indentation hint when the text begins with a space or a break, and what to do with the breaks at its end. */
function literal(value: string, indent: number): string {
  const hint = /^[ \n\r\u0085\u2028\u2029]/.test(value) ? '2' : '';
  const chomp = !value.endsWith('\n') ? '-' : value === '\n' || value.endsWith('\n\n') ? '+' : '';
  const body = value.endsWith('\n') ? value.slice(0, -1) : value;
  const pad = ' '.repeat(indent);
  const lines = body.split('\n').map((line) => (line === '' ? '' : pad + line));
  return `|${hint}${chomp}\n${lines.join('\n')}`;
}

/** Go's order of keys: runs of digits by their number, letters behind everything else. */
function naturalOrder(a: string, b: string): number {
  const [x, y] = [Array.from(a), Array.from(b)];
  for (let i = 0; i < x.length && i < y.length; i++) {
    const [left, right] = [x[i] as string, y[i] as string];
    if (left === right) continue;
    const [leftLetter, rightLetter] = [isLetter(left), isLetter(right)];
    if (leftLetter && rightLetter) return left < right ? -1 : 1;
    if (leftLetter || rightLetter) return rightLetter ? -1 : 1;
    let leftNumber = 0;
    let rightNumber = 0;
    if (left === '0' || right === '0') {
      for (let j = i - 1; j >= 0 && isDigit(x[j] as string); j--) {
        if (x[j] !== '0') {
          leftNumber = 1;
          rightNumber = 1;
          break;
        }
      }
    }
    let j = i;
    for (; j < x.length && isDigit(x[j] as string); j++) leftNumber = leftNumber * 10 + Number(x[j]);
    let k = i;
    for (; k < y.length && isDigit(y[k] as string); k++) rightNumber = rightNumber * 10 + Number(y[k]);
    if (leftNumber !== rightNumber) return leftNumber - rightNumber;
    if (j !== k) return j - k;
    return (left.codePointAt(0) as number) - (right.codePointAt(0) as number);
  }
  return x.length - y.length;
}

const isDigit = (char: string): boolean => char >= '0' && char <= '9';
const isLetter = (char: string): boolean => /\p{L}/u.test(char);
