import type { FieldType } from './field-type.js';
import { type Fields, fromEntries, LEAF, node } from './fields.js';
import type { PathElement } from './path-element.js';
import { PathSet } from './path-set.js';
import { isMap } from './value.js';

/**
 * The paths that an object mentions: its leaves, the items of lists and the keys of maps, but not the fields that only
 * lead there. This is what an applied configuration claims.
 */
export function fieldSetOf(type: FieldType, value: unknown): PathSet {
  return PathSet.of(below(type, value).fields);
}

interface Mentioned {
  /** Whether the place itself is a leaf of the object. */
  readonly leaf: boolean;
  readonly fields: Fields;
}

const WHOLE: Mentioned = { leaf: true, fields: LEAF };

function below(type: FieldType, value: unknown): Mentioned {
  if (type.shape === 'leaf') return WHOLE;
  if (type.shape === 'map' || (type.shape === 'deduced' && isMap(value))) return { leaf: false, fields: isMap(value) ? mapFields(type, value) : LEAF };
  if (type.shape === 'deduced') return value === null ? { leaf: false, fields: LEAF } : WHOLE;
  return { leaf: false, fields: Array.isArray(value) ? itemFields(type, value) : LEAF };
}

function mapFields(type: FieldType, map: { readonly [key: string]: unknown }): Fields {
  const entries: Array<readonly [PathElement, Fields]> = [];
  for (const key of Object.keys(map)) {
    const value = map[key];
    if (value === undefined) continue;
    const place = type.place(key);
    const { leaf, fields } = below(place.type, value);
    const member = leaf || value === null || (isMap(value) && Object.keys(value).length === 0) || !type.declares(key);
    const found = node(member, fields);
    if (found) entries.push([place.element, found]);
  }
  return fromEntries(entries);
}

function itemFields(type: FieldType, items: readonly unknown[]): Fields {
  const counts = new Map<PathElement, number>();
  for (const item of items) {
    const element = type.itemElement(item);
    counts.set(element, (counts.get(element) ?? 0) + 1);
  }
  const entries: Array<readonly [PathElement, Fields]> = [];
  for (const item of items) {
    const element = type.itemElement(item);
    const count = counts.get(element) ?? 0;
    counts.delete(element);
    // Duplicates are owned as one thing, without what is in them.
    if (count === 1) entries.push([element, node(true, below(type.element, item).fields) ?? LEAF]);
    else if (count > 1) entries.push([element, LEAF]);
  }
  return fromEntries(entries);
}
