import { duplicate, invalid, type Path, type FieldError } from '../../api/field.js';
import type { JSONSchemaProps } from '../../api/types/apiextensions-v1.js';
import { encodeJson } from '../../base/json.js';
import { additionalOf, itemsOf } from '../apiextensions/structural.js';
import { isFields, ownProperty, type Fields } from './json.js';

/** Items that lists of type set and map may not have twice. */
export function listTypeErrors(value: unknown, schema: JSONSchemaProps | undefined, path: Path): FieldError[] {
  if (!schema) return [];
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    return [...ownErrors(value, schema, path), ...value.flatMap((item: unknown, i) => listTypeErrors(item, items, path.index(i)))];
  }
  if (!isFields(value)) return [];
  const additional = additionalOf(schema);
  return Object.keys(value).sort().flatMap((key) => {
    const property = ownProperty(schema.properties, key);
    return property ? listTypeErrors(value[key], property, path.child(key)) : listTypeErrors(value[key], additional, path.key(key));
  });
}

function ownErrors(list: readonly unknown[], schema: JSONSchemaProps, path: Path): FieldError[] {
  switch (schema['x-kubernetes-list-type']) {
    case 'set':
      return repeated(list).map((i) => duplicate(path.index(i), list[i]));
    case 'map': {
      const wrong = list.findIndex((item) => item !== null && !isFields(item));
      if (wrong >= 0) return [invalid(path.index(wrong), list[wrong], 'must be an object for an array of list-type map')];
      const keys = list.map((item) => keysOf(item as Fields | null, schema['x-kubernetes-list-map-keys'] ?? []));
      return repeated(keys).map((i) => duplicate(path.index(i), keys[i]));
    }
    default:
      return [];
  }
}

function keysOf(item: Fields | null, names: readonly string[]): Fields {
  return Object.fromEntries(names.flatMap((name) => (item && Object.hasOwn(item, name) ? [[name, item[name]]] : [])));
}

/** Places of values that have come before, each value once. */
function repeated(list: readonly unknown[]): number[] {
  const seen = new Map<string, number>();
  const found: number[] = [];
  for (const [i, item] of list.entries()) {
    const text = encodeJson(item);
    const times = (seen.get(text) ?? 0) + 1;
    seen.set(text, times);
    if (times === 2) found.push(i);
  }
  return found;
}
