import type { FieldType } from './field-type.js';
import { type Fields, fromEntries, isLeaf, isMember, node } from './fields.js';
import type { PathElement } from './path-element.js';
import { PathSet } from './path-set.js';
import { isMap, type JsonMap } from './value.js';

/**
 * The object without the fields and items of a set. `value` itself comes back where it has none of them. A part that
 * nothing is left of becomes null: it is still there, unlike one that is removed itself. Decoding makes it empty.
 */
export function removeItems(type: FieldType, value: unknown, unwanted: PathSet): unknown {
  return remove(type, value, unwanted.fields);
}

function remove(type: FieldType, value: unknown, unwanted: Fields): unknown {
  if (isLeaf(unwanted)) return value;
  if (isMap(value) && (type.shape === 'map' || type.shape === 'deduced')) return removeFields(type, value, unwanted);
  if (Array.isArray(value) && (type.shape === 'keyed' || type.shape === 'set')) return removeListItems(type, value, unwanted);
  // Nothing is known of the inside of an atomic part: with an item to be removed it goes as a whole.
  return type.shape === 'leaf' && typeof value === 'object' ? null : value;
}

function removeFields(type: FieldType, map: JsonMap, unwanted: Fields): unknown {
  let result: Record<string, unknown> | undefined;
  for (const key of Object.keys(map)) {
    const place = type.place(key);
    const below = unwanted[place.element];
    if (!below) continue;
    const left = isMember(below) ? undefined : remove(place.type, map[key], below);
    if (left === map[key]) continue;
    result ??= { ...map };
    if (left === undefined) delete result[key];
    else result[key] = left;
  }
  if (!result) return map;
  return Object.keys(result).length > 0 ? result : null;
}

function removeListItems(type: FieldType, items: readonly unknown[], unwanted: Fields): unknown {
  const kept: unknown[] = [];
  for (const item of items) {
    const below = unwanted[type.itemElement(item)];
    if (!below) kept.push(item);
    else if (!isMember(below)) kept.push(remove(type.element, item, below));
  }
  if (kept.length === items.length && kept.every((item, i) => item === items[i])) return items;
  return kept.length > 0 ? kept : null;
}

/** The set with the declared fields that lead to its paths: `spec.replicas` brings `spec`, a key of a map brings nothing. */
export function withNamedFields(type: FieldType, set: PathSet): PathSet {
  return PathSet.of(named(type, set.fields));
}

function named(type: FieldType, fields: Fields): Fields {
  const entries: Array<readonly [PathElement, Fields]> = [];
  for (const element of Object.keys(fields)) {
    if (element === '.') continue;
    const below = fields[element] as Fields;
    const name = element.startsWith('f:') ? element.slice(2) : undefined;
    const inner = name !== undefined ? type.place(name).type : type.element;
    const member = isMember(below) || (name !== undefined && type.shape === 'map' && type.declares(name));
    const found = node(member, isLeaf(below) ? below : named(inner, below));
    if (found) entries.push([element, found]);
  }
  return fromEntries(entries);
}
