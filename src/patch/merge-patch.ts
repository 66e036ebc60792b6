import { setKey } from './json-text.js';

/**
 * JSON Merge Patch (RFC 7386) with the details of the library that Kubernetes uses: nulls are pruned from what a
 * patch adds, objects that the patch enters come out with sorted keys. Neither argument is changed; what the
 * patch does not touch is shared with the result.
 */
export function mergePatch<T extends object>(document: T, patch: object): T {
  return mergeObject(document as Record<string, unknown>, patch as Record<string, unknown>) as T;
}

function mergeObject(current: Record<string, unknown>, patch: Record<string, unknown>): Record<string, unknown> {
  const merged = new Map(Object.entries(current));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, mergeValue(merged.get(key), value));
  }
  return sorted(merged);
}

function mergeValue(current: unknown, patch: unknown): unknown {
  if (!isObject(current)) return pruneNulls(patch);
  return isObject(patch) ? mergeObject(current, patch) : patch;
}

/** Drops null members at every depth; null items of lists stay. */
export function pruneNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pruneNulls);
  if (!isObject(value)) return value;
  const kept = new Map<string, unknown>();
  for (const [key, item] of Object.entries(value)) if (item !== null) kept.set(key, pruneNulls(item));
  return sorted(kept);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sorted(entries: Map<string, unknown>): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const key of [...entries.keys()].sort()) setKey(result, key, entries.get(key));
  return result;
}
