import { invalid, notSupported, Path, required, tooLong, tooMany, typeInvalid, type FieldError } from '../../api/field.js';

/** An error of a schema as go-openapi finds it. */
export interface SchemaError {
  readonly message: string;
  /** As a field error; `name` is the path of the object, '' at its root. */
  readonly error: FieldError;
}

/** What a schema says of a value: errors, each once, and how many checks were made, by which the nearest of several schemas is found. */
export class SchemaResult {
  readonly errors: SchemaError[] = [];
  matches = 0;

  get valid(): boolean {
    return this.errors.length === 0;
  }

  merge(other: SchemaResult): void {
    this.matches += other.matches;
    for (const error of other.errors) this.add(error);
  }

  add(error: SchemaError): void {
    if (!this.errors.some(({ message }) => message === error.message)) this.errors.push(error);
  }
}

const pathOf = (name: string): Path => Path.of(name.replace(/^\./, ''));

export const fails = (name: string, value: unknown, message: string): SchemaError => ({ message, error: invalid(pathOf(name), value, message) });

export function wrongType(name: string, expected: string, found: string): SchemaError {
  const message = `${name} in body must be of type ${expected}: ${JSON.stringify(found)}`;
  return { message, error: typeInvalid(pathOf(name), found, message) };
}

export const isMissing = (name: string): SchemaError => ({ message: `${name} in body is required`, error: required(pathOf(name)) });

export function notOneOf(name: string, value: unknown, values: readonly unknown[]): SchemaError {
  const shown = values.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)));
  return { message: `${name} in body should be one of [${shown.join(' ')}]`, error: notSupported(pathOf(name), value, shown) };
}

export const isTooLong = (name: string, max: number): SchemaError => ({ message: `${name} in body should be at most ${max} chars long`, error: tooLong(pathOf(name), max) });

export const hasTooMany = (name: string, actual: number, max: number, what: 'items' | 'properties'): SchemaError => ({
  message: `${name} in body should have at most ${max} ${what}`,
  error: tooMany(pathOf(name), actual, max),
});

/** An error that go-openapi does not give a place. */
export const composite = (message: string): SchemaError => ({ message, error: { type: 'FieldValueInvalid', field: '<nil>', value: '', detail: message } });
