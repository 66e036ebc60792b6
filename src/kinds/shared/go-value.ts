import { encodeJson } from '../../base/json.js';
import { GO_STRUCTS } from './go-structs.js';

/**
 * Some messages of the real server show a value of Kubernetes' internal types in Go's own form: every field, in Go's order and
 * with Go's names, zero values included. These functions turn our JSON into that form.
 */

interface GoField {
  readonly name: string;
  readonly json: string;
  readonly type: string;
}

const parsed = new Map<string, readonly GoField[]>();

function fieldsOf(struct: string): readonly GoField[] {
  const known = parsed.get(struct);
  if (known) return known;
  const fields = (GO_STRUCTS[struct] ?? '').split(';').map((text): GoField => {
    const [name = '', json = '', type = 'j'] = text.split(' ');
    return { name, json, type };
  });
  parsed.set(struct, fields);
  return fields;
}

type Source = Readonly<Record<string, unknown>>;

/** The Go form of `value`, an object of the struct's versioned type; keys are in Go's order. */
export function goValue(struct: string, value: object, spec: object = value): Record<string, unknown> {
  const source = value as Source;
  const result: Record<string, unknown> = {};
  for (const { name, json, type } of fieldsOf(struct)) {
    if (name === '.') {
      Object.assign(result, source[json]);
    } else {
      const from = json.startsWith('^') ? (spec as Source)[json.slice(1)] : source[json];
      result[name] = convert(type, from, spec);
    }
  }
  return result;
}

function convert(type: string, value: unknown, spec: object): unknown {
  const absent = value === undefined || value === null;
  const rest = type.slice(1);
  if (type.startsWith('*')) return absent ? null : convert(rest, value, spec);
  // No list and an empty one are the same to us; mostly it was none.
  if (type.startsWith('[')) return absent || (value as unknown[]).length === 0 ? null : (value as unknown[]).map((item) => convert(rest, item, spec));
  if (type.startsWith('{')) {
    if (absent) return null;
    const entries = Object.entries(value as object).sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(entries.map(([key, item]) => [key, convert(rest, item, spec)]));
  }
  switch (type) {
    case 's':
      return absent ? '' : value;
    case 'b':
      return absent ? false : value;
    case 'i':
      return absent ? 0 : value;
    case 'q':
      return absent ? '0' : String(value);
    case 'j':
      return absent ? null : withoutEmpty(value);
    default:
      return goValue(type, absent ? {} : (value as object), spec);
  }
}

/** A value of a versioned type, which leaves out empty lists and maps. */
export function withoutEmpty(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, item]) => typeof item !== 'object' || item === null || Object.keys(item as object).length > 0));
}

/** json.MarshalIndent(value, "", " "): one space a level, and <, >, & escaped. */
export const goJson = (value: unknown): string => encodeJson(value, 1);
