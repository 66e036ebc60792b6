import type { JSONSchemaProps } from '../api/types/apiextensions-v1.js';
import { BOOL, BYTES, DOUBLE, DURATION, DYN, INT, listOf, mapOf, type ObjectType, STRING, TIMESTAMP, type Type } from './types.js';

const RESERVED: ReadonlySet<string> = new Set([
  ...['true', 'false', 'null', 'in', 'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import', 'let', 'loop'],
  ...['package', 'namespace', 'return', 'var', 'void', 'while'],
]);
const SIGNS: Readonly<Record<string, string>> = { __: '__underscores__', '.': '__dot__', '-': '__dash__', '/': '__slash__' };

/** A property's name in expressions; undefined for one that has none there. */
export function escapeName(name: string): string | undefined {
  if (name === '' || /^\d/.test(name) || /[^A-Za-z0-9._/-]/.test(name)) return undefined;
  if (RESERVED.has(name)) return `__${name}__`;
  return name.replace(/__|[./-]/g, (sign) => SIGNS[sign] ?? sign);
}

const STRING_PROPERTY: JSONSchemaProps = { type: 'string' };
const OF_RESOURCE: Readonly<Record<string, JSONSchemaProps>> = {
  apiVersion: STRING_PROPERTY,
  kind: STRING_PROPERTY,
  metadata: { type: 'object', properties: { name: STRING_PROPERTY, generateName: STRING_PROPERTY } },
};

/**
 * The type of a structural schema in expressions; undefined for what expressions do not see.
 * @param isResource whether it is that of a whole object, which has apiVersion, kind and metadata
 */
export function schemaType(schema: JSONSchemaProps, isResource = schema['x-kubernetes-embedded-resource'] ?? false): Type | undefined {
  if (schema['x-kubernetes-int-or-string']) return DYN;
  switch (isResource ? 'object' : schema.type) {
    case 'array': {
      const element = schema.items && !Array.isArray(schema.items) ? schemaType(schema.items) : undefined;
      return element && listOf(element);
    }
    case 'object':
      return objectType(schema, isResource);
    case 'string':
      return stringType(schema.format);
    case 'boolean':
      return BOOL;
    case 'number':
      return DOUBLE;
    case 'integer':
      return INT;
    default:
      return undefined;
  }
}

function stringType(format: string | undefined): Type {
  switch (format) {
    case 'byte':
      return BYTES;
    case 'duration':
      return DURATION;
    case 'date':
    case 'date-time':
      return TIMESTAMP;
    default:
      return STRING;
  }
}

function objectType(schema: JSONSchemaProps, isResource: boolean): Type | undefined {
  const { additionalProperties: additional } = schema;
  if (!isResource && additional !== null && typeof additional === 'object') {
    const value = schemaType(additional);
    return value && mapOf(STRING, value);
  }
  const properties: Readonly<Record<string, JSONSchemaProps>> = isResource ? { ...schema.properties, ...OF_RESOURCE } : (schema.properties ?? {});
  const names = new Map<string, string>();
  for (const name of Object.keys(properties)) {
    const escaped = escapeName(name);
    if (escaped !== undefined) names.set(escaped, name);
  }
  // Fields are typed as they are asked for: schemas are large, expressions look at little.
  const types = new Map<string, Type | undefined>();
  const type: ObjectType = {
    kind: 'object',
    name: 'object',
    field(name) {
      const json = names.get(name);
      const property = json === undefined ? undefined : properties[json];
      if (!property) return undefined;
      if (!types.has(name)) types.set(name, schemaType(property));
      return types.get(name);
    },
    jsonName: (name) => names.get(name) ?? name,
  };
  return type;
}
