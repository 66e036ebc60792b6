import type { CustomResourceDefinition, JSONSchemaProps } from '../../api/types/apiextensions-v1.js';
import { sortedEntries } from './structural.js';

/** Formats of strings that custom resources are checked for, without their dashes. */
const STRING_FORMATS: ReadonlySet<string> = new Set([
  ...['bsonobjectid', 'uri', 'email', 'hostname', 'ipv4', 'ipv6', 'cidr', 'mac', 'uuid', 'uuid3', 'uuid4', 'uuid5', 'isbn', 'isbn10', 'isbn13'],
  ...['creditcard', 'ssn', 'hexcolor', 'rgbcolor', 'byte', 'password', 'date', 'duration', 'datetime', 'k8sshortname', 'k8slongname'],
]);

/** Whether strings, or numbers, of this type are checked for the format. */
export function formatIsKnown(format: string, type: string): boolean {
  if (type === '' || type === 'string') return STRING_FORMATS.has(format.replaceAll('-', ''));
  if (type === 'integer') return format === 'int32' || format === 'int64';
  return type === 'number' && (format === 'float' || format === 'double');
}

/** A schema and every schema within it. */
function* schemasIn(schema: JSONSchemaProps): Iterable<JSONSchemaProps> {
  yield schema;
  const { items, not, additionalProperties: additional } = schema;
  const nested = [
    ...(Array.isArray(items) ? items : items ? [items] : []),
    ...(schema.allOf ?? []),
    ...(schema.anyOf ?? []),
    ...(schema.oneOf ?? []),
    ...(not ? [not] : []),
    ...sortedEntries(schema.properties).map(([, property]) => property),
    ...(additional !== null && typeof additional === 'object' ? [additional] : []),
  ];
  for (const one of nested) yield* schemasIn(one);
}

function unknownFormats(schema: JSONSchemaProps | undefined): string[] {
  return schema ? [...schemasIn(schema)].flatMap(({ format = '', type = '' }) => (format === '' || formatIsKnown(format, type) ? [] : [format])) : [];
}

/** `unrecognized format "x"` for formats that have no meaning here, but for those that were there before. */
export function formatWarnings(definition: CustomResourceDefinition, old: CustomResourceDefinition | undefined, schemasOf: (definition: CustomResourceDefinition) => ReadonlyArray<JSONSchemaProps | undefined>): string[] {
  const known = new Set((old ? schemasOf(old) : []).flatMap(unknownFormats));
  return schemasOf(definition).flatMap(unknownFormats).filter((format) => !known.has(format)).map((format) => `unrecognized format ${JSON.stringify(format)}`);
}
