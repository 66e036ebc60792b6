import { encodeJson } from '../base/json.js';

/**
 * Paths and errors of fields, with the texts of k8s.io/apimachinery/pkg/util/validation/field.
 */

/** Where a value stands in an object: `spec.containers[0].name`, `metadata.labels[app]`. Immutable. */
export class Path {
  private constructor(private readonly text: string) {}

  static of(...names: string[]): Path {
    return new Path(names.join('.'));
  }

  child(name: string, ...more: string[]): Path {
    let text = this.text ? `${this.text}.${name}` : name;
    for (const next of more) text += `.${next}`;
    return new Path(text);
  }

  index(index: number): Path {
    return new Path(`${this.text}[${index}]`);
  }

  key(key: string): Path {
    return new Path(`${this.text}[${key}]`);
  }

  toString(): string {
    return this.text || '<nil>';
  }
}

/** The reasons that appear in Status.details.causes. */
export type FieldErrorType =
  | 'FieldValueNotFound'
  | 'FieldValueRequired'
  | 'FieldValueDuplicate'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueTooFew'
  | 'FieldValueTooShort'
  | 'InternalError'
  | 'FieldValueTypeInvalid';

const TYPE_TEXT: Record<FieldErrorType, string> = {
  FieldValueNotFound: 'Not found',
  FieldValueRequired: 'Required value',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueInvalid: 'Invalid value',
  FieldValueNotSupported: 'Unsupported value',
  FieldValueForbidden: 'Forbidden',
  FieldValueTooLong: 'Too long',
  FieldValueTooMany: 'Too many',
  FieldValueTooFew: 'Too few',
  FieldValueTooShort: 'Too short',
  InternalError: 'Internal error',
  FieldValueTypeInvalid: 'Invalid value',
};

const VALUE_IS_OMITTED = new Set<FieldErrorType>(['FieldValueRequired', 'FieldValueForbidden', 'FieldValueTooLong', 'FieldValueTooShort', 'InternalError']);

/** As a value: the error does not show one (field.OmitValueType). */
export const OMITTED: unique symbol = Symbol('omitted');

export interface FieldError {
  readonly type: FieldErrorType;
  readonly field: string;
  readonly value: unknown;
  readonly detail: string;
}

/** Text in double quotes with Go's %q escapes, as Kubernetes prints string values. */
export function quote(text: string): string {
  return JSON.stringify(text)
    .replace(/\\u00([0-7][0-9a-f])|\\b|\\f/g, (match, code: string | undefined) => (match === '\\b' ? '\\b' : match === '\\f' ? '\\f' : `\\x${code}`))
    .replace(/\u007f/g, '\\x7f');
}

/** `Invalid value: "x": must be …`: an error without its field, as a cause's message has it. */
export function fieldErrorBody({ type, value, detail }: FieldError): string {
  let text = TYPE_TEXT[type];
  if (!VALUE_IS_OMITTED.has(type) && value !== OMITTED) {
    const shown = value === undefined || value === null ? 'null' : typeof value === 'string' ? quote(value) : typeof value === 'object' ? encodeJson(value) : String(value);
    text += `: ${shown}`;
  }
  return detail ? `${text}: ${detail}` : text;
}

/** `spec.x: Invalid value: …` */
export function fieldErrorText(error: FieldError): string {
  return `${error.field}: ${fieldErrorBody(error)}`;
}

export const notFound = (path: Path, value: unknown): FieldError => ({ type: 'FieldValueNotFound', field: String(path), value, detail: '' });
export const required = (path: Path, detail = ''): FieldError => ({ type: 'FieldValueRequired', field: String(path), value: '', detail });
export const duplicate = (path: Path, value: unknown): FieldError => ({ type: 'FieldValueDuplicate', field: String(path), value, detail: '' });
export const invalid = (path: Path, value: unknown, detail: string): FieldError => ({ type: 'FieldValueInvalid', field: String(path), value, detail });
export const typeInvalid = (path: Path, value: unknown, detail: string): FieldError => ({ type: 'FieldValueTypeInvalid', field: String(path), value, detail });
export const forbidden = (path: Path, detail: string): FieldError => ({ type: 'FieldValueForbidden', field: String(path), value: '', detail });
export const internal = (path: Path, detail: string): FieldError => ({ type: 'InternalError', field: String(path), value: null, detail });

/** `Unsupported value: "x": supported values: "a", "b"`, the values in the order given (callers sort where Go does). */
export const notSupported = (path: Path, value: unknown, supported: readonly string[]): FieldError => ({
  type: 'FieldValueNotSupported',
  field: String(path),
  value,
  detail: supported.length > 0 ? `supported values: ${supported.map(quote).join(', ')}` : '',
});

/** Too long by bytes. */
export const tooLong = (path: Path, maximum: number): FieldError => ({
  type: 'FieldValueTooLong',
  field: String(path),
  value: '<value omitted>',
  detail: `may not be more than ${maximum} ${maximum === 1 ? 'byte' : 'bytes'}`,
});

export const tooMany = (path: Path, actual: number, maximum: number): FieldError => ({
  type: 'FieldValueTooMany',
  field: String(path),
  value: actual,
  detail: `must have at most ${maximum} ${maximum === 1 ? 'item' : 'items'}`,
});
