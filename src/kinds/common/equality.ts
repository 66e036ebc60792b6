import { invalid, type FieldError, type Path } from '../../api/field.js';

/**
 * Whether two values mean the same to Kubernetes (apimachinery's equality.Semantic): absent, null and empty
 * lists and maps are equal, and so are objects whose fields are.
 */
export function semanticEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (isAbsent(a) || isAbsent(b)) return isEmpty(a) && isEmpty(b);
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, i) => semanticEqual(item, b[i]));
  }
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].every((key) => semanticEqual(own(left, key), own(right, key)));
}

function own(map: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

const isAbsent = (value: unknown): boolean => value === undefined || value === null;
const isEmpty = (value: unknown): boolean => isAbsent(value) || (typeof value === 'object' && Object.keys(value as object).length === 0);

export const IMMUTABLE_TEXT = 'field is immutable';

/** `field is immutable`, unless the values are equal. `value` as Go would print it: '' for a string that is not set. */
export function immutableField(value: unknown, old: unknown, path: Path): FieldError[] {
  return semanticEqual(value, old) || (value === '' && old === undefined) || (old === '' && value === undefined) ? [] : [invalid(path, value, IMMUTABLE_TEXT)];
}
