import type { SchemaNode } from '../schema/node.js';
import { quote } from '../api/field.js';
import { goType } from './go-format.js';

/** What converting a patched object to its type finds: the first type error, and every field that the type lacks. */
export interface ConversionFindings {
  /** The server's text, such as `cannot convert int64 to string`; undefined where all fits. */
  readonly error: string | undefined;
  /** `unknown field "spec.x"`, sorted. */
  readonly unknownFields: readonly string[];
}

/**
 * Checks the result of a strategic merge against its type as the real server does, whose texts here differ from
 * those of decoding JSON (k8s.io/apimachinery/pkg/runtime/converter.go). Quantities, times and other scalars with a
 * parser of their own are left to the decoder.
 */
export function checkConversion(object: object, schema: SchemaNode): ConversionFindings {
  const unknownFields: string[] = [];
  try {
    check(object, schema, '', unknownFields);
    return { error: undefined, unknownFields: unknownFields.sort() };
  } catch (error) {
    if (error instanceof ConversionError) return { error: error.message, unknownFields: [] };
    throw error;
  }
}

class ConversionError extends Error {}

function check(value: unknown, schema: SchemaNode, path: string, unknown: string[]): void {
  if (value === null || value === undefined || schema.format === 'date-time') return;
  switch (schema.type) {
    case 'string':
      return schema.format === 'byte' ? checkBytes(value) : checkString(value);
    case 'integer':
      return checkInteger(value, schema.format === 'int64' ? 'int64' : 'int32');
    case 'number':
      if (typeof value !== 'number' && typeof value !== 'bigint') throw new ConversionError('unrecognized type: float64');
      return;
    case 'boolean':
      if (typeof value !== 'boolean') throw new ConversionError('unrecognized type: bool');
      return;
    case 'array':
      return checkList(value, schema, path, unknown);
    case 'object':
      return schema.properties.length > 0 || !schema.additional ? checkStruct(value, schema, path, unknown) : checkMap(value, schema.additional, path, unknown);
    default:
  }
}

function checkString(value: unknown): void {
  if (typeof value === 'string') return;
  // Go converts integers to strings (as code points), which the server then refuses by another rule than the rest.
  throw new ConversionError(goType(value) === 'int64' ? 'cannot convert int64 to string' : 'unrecognized type: string');
}

function checkInteger(value: unknown, type: string): void {
  if (typeof value === 'bigint' || Number.isInteger(value)) return;
  throw new ConversionError(typeof value === 'number' ? `cannot convert float64 to ${type}` : `unrecognized type: ${type}`);
}

function checkBytes(value: unknown): void {
  if (typeof value !== 'string') return checkList(value, undefined, '', []);
  const bad = illegalBase64(value);
  if (bad !== undefined) throw new ConversionError(`error decoding from json: illegal base64 data at input byte ${bad}`);
}

/** Index of the first byte that Go's base64 decoder refuses; it skips line ends. */
function illegalBase64(text: string): number | undefined {
  let at = 0;
  let digits = 0;
  const skipLineEnds = (): void => {
    while (text[at] === '\n' || text[at] === '\r') at++;
  };
  for (;;) {
    skipLineEnds();
    if (at === text.length) return digits === 0 ? undefined : at - digits;
    const char = text[at++] as string;
    if (/[A-Za-z0-9+/]/.test(char)) {
      digits = (digits + 1) % 4;
      continue;
    }
    if (char !== '=' || digits < 2) return at - 1;
    if (digits === 2) {
      skipLineEnds();
      if (at === text.length) return at;
      if (text[at] !== '=') return at - 1;
      at++;
    }
    skipLineEnds();
    return at < text.length ? at : undefined;
  }
}

function checkList(value: unknown, schema: SchemaNode | undefined, path: string, unknown: string[]): void {
  if (!Array.isArray(value)) throw new ConversionError(`cannot restore slice from ${goKindOf(value)}`);
  if (!schema?.items) return;
  for (let i = 0; i < value.length; i++) check(value[i], schema.items, `${path}[${i}]`, unknown);
}

function checkMap(value: unknown, schema: SchemaNode, path: string, unknown: string[]): void {
  if (goKindOf(value) !== 'map') throw new ConversionError(`cannot restore map from ${goKindOf(value)}`);
  // Paths of unknown fields leave out the keys of maps.
  for (const item of Object.values(value as object)) check(item, schema, path, unknown);
}

function checkStruct(value: unknown, schema: SchemaNode, path: string, unknown: string[]): void {
  if (goKindOf(value) !== 'map') throw new ConversionError(`cannot restore struct from: ${goKindOf(value)}`);
  for (const [key, item] of Object.entries(value as object)) {
    const field = schema.property(key);
    const inner = path ? `${path}.${key}` : key;
    if (field) check(item, field, inner, unknown);
    else unknown.push(`unknown field ${quote(inner)}`);
  }
}

function goKindOf(value: unknown): string {
  const type = goType(value);
  return type.startsWith('map') ? 'map' : type.startsWith('[]') ? 'slice' : type;
}
