import type { JSONSchemaProps } from '../../api/types/apiextensions-v1.js';
import { deepClone } from '../../base/freeze.js';
import { additionalOf, itemsOf } from '../apiextensions/structural.js';
import { isFields, ownProperty } from './json.js';

const hasDefault = (schema: JSONSchemaProps): boolean => schema.default !== undefined && schema.default !== null;

/** Nulls where there may be none go, or become the default. */
const isBadNull = (value: unknown, schema: JSONSchemaProps): boolean => value === null && !schema.nullable && schema['x-kubernetes-preserve-unknown-fields'] !== true;

/** Fills in what a schema says of values that are left out, in place. Idempotent. */
export function applyDefaults(value: unknown, schema: JSONSchemaProps | undefined): void {
  if (!schema) return;
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    if (!items) return;
    const list: unknown[] = value;
    for (const [i, item] of list.entries()) {
      if (isBadNull(item, items) && hasDefault(items)) list[i] = deepClone(items.default);
      applyDefaults(list[i], items);
    }
    return;
  }
  if (!isFields(value)) return;
  const { properties = {} } = schema;
  for (const [name, property] of Object.entries(properties)) {
    const present = Object.hasOwn(value, name);
    if (present && isBadNull(value[name], property) && !hasDefault(property)) delete value[name];
    else if (hasDefault(property) && (!present || isBadNull(value[name], property))) value[name] = deepClone(property.default);
  }
  const additional = additionalOf(schema);
  for (const key of Object.keys(value)) {
    const property = ownProperty(properties, key);
    if (property) applyDefaults(value[key], property);
    else if (additional) {
      if (isBadNull(value[key], additional)) {
        if (hasDefault(additional)) value[key] = deepClone(additional.default);
        else delete value[key];
      }
      applyDefaults(value[key], additional);
    }
  }
}
