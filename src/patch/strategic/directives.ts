import { setKey } from '../json-text.js';

/** Special keys of strategic merge patches. */
export const PATCH = '$patch';
export const RETAIN_KEYS = '$retainKeys';
export const DELETE_FROM_PRIMITIVE_LIST = '$deleteFromPrimitiveList';
export const SET_ELEMENT_ORDER = '$setElementOrder';

export type JsonMap = Record<string, unknown>;

/** Values without what carries a `$patch` directive; undefined where the value itself goes. Changes nothing. */
export function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined);
  if (typeof value !== 'object' || value === null) return value;
  if (Object.hasOwn(value, PATCH)) return undefined;
  const kept: JsonMap = {};
  for (const [key, item] of Object.entries(value)) {
    const clean = withoutDirectives(item);
    if (clean !== undefined) setKey(kept, key, clean);
  }
  return kept;
}

/** Deletes null members at every depth of a patch, in place. */
export function discardNulls(value: unknown): void {
  if (Array.isArray(value)) {
    for (const item of value) discardNulls(item);
  } else if (typeof value === 'object' && value !== null) {
    const map = value as JsonMap;
    for (const key of Object.keys(map)) {
      if (map[key] === null) delete map[key];
      else discardNulls(map[key]);
    }
  }
}
