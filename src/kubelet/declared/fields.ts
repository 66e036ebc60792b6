import { Quantity } from '../../api/quantity.js';
import { parseDuration } from '../../api/time.js';

/** A mistake in what a user has declared (images, stages); the message names the place and what is wrong, in one sentence. */
export class DeclarationError extends Error {
  constructor(path: string, problem: string) {
    super(`${path} ${problem}`);
    this.name = 'DeclarationError';
  }
}

export type Parser<T> = (value: unknown, path: string) => T;

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads the fields of a declared object one by one; {@link Fields.end} refuses those that nobody has asked for. */
export class Fields {
  private readonly asked = new Set<string>();

  private constructor(
    private readonly record: Readonly<Record<string, unknown>>,
    readonly path: string,
  ) {}

  static of(value: unknown, path: string): Fields {
    if (!isRecord(value)) throw new DeclarationError(path, `must be a map of fields, not ${nameOf(value)}`);
    return new Fields(value, path);
  }

  /** The field as `parse` reads it; undefined where there is none. */
  optional<T>(name: string, parse: Parser<T>): T | undefined {
    this.asked.add(name);
    const value = Object.hasOwn(this.record, name) ? this.record[name] : undefined;
    return value === undefined || value === null ? undefined : parse(value, this.at(name));
  }

  required<T>(name: string, parse: Parser<T>): T {
    const value = this.optional(name, parse);
    if (value === undefined) throw new DeclarationError(this.path, `needs the field "${name}"`);
    return value;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.record, name);
  }

  /** Throws DeclarationError for fields that have not been asked for. */
  end(): void {
    const unknown = Object.keys(this.record).find((name) => !this.asked.has(name));
    if (unknown !== undefined) throw new DeclarationError(this.path, `has no field "${unknown}": there are ${[...this.asked].join(', ')}`);
  }

  private at(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }
}

export const text: Parser<string> = (value, path) => {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new DeclarationError(path, `must be a text, not ${nameOf(value)}`);
};

export const flag: Parser<boolean> = (value, path) => {
  if (typeof value === 'boolean') return value;
  throw new DeclarationError(path, `must be true or false, not ${nameOf(value)}`);
};

/** A whole number from `min` to `max`. */
export function integer(min: number, max: number): Parser<number> {
  return (value, path) => {
    const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
    if (typeof number === 'number' && Number.isInteger(number) && number >= min && number <= max) return number;
    throw new DeclarationError(path, `must be a whole number from ${min} to ${max}, not ${nameOf(value)}`);
  };
}

/** Milliseconds of a duration such as `2s`, `500ms` or `1m30s`. */
export const duration: Parser<number> = (value, path) => {
  try {
    const ms = typeof value === 'string' ? parseDuration(value) : Number.NaN;
    if (ms >= 0) return ms;
  } catch {
    // Told below.
  }
  throw new DeclarationError(path, `must be a duration such as 2s, 500ms or 1m30s, not ${nameOf(value)}`);
};

function quantity(value: unknown, path: string, example: string): Quantity {
  const parsed = typeof value === 'string' || typeof value === 'number' ? Quantity.tryParse(value) : undefined;
  if (!parsed || parsed.compare(Quantity.zero) < 0) throw new DeclarationError(path, `must be a quantity such as ${example}, not ${nameOf(value)}`);
  return parsed;
}

/** Cores of a quantity of CPU. */
export const cpu: Parser<number> = (value, path) => Number(quantity(value, path, '250m').milliValue()) / 1000;

/** Bytes of a quantity of memory. */
export const bytes: Parser<number> = (value, path) => Number(quantity(value, path, '64Mi').value());

export function oneOf<T extends string>(...choices: readonly T[]): Parser<T> {
  return (value, path) => {
    const found = choices.find((choice) => choice === value);
    if (found !== undefined) return found;
    throw new DeclarationError(path, `must be one of ${choices.join(', ')}, not ${nameOf(value)}`);
  };
}

export function listOf<T>(parse: Parser<T>): Parser<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw new DeclarationError(path, `must be a list, not ${nameOf(value)}`);
    return value.map((item: unknown, i) => parse(item, `${path}[${i}]`));
  };
}

/** One item, or a list of them. */
export function oneOrMore<T>(parse: Parser<T>): Parser<readonly T[]> {
  const list = listOf(parse);
  return (value, path) => (Array.isArray(value) ? list(value, path) : [parse(value, path)]);
}

export function mapOf<T>(parse: Parser<T>): Parser<ReadonlyMap<string, T>> {
  return (value, path) => {
    if (!isRecord(value)) throw new DeclarationError(path, `must be a map, not ${nameOf(value)}`);
    return new Map(Object.entries(value).map(([key, item]) => [key, parse(item, `${path}[${JSON.stringify(key)}]`)]));
  };
}

function nameOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  return typeof value === 'string' ? JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value) : typeof value === 'function' ? 'a function' : `${value as number}`;
}
