import { quote } from '../api/field.js';
import { canonicalQuantity } from '../api/quantity.js';
import { parseTime, RFC3339, RFC3339_MICRO } from '../api/time.js';
import { ValueError } from '../api/value-error.js';
import { base64Error, canonicalBase64 } from './base64.js';
import type { GoType, StructPlan } from './go-types.js';
import type { ExactJson } from './json-exact.js';
import { NumberLiteral } from './number-literal.js';

/** A value that does not fit its Go type; the message is Go's. */
export class DecodeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DecodeError';
  }
}

/** A field that strict decoding refuses. */
export interface StrictError {
  readonly type: 'unknown field' | 'duplicate field';
  readonly path: string;
}

/** `unknown field "spec.foo"` */
export const strictErrorText = ({ type, path }: StrictError): string => `${type} ${quote(path)}`;

const MAX_STRICT_ERRORS = 100;
const INT_RANGE = { 32: [-0x80000000n, 0x7fffffffn], 64: [-0x8000000000000000n, 0x7fffffffffffffffn] } as const;

/** An int64 slice prints as a word in `number 1.5`; other values only by their kind. */
function describe(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    case 'number':
    case 'bigint':
      return 'number';
    default:
      return value instanceof NumberLiteral ? 'number' : 'object';
  }
}

/** Go's text for a value that an `int32` or the like cannot take: a number is shown as it was written. */
function describeForInt(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint') return `number ${value}`;
  return value instanceof NumberLiteral ? `number ${value.text}` : describe(value);
}

function isInteger(value: unknown, bits: 32 | 64): boolean {
  const [low, high] = INT_RANGE[bits];
  if (typeof value === 'number') return Number.isInteger(value) && BigInt(value) >= low && BigInt(value) <= high;
  const exact = typeof value === 'bigint' ? value : value instanceof NumberLiteral && /^-?\d+$/.test(value.text) ? BigInt(value.text) : undefined;
  return exact !== undefined && exact >= low && exact <= high;
}

/**
 * Decodes a value the way sigs.k8s.io/json does, in the order of the text, to find what is wrong with it: throws
 * DecodeError if it does not fit, otherwise returns the strict errors (unknown and duplicate fields).
 */
export function examine(plan: StructPlan, value: unknown, occurrences?: ExactJson['occurrences']): StrictError[] {
  const examiner = new Examiner(occurrences);
  examiner.value({ kind: 'struct', goType: plan.goType, plan: () => plan }, value, '');
  if (examiner.firstError) throw new DecodeError(examiner.firstError);
  return examiner.strictErrors;
}

/** Duplicate fields in data without a type. */
export function examineUntyped(value: unknown, occurrences: ExactJson['occurrences']): StrictError[] {
  if (!occurrences) return [];
  const examiner = new Examiner(occurrences);
  examiner.untyped(value, '');
  return examiner.strictErrors;
}

class Examiner {
  /** Go goes on after a wrong type and reports the first; a failing unmarshaler ends it at once. */
  firstError: string | undefined;
  readonly strictErrors: StrictError[] = [];
  private readonly seen = new Set<string>();
  private structName = '';
  private readonly fieldStack: string[] = [];

  constructor(private readonly occurrences: ExactJson['occurrences']) {}

  value(type: GoType, value: unknown, path: string): void {
    if (value === null || value === undefined) {
      // JSONSchemaPropsOrBool is the one type whose decoder minds a null.
      if (type.kind === 'schemaOr' && type.or === 'bool') throw new DecodeError('boolean or JSON schema expected');
      return;
    }
    switch (type.kind) {
      case 'string':
        if (typeof value !== 'string') this.typeError(describe(value), type.goType);
        return;
      case 'bool':
        if (typeof value !== 'boolean') this.typeError(describe(value), type.goType);
        return;
      case 'int':
        if (!isInteger(value, type.bits)) this.typeError(describeForInt(value), type.goType);
        return;
      case 'float':
        if (value instanceof NumberLiteral ? !Number.isFinite(Number(value.text)) : typeof value !== 'number' && typeof value !== 'bigint') this.typeError(describeForInt(value), type.goType);
        return;
      case 'bytes':
        if (Array.isArray(value)) value.forEach((item: unknown) => this.byte(item));
        else if (typeof value !== 'string') this.typeError(describe(value), type.goType);
        else if (canonicalBase64(value) === undefined) this.firstError ??= base64Error(value);
        return;
      case 'intOrString':
        if (typeof value !== 'string' && !isInteger(value, 32)) throw this.hardTypeError(describeForInt(value), 'int32');
        return;
      case 'time':
        return this.time(value, type.micro);
      case 'quantity':
        return this.quantity(value);
      case 'struct':
        if (describe(value) !== 'object') this.typeError(describe(value), type.goType);
        else this.struct(type.plan(), value as Record<string, unknown>, path);
        return;
      case 'list':
        if (!Array.isArray(value)) return this.typeError(describe(value), type.goType);
        value.forEach((item: unknown, i) => this.value(type.item, item, `${path}[${i}]`));
        return;
      case 'map':
        if (describe(value) !== 'object') return this.typeError(describe(value), type.goType);
        for (const [key, item] of this.members(value, path)) this.value(type.value, item, join(path, key));
        return;
      case 'schemaOr':
        return this.schemaOr(type, value);
      case 'any':
        return this.untyped(value, path);
      case 'raw':
        return;
    }
  }

  untyped(value: unknown, path: string): void {
    if (Array.isArray(value)) value.forEach((item: unknown, i) => this.untyped(item, `${path}[${i}]`));
    else if (typeof value === 'object' && value !== null && !(value instanceof NumberLiteral)) {
      for (const [key, item] of this.members(value, path)) this.untyped(item, join(path, key));
    }
  }

  private struct(plan: StructPlan, value: Record<string, unknown>, path: string): void {
    const [structName, depth] = [this.structName, this.fieldStack.length];
    const repeated = this.occurrences?.get(value);
    const seen = repeated ? new Set<string>() : undefined;
    for (const [key, item] of repeated ?? Object.entries(value)) {
      const field = plan.byName.get(key);
      if (!field) {
        this.strict('unknown field', join(path, key));
        continue;
      }
      if (seen?.has(key)) this.strict('duplicate field', join(path, key));
      seen?.add(key);
      this.structName = plan.goName;
      this.fieldStack.push(field.errorName);
      this.value(field.type, item, join(path, key));
      this.fieldStack.length = depth;
      this.structName = structName;
    }
  }

  /** Members of a map in the order of the text; a repeated key is a strict error. */
  private members(value: object, path: string): Iterable<readonly [string, unknown]> {
    const repeated = this.occurrences?.get(value);
    if (!repeated) return Object.entries(value);
    const seen = new Set<string>();
    for (const [key] of repeated) {
      if (seen.has(key)) this.strict('duplicate field', join(path, key));
      seen.add(key);
    }
    return repeated;
  }

  private byte(value: unknown): void {
    const fits = value === null || (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xff);
    if (!fits) this.typeError(describeForInt(value), 'uint8');
  }

  private time(value: unknown, micro: boolean): void {
    if (typeof value !== 'string') throw this.hardTypeError(describe(value), 'string');
    try {
      parseTime(value, micro ? RFC3339_MICRO : RFC3339);
    } catch (error) {
      throw error instanceof ValueError ? new DecodeError(error.message) : error;
    }
  }

  private quantity(value: unknown): void {
    const text = value instanceof NumberLiteral ? value.text : typeof value === 'number' || typeof value === 'bigint' || typeof value === 'string' ? value : 'not a number';
    try {
      canonicalQuantity(text);
    } catch (error) {
      throw error instanceof ValueError ? new DecodeError(error.message) : error;
    }
  }

  /** The schema inside is decoded on its own: unknown fields are not reported, a wrong type ends it. */
  private schemaOr(type: Extract<GoType, { kind: 'schemaOr' }>, value: unknown): void {
    const inner = new Examiner(undefined);
    const schema: GoType = { kind: 'struct', goType: 'v1.JSONSchemaProps', plan: type.schema };
    if (describe(value) === 'object') inner.value(schema, value, '');
    else if (type.or === 'bool') {
      if (typeof value !== 'boolean') throw new DecodeError('boolean or JSON schema expected');
    } else if (Array.isArray(value)) {
      const item: GoType = type.or === 'array' ? schema : { kind: 'string', goType: 'string' };
      inner.value({ kind: 'list', goType: `[]${item.goType}`, item }, value, '');
    }
    if (inner.firstError) {
      const match = /^json: cannot unmarshal (.*) into Go (?:struct field [^.]*\.(.*)|value) of type (.*)$/s.exec(inner.firstError);
      if (!match) throw new DecodeError(inner.firstError);
      const [, what, field, goType] = match as unknown as [string, string, string | undefined, string];
      throw this.hardTypeError(what, goType, field);
    }
  }

  private typeError(what: string, goType: string): void {
    this.firstError ??= this.hardTypeError(what, goType).message;
  }

  private hardTypeError(what: string, goType: string, innerField?: string): DecodeError {
    const stack = innerField === undefined ? this.fieldStack : [...this.fieldStack, innerField];
    const where = this.structName !== '' || stack.length > 0 ? `struct field ${this.structName}.${stack.join('.')}` : innerField === undefined ? 'value' : `struct field .${innerField}`;
    return new DecodeError(`json: cannot unmarshal ${what} into Go ${where} of type ${goType}`);
  }

  private strict(type: StrictError['type'], path: string): void {
    const key = `${type} ${path}`;
    if (this.strictErrors.length >= MAX_STRICT_ERRORS || this.seen.has(key)) return;
    this.seen.add(key);
    this.strictErrors.push({ type, path });
  }
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}
