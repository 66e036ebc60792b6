import { quote } from '../../api/field.js';
import type { SchemaNode } from '../../schema/node.js';
import { faultyRequest } from '../../api/errors.js';

/** What the schema says about a field that a patch merges into. */
export interface FieldMeta {
  /** Schema of the field's value; of its items where the field is a list. */
  readonly schema: SchemaNode | undefined;
  /** '' (maps merge, lists are replaced), 'merge' or 'replace'. */
  readonly strategy: string;
  readonly mergeKey: string;
}

/** The field of an object; 400 with the server's text where the type has none of that name. */
export function objectField(parent: SchemaNode | undefined, key: string): FieldMeta {
  const field = find(parent, key);
  return { schema: field, strategy: strategyOf(field), mergeKey: field.mergeKey ?? '' };
}

/** The list field of an object, its schema being that of the items. */
export function listField(parent: SchemaNode | undefined, key: string): FieldMeta {
  const field = find(parent, key);
  if (field.type !== 'array') throw faultyRequest('expected slice or array type, but got: struct');
  if (field.items?.type === 'array') throw faultyRequest('unexpected slice of slice');
  return { schema: field.items, strategy: strategyOf(field), mergeKey: field.mergeKey ?? '' };
}

/** The kind of Go type at a place, as error texts name it. */
export function goKind(schema: SchemaNode | undefined): string {
  switch (schema?.type) {
    case 'array':
      return 'slice';
    case 'string':
      return 'string';
    case 'integer':
      return schema.format ?? 'int32';
    case 'boolean':
      return 'bool';
    case 'object':
      return schema.additional ? 'map' : 'struct';
    default:
      return 'struct';
  }
}

function find(parent: SchemaNode | undefined, key: string): SchemaNode {
  const kind = goKind(parent);
  // Maps whose values are objects or lists cannot be patched where both sides have the key: so it is in Go.
  if (kind !== 'struct') throw faultyRequest(`merging an object in json but data type is not struct, instead is: ${kind}`);
  const field = parent?.property(key) ?? parent?.property(parent.properties.find((name) => name.toLowerCase() === key.toLowerCase()) ?? key);
  if (!field) throw faultyRequest(`unable to find api field in struct ${parent?.definition?.split('.').at(-1) ?? ''} for the json field ${quote(key)}`);
  return field;
}

/** 'retainKeys' matters only to those who make patches. */
function strategyOf({ patchStrategies }: SchemaNode): string {
  return patchStrategies.find((strategy) => strategy !== 'retainKeys') ?? '';
}
