import { compareBytes } from '../base/sorted-map.js';
import type { ObjectKey } from './types.js';

/** The key of an object; `namespace` is '' or undefined for cluster-scoped resources. */
export function objectKey(id: { group: string; resource: string; namespace?: string | undefined; name: string }): ObjectKey {
  return resourcePrefix(id) + id.name;
}

/** The prefix of a resource, or of one namespace of it: 'core/pods/' or 'core/pods/default/'. */
export function resourcePrefix(id: { group: string; resource: string; namespace?: string | undefined }): string {
  const base = `${id.group || 'core'}/${id.resource}/`;
  return id.namespace ? `${base}${id.namespace}/` : base;
}

/** `group/resource/` of a key or prefix; undefined for prefixes that name no resource. */
export function resourcePrefixOf(key: string): string | undefined {
  const first = key.indexOf('/');
  const second = first < 0 ? -1 : key.indexOf('/', first + 1);
  return second < 0 ? undefined : key.slice(0, second + 1);
}

/**
 * Whether a key lies under a prefix. A prefix ends in '/' (or is '' for everything);
 * anything else is a whole key and stands for that one object.
 */
export function underPrefix(key: ObjectKey, prefix: string): boolean {
  return prefix === '' || (prefix.endsWith('/') ? key.startsWith(prefix) : key === prefix);
}

/** The range of keys of a prefix: from (inclusive) to (exclusive, undefined for no end). */
export function prefixRange(prefix: string, after?: ObjectKey): { from: string; to: string | undefined } {
  const from = after !== undefined && compareBytes(after, prefix) >= 0 ? keyAfter(after) : prefix;
  if (prefix === '') return { from, to: undefined };
  // '0' is the byte after '/'.
  return { from, to: prefix.endsWith('/') ? `${prefix.slice(0, -1)}0` : keyAfter(prefix) };
}

/** The smallest key after this one. */
export function keyAfter(key: ObjectKey): ObjectKey {
  return `${key}\0`;
}
