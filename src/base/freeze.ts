import { marked } from './nil.js';

/** Freezes plain JSON data all the way down; parts that are frozen already are taken as done. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const key in value) deepFreeze(value[key]);
  return value;
}

/** A mutable copy of JSON data. Faster than structuredClone, and it keeps `__proto__` keys as plain data and marks (nil.ts). */
export function deepClone<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    if (value.length === 0) return marked([], value) as T;
    const items: unknown[] = value.slice();
    for (let i = 0; i < items.length; i++) if (typeof items[i] === 'object') items[i] = deepClone(items[i]);
    return items as T;
  }
  const copy: Record<string, unknown> = {};
  let isEmpty = true;
  for (const key in value) {
    isEmpty = false;
    const item: unknown = value[key];
    const own = typeof item === 'object' ? deepClone(item) : item;
    if (key === '__proto__') Object.defineProperty(copy, key, { value: own, enumerable: true, configurable: true, writable: true });
    else copy[key] = own;
  }
  return (isEmpty ? marked(copy, value) : copy) as T;
}

/** Structural equality of JSON data, regardless of the order of keys. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Number.isNaN(a) && Number.isNaN(b);
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!deepEqual(a[i], b[i])) return false;
    return true;
  }
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  // Plain data inherits nothing that could be walked: no list of keys has to be made.
  let keys = 0;
  for (const key in left) {
    keys++;
    if (!Object.hasOwn(right, key) || !deepEqual(left[key], right[key])) return false;
  }
  for (const _ in right) keys--;
  return keys === 0;
}
