import { escapeForShell } from './expansion/parameter.js';

/** What printf prints, and the complaints about numbers that are none. */
export interface Formatted {
  readonly bytes: Buffer;
  readonly invalid: readonly string[];
}

const DIRECTIVE = /%%|%([-+ #0]*)(\*|\d+)?(?:\.(\*|-?\d*))?([a-zA-Z]|\((.*?)\)T)/y;

/** printf(1): the format is used again until the arguments are used up. */
export function formatPrintf(format: string, args: readonly string[], now = 0): Formatted {
  const formatter = new Formatter(args, now);
  do {
    if (!formatter.once(format)) break;
  } while (formatter.hasMore);
  return { bytes: Buffer.concat(formatter.chunks), invalid: formatter.invalid };
}

class Formatter {
  readonly chunks: Buffer[] = [];
  readonly invalid: string[] = [];
  private at = 0;
  private used = 0;

  constructor(private readonly args: readonly string[], private readonly now: number) {}

  get hasMore(): boolean {
    return this.used > 0 && this.at < this.args.length;
  }

  /** False when `\c` ended the output. */
  once(format: string): boolean {
    this.used = 0;
    let i = 0;
    while (i < format.length) {
      const c = format[i] ?? '';
      if (c === '\\') {
        const escape = unescapeAt(format, i, false);
        if (escape.stop) return false;
        this.chunks.push(escape.bytes);
        i = escape.end;
        continue;
      }
      DIRECTIVE.lastIndex = i;
      const match = c === '%' ? DIRECTIVE.exec(format) : null;
      if (match) {
        i = DIRECTIVE.lastIndex;
        if (match[0] === '%%') this.push('%');
        else if (!this.directive(match)) return false;
        continue;
      }
      const point = String.fromCodePoint(format.codePointAt(i) ?? 0);
      this.push(point);
      i += point.length;
    }
    return true;
  }

  private push(text: string): void {
    this.chunks.push(Buffer.from(text));
  }

  private next(): string | undefined {
    this.used++;
    return this.args[this.at++];
  }

  private directive(match: RegExpExecArray): boolean {
    const flags = match[1] ?? '';
    const widthText = match[2] === '*' ? (this.next() ?? '0') : (match[2] ?? '0');
    const left = flags.includes('-') || widthText.startsWith('-');
    const width = Math.abs(Number(widthText));
    const precisionText = match[3] === '*' ? this.next() : match[3];
    const precision = precisionText === undefined ? undefined : Math.max(0, Number(precisionText || '0'));
    const pad = (text: string, zeros = false): string => {
      if (left) return text.padEnd(width);
      if (!zeros) return text.padStart(width);
      const sign = /^[-+ ]?(0[xX])?/.exec(text)?.[0] ?? '';
      return sign + text.slice(sign.length).padStart(width - sign.length, '0');
    };
    const zeros = flags.includes('0') && !left;
    const letter = match[4] ?? '';
    if (letter.endsWith('T')) {
      const seconds = Number(this.next() ?? '-1');
      this.push(pad(new Date(seconds < 0 ? this.now : seconds * 1000).toISOString()));
      return true;
    }
    switch (letter) {
      case 's': this.push(pad(truncate(this.next() ?? '', precision))); return true;
      case 'c': this.push(pad(Array.from(this.next() ?? '')[0] ?? '')); return true;
      case 'q': this.push(pad(escapeForShell(this.next() ?? ''))); return true;
      case 'b': {
        const text = unescapeAll(this.next() ?? '');
        this.push(pad(text.bytes.toString('latin1')).length > text.bytes.length && width > 0 ? ' '.repeat(left ? 0 : width - text.bytes.length) : '');
        this.chunks.push(text.bytes);
        if (left && width > text.bytes.length) this.push(' '.repeat(width - text.bytes.length));
        return !text.stop;
      }
      case 'd':
      case 'i': this.push(pad(signed(this.integer(), flags, precision), zeros && precision === undefined)); return true;
      case 'u': this.push(pad(digits(BigInt.asUintN(64, this.integer()).toString(), precision), zeros)); return true;
      case 'o': this.push(pad(`${flags.includes('#') ? '0' : ''}${digits(BigInt.asUintN(64, this.integer()).toString(8), precision)}`, zeros)); return true;
      case 'x':
      case 'X': {
        const hex = `${flags.includes('#') ? '0x' : ''}${digits(BigInt.asUintN(64, this.integer()).toString(16), precision)}`;
        this.push(pad(letter === 'X' ? hex.toUpperCase() : hex, zeros));
        return true;
      }
      case 'e': case 'E': case 'f': case 'F': case 'g': case 'G': this.push(pad(float(this.number(), letter, precision ?? 6, flags), zeros)); return true;
      default: this.push(match[0]); return true;
    }
  }

  private integer(): bigint {
    const text = (this.next() ?? '').trim();
    if (text === '') return 0n;
    if (/^["']/.test(text)) return BigInt(text.codePointAt(1) ?? 0);
    const match = /^([-+]?)(0[xX][0-9a-fA-F]+|\d+)/.exec(text);
    if (!match || match[0].length < text.length) this.invalid.push(text);
    if (!match) return 0n;
    const number = match[2] ?? '0';
    const value = /^0\d/.test(number) ? (/^[0-7]+$/.test(number) ? BigInt(`0o${number.slice(1)}`) : 0n) : BigInt(number);
    return match[1] === '-' ? -value : value;
  }

  private number(): number {
    const text = (this.next() ?? '').trim();
    if (text === '') return 0;
    if (/^["']/.test(text)) return text.codePointAt(1) ?? 0;
    const value = Number(text);
    if (Number.isNaN(value)) this.invalid.push(text);
    return Number.isNaN(value) ? Number.parseFloat(text) || 0 : value;
  }
}

function truncate(text: string, precision: number | undefined): string {
  return precision === undefined ? text : Array.from(text).slice(0, precision).join('');
}

function digits(text: string, precision: number | undefined): string {
  return text.padStart(precision ?? 0, '0');
}

function signed(value: bigint, flags: string, precision: number | undefined): string {
  const sign = value < 0n ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
  return sign + digits((value < 0n ? -value : value).toString(), precision);
}

function float(value: number, letter: string, precision: number, flags: string): string {
  const sign = value >= 0 && flags.includes('+') ? '+' : '';
  const exponent = (text: string): string => text.replace(/e([-+])(\d)$/, 'e$10$2');
  let text: string;
  if (letter === 'f' || letter === 'F') text = value.toFixed(Math.min(100, precision));
  else if (letter === 'e' || letter === 'E') text = exponent(value.toExponential(Math.min(100, precision)));
  else {
    const significant = precision || 1;
    const power = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
    text = power < -4 || power >= significant ? exponent(value.toExponential(significant - 1)).replace(/\.?0+e/, 'e') : String(Number(value.toPrecision(significant)));
  }
  return sign + (letter === letter.toUpperCase() ? text.toUpperCase() : text);
}

const SIMPLE: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v', '\\': '\\', e: '\x1b', '"': '"', "'": "'" };

interface Escape {
  readonly bytes: Buffer;
  readonly end: number;
  readonly stop: boolean;
}

/** One backslash escape. `leadingZero`: octal numbers need a 0 first (echo -e, %b). */
function unescapeAt(text: string, at: number, leadingZero: boolean): Escape {
  const next = text[at + 1];
  if (next === undefined) return { bytes: Buffer.from('\\'), end: at + 1, stop: false };
  if (next === 'c') return { bytes: Buffer.alloc(0), end: text.length, stop: true };
  const rest = text.slice(at + 1);
  const octal = (leadingZero ? /^0[0-7]{0,3}/ : /^[0-7]{1,3}/).exec(rest);
  if (octal) return { bytes: Buffer.from([Number.parseInt(octal[0], 8) & 255]), end: at + 1 + octal[0].length, stop: false };
  const hex = /^x([0-9a-fA-F]{1,2})/.exec(rest);
  if (hex) return { bytes: Buffer.from([Number.parseInt(hex[1] ?? '0', 16)]), end: at + 1 + hex[0].length, stop: false };
  const unicode = /^(?:u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8}))/.exec(rest);
  if (unicode) {
    const point = Math.min(0x10ffff, Number.parseInt(unicode[1] ?? unicode[2] ?? '0', 16));
    return { bytes: Buffer.from(String.fromCodePoint(point)), end: at + 1 + unicode[0].length, stop: false };
  }
  const simple = Object.hasOwn(SIMPLE, next) ? SIMPLE[next] : undefined;
  return { bytes: Buffer.from(simple ?? `\\${next}`), end: at + 2, stop: false };
}

/** A text with its escapes resolved; `stop` when `\c` ended it. */
export function unescapeAll(text: string): { bytes: Buffer; stop: boolean } {
  const chunks: Buffer[] = [];
  let start = 0;
  for (let i = text.indexOf('\\'); i >= 0; i = text.indexOf('\\', start)) {
    chunks.push(Buffer.from(text.slice(start, i)));
    const escape = unescapeAt(text, i, true);
    chunks.push(escape.bytes);
    if (escape.stop) return { bytes: Buffer.concat(chunks), stop: true };
    start = escape.end;
  }
  chunks.push(Buffer.from(text.slice(start)));
  return { bytes: Buffer.concat(chunks), stop: false };
}
