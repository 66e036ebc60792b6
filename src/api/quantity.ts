import { ValueError } from './value-error.js';

/** How a quantity prints: `1Mi`, `1M` or `1e6`. */
export type QuantityFormat = 'BinarySI' | 'DecimalSI' | 'DecimalExponent';

const FORMAT_WRONG = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const SUFFIX_WRONG = "unable to parse quantity's suffix";
const NUMERIC_WRONG = 'unable to parse numeric part of quantity';

/** Beyond this many digits arithmetic would take seconds; no real quantity comes near. */
const MAX_DIGITS = 5000;

const DECIMAL_SUFFIXES = new Map<string, number>([['n', -9], ['u', -6], ['m', -3], ['', 0], ['k', 3], ['M', 6], ['G', 9], ['T', 12], ['P', 15], ['E', 18]]);
const DECIMAL_NAMES = new Map([...DECIMAL_SUFFIXES].map(([suffix, exponent]) => [exponent, suffix]));
const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const INT64_MAX = 0x7fffffffffffffffn;
const NANO = 9;

const pow10 = (n: number): bigint => 10n ** BigInt(n);
const abs = (n: bigint): bigint => (n < 0n ? -n : n);

/**
 * A fixed-point number with a suffix (k8s.io/apimachinery/pkg/api/resource.Quantity), exact beyond int64.
 * Immutable. Prints in canonical form as Go does, and like Go keeps a text that is canonical enough (`007`, `1e3`).
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export class Quantity {
  static readonly zero = new Quantity(0n, 0, 'DecimalSI', '0');

  private constructor(
    /** The number is unscaled × 10^-scale. */
    private readonly unscaled: bigint,
    private readonly scale: number,
    readonly format: QuantityFormat,
    private text?: string,
  ) {}

  /** Reads `500m`, `1.5Gi`, `2e3` or a JSON number. Throws ValueError with Go's text. */
  static parse(value: string | number | bigint): Quantity {
    return parse(typeof value === 'string' ? value : numberText(value));
  }

  /** Like {@link parse}; undefined where the value is absent or no quantity. */
  static tryParse(value: string | number | bigint | undefined | null): Quantity | undefined {
    if (value === undefined || value === null) return undefined;
    try {
      return Quantity.parse(value);
    } catch (error) {
      if (error instanceof ValueError) return undefined;
      throw error;
    }
  }

  /** A whole number. */
  static of(value: number | bigint, format: QuantityFormat = 'DecimalSI'): Quantity {
    return new Quantity(BigInt(value), 0, format);
  }

  /** Thousandths, as CPU is counted: `Quantity.ofMilli(1500)` is `1500m`. */
  static ofMilli(value: number | bigint, format: QuantityFormat = 'DecimalSI'): Quantity {
    return new Quantity(BigInt(value), 3, format);
  }

  /** For the parser: `text` is what prints, when it need not be made canonical. */
  static raw(unscaled: bigint, scale: number, format: QuantityFormat, text?: string): Quantity {
    return new Quantity(unscaled, scale, format, text);
  }

  get sign(): -1 | 0 | 1 {
    return this.unscaled > 0n ? 1 : this.unscaled < 0n ? -1 : 0;
  }

  get isZero(): boolean {
    return this.unscaled === 0n;
  }

  /** The number rounded up (away from zero) to a whole one. */
  value(): bigint {
    return this.rescaled(0).unscaled;
  }

  /** The number in thousandths, rounded up (away from zero). */
  milliValue(): bigint {
    return this.rescaled(3).unscaled;
  }

  /** The number as a double, for ratios and columns. */
  toNumber(): number {
    return this.scale <= 0 ? Number(this.unscaled * pow10(-this.scale)) : Number(this.unscaled) / 10 ** this.scale;
  }

  compare(other: Quantity): -1 | 0 | 1 {
    const scale = Math.max(this.scale, other.scale);
    const a = this.unscaled * pow10(scale - this.scale);
    const b = other.unscaled * pow10(scale - other.scale);
    return a < b ? -1 : a > b ? 1 : 0;
  }

  equals(other: Quantity): boolean {
    return this.compare(other) === 0;
  }

  /** The sum keeps this quantity's format; a zero takes the other's. */
  add(other: Quantity): Quantity {
    const scale = Math.max(this.scale, other.scale);
    const sum = this.unscaled * pow10(scale - this.scale) + other.unscaled * pow10(scale - other.scale);
    return new Quantity(sum, scale, this.isZero ? other.format : this.format);
  }

  subtract(other: Quantity): Quantity {
    return this.add(other.negated());
  }

  negated(): Quantity {
    return new Quantity(-this.unscaled, this.scale, this.format);
  }

  /** This quantity times a whole number. */
  times(factor: number | bigint): Quantity {
    return new Quantity(this.unscaled * BigInt(factor), this.scale, this.format);
  }

  toString(): string {
    return (this.text ??= this.canonical());
  }

  toJSON(): string {
    return this.toString();
  }

  /** Rounded up, away from zero, to `scale` decimals. */
  private rescaled(scale: number): { unscaled: bigint; exact: boolean } {
    if (this.scale <= scale) return { unscaled: this.unscaled * pow10(scale - this.scale), exact: true };
    const divisor = pow10(this.scale - scale);
    const quotient = this.unscaled / divisor;
    const exact = quotient * divisor === this.unscaled;
    return { unscaled: exact ? quotient : quotient + (this.unscaled < 0n ? -1n : 1n), exact };
  }

  private canonical(): string {
    if (this.unscaled === 0n) return '0';
    if (this.format === 'BinarySI') {
      const { unscaled, exact } = this.rescaled(0);
      // Small and fractional numbers print as decimals rather than lose precision.
      if (exact && abs(unscaled) >= 1024n) return binaryText(unscaled);
    }
    let amount = this.unscaled;
    let exponent = -this.scale;
    while (amount % 10n === 0n) {
      amount /= 10n;
      exponent++;
    }
    while (exponent % 3 !== 0) {
      amount *= 10n;
      exponent--;
    }
    if (this.format === 'DecimalExponent') return exponent === 0 ? String(amount) : `${amount}e${exponent}`;
    // Go prints no suffix where there is none, e.g. past 10^18: 1000E becomes 1.
    return `${amount}${DECIMAL_NAMES.get(exponent) ?? ''}`;
  }
}

function binaryText(value: bigint): string {
  let amount = value;
  let power = 0;
  while (amount % 1024n === 0n) {
    amount /= 1024n;
    power++;
  }
  return `${amount}${BINARY_SUFFIXES[power] ?? ''}`;
}

/** The digits of a JSON number; JavaScript writes large and small ones with an exponent. */
function numberText(value: number | bigint): string {
  const text = String(value);
  if (!text.includes('e')) return text;
  return Math.abs(value as number) >= 1 ? String(BigInt(value)) : (value as number).toFixed(20);
}

const SHAPE = /^([+-]?)(0*)(\d*)(?:(\.)(\d*))?([eEinumkKMGTP]*(?:[+-]?\d*))$/;

function parse(text: string): Quantity {
  if (text === '0') return Quantity.zero;
  const match = text === '' ? null : SHAPE.exec(text);
  if (!match) throw new ValueError(FORMAT_WRONG);
  const [, sign, , stripped, dot, denominator = '', suffix] = match as unknown as [string, string, string, string, string | undefined, string | undefined, string];
  if (text.length > MAX_DIGITS) throw new ValueError(NUMERIC_WRONG);
  // Digits of the numerator without leading zeros; "0" if none are left, unless a text ends right there.
  const numerator = stripped === '' ? '0' : stripped;
  const { exponent, format } = suffixOf(suffix);
  const negative = sign === '-';
  const digits = numerator + denominator;

  // Go's fast path: numbers that fit int64 keep their text if it is nearly canonical.
  const binary = format === 'BinarySI';
  const precision = !binary ? 18 - digits.length : denominator === '' ? 15 - numerator.length - Math.trunc((exponent * 3) / 10) - 1 : -1;
  const scale = (binary ? 0 : exponent) - denominator.length;
  if (precision >= 0 && scale >= -NANO) {
    const magnitude = BigInt(digits);
    const value = binary ? magnitude << BigInt(exponent) : magnitude;
    const keeps = binary ? exponent % 10 === 0 && (magnitude & 7n) !== 0n : scale % 3 === 0 && !digits.endsWith('000') && !digits.startsWith('0');
    return Quantity.raw(negative ? -value : value, -scale, format, keeps ? text : undefined);
  }

  if (stripped === '' && denominator === '' && dot === undefined && !/0/.test(text)) throw new ValueError(NUMERIC_WRONG);
  let unscaled = BigInt(digits);
  let decimals = denominator.length - (binary ? 0 : exponent);
  if (binary) unscaled <<= BigInt(exponent);
  if (unscaled !== 0n && decimals > NANO) {
    // What is asked for is not rounded to nothing.
    const divisor = pow10(decimals - NANO);
    unscaled = (unscaled + divisor - 1n) / divisor;
    decimals = NANO;
  }
  let shown: QuantityFormat = format;
  if (binary) {
    const one = pow10(Math.max(decimals, 0));
    if (unscaled > INT64_MAX * one) [unscaled, decimals] = [INT64_MAX, 0];
    else if (unscaled < one && unscaled > 0n) shown = 'DecimalSI';
  }
  return Quantity.raw(negative ? -unscaled : unscaled, decimals, shown);
}

function suffixOf(suffix: string): { exponent: number; format: QuantityFormat } {
  const decimal = DECIMAL_SUFFIXES.get(suffix);
  if (decimal !== undefined) return { exponent: decimal, format: 'DecimalSI' };
  const binary = BINARY_SUFFIXES.indexOf(suffix);
  if (binary > 0) return { exponent: binary * 10, format: 'BinarySI' };
  if (!/^[eE][+-]?\d+$/.test(suffix)) throw new ValueError(SUFFIX_WRONG);
  const exponent = Number(suffix.slice(1));
  if (Math.abs(exponent) > MAX_DIGITS) throw new ValueError(NUMERIC_WRONG);
  return { exponent, format: 'DecimalExponent' };
}

const CACHE_LIMIT = 2000;
const canonicalTexts = new Map<string, string>();

/**
 * The canonical text of a quantity's text, as the API server stores it: `0.5` → `500m`, `1024Mi` → `1Gi`.
 * Like Kubernetes' decoder it ignores white space around. Throws ValueError with Go's text.
 */
export function canonicalQuantity(value: string | number | bigint): string {
  if (typeof value !== 'string') return Quantity.parse(value).toString();
  const known = canonicalTexts.get(value);
  if (known !== undefined) return known;
  const canonical = Quantity.parse(value.trim()).toString();
  if (canonicalTexts.size >= CACHE_LIMIT) canonicalTexts.clear();
  if (value.length < 32) canonicalTexts.set(value, canonical);
  return canonical;
}
