import type { CustomResourceDefinition, CustomResourceDefinitionVersion, JSONSchemaProps } from '../../api/types/apiextensions-v1.js';
import type { OwnDefinitions } from '../../registry/kind.js';
import type { JsonSchema } from '../../schema/node.js';
import { additionalOf, itemsOf } from '../apiextensions/structural.js';

const META = '#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.';
const LINK = 'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md';
const API_VERSION = `APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: ${LINK}#resources`;
const KIND = `Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: ${LINK}#types-kinds`;

/** What OpenAPI documents say of a custom resource: its schema, and what all objects have. */
export function publishedDefinitions({ spec }: CustomResourceDefinition, { name: version, schema }: CustomResourceDefinitionVersion): OwnDefinitions {
  const { group, names } = spec;
  const prefix = `${group.split('.').toReversed().join('.')}.${version}.`;
  const { kind, listKind = `${kind}List` } = names;
  const [item, list] = [prefix + kind, prefix + listKind];
  const named = (of: string): Pick<JsonSchema, 'x-kubernetes-group-version-kind'> => ({ 'x-kubernetes-group-version-kind': [{ group, kind: of, version }] });
  const root = schema?.openAPIV3Schema ?? {};
  const whole = (properties: JsonSchema): JsonSchema => ({
    ...properties,
    type: 'object',
    properties: {
      ...properties.properties,
      apiVersion: { type: 'string', description: API_VERSION },
      kind: { type: 'string', description: KIND },
      metadata: { $ref: `${META}ObjectMeta`, description: `Standard object's metadata. More info: ${LINK}#metadata` },
    },
    ...named(kind),
    verbatim: true,
  });
  const ofList: JsonSchema = {
    description: `${listKind} is a list of ${kind}`,
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion: { type: 'string', description: API_VERSION },
      items: { type: 'array', description: `List of ${names.plural}. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md`, items: { $ref: `#/definitions/${item}` } },
      kind: { type: 'string', description: KIND },
      metadata: { $ref: `${META}ListMeta`, description: `Standard list metadata. More info: ${LINK}#types-kinds` },
    },
    ...named(listKind),
    verbatim: true,
  };
  return { item, list, schemas: { [item]: whole(published(root)), [list]: ofList }, schemasV2: { [item]: whole(publishedV2(root)) } };
}

/** Keywords that both versions of OpenAPI have, as they are. */
const KEYWORDS = [
  ...['description', 'type', 'format', 'title', 'default', 'maximum', 'exclusiveMaximum', 'minimum', 'exclusiveMinimum', 'maxLength', 'minLength', 'pattern', 'maxItems', 'minItems'],
  ...['multipleOf', 'enum', 'maxProperties', 'minProperties', 'required', 'nullable'],
  ...['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource', 'x-kubernetes-int-or-string', 'x-kubernetes-list-type', 'x-kubernetes-list-map-keys', 'x-kubernetes-map-type', 'x-kubernetes-validations'],
] as const;

const JUNCTORS = ['allOf', 'anyOf', 'oneOf'] as const;
const INT_OR_STRING = [{ type: 'integer' }, { type: 'string' }];
const OF_EMBEDDED: Readonly<Record<string, JsonSchema>> = {
  apiVersion: { type: 'string', description: `apiVersion defines the versioned schema of this representation of an object. More info: ${LINK}#resources` },
  kind: { type: 'string', description: `kind is a string value representing the type of this object. In CamelCase. More info: ${LINK}#types-kinds` },
  metadata: { $ref: `${META}ObjectMeta`, description: `Standard object's metadata. More info: ${LINK}#metadata` },
};

function published(schema: JSONSchemaProps): JsonSchema {
  const result: Record<string, unknown> = keywordsOf(schema);
  for (const junctor of JUNCTORS) if (schema[junctor]) result[junctor] = schema[junctor].map(published);
  if (schema.not) result['not'] = published(schema.not);
  const items = itemsOf(schema);
  if (items) result['items'] = published(items);
  const additional = additionalOf(schema);
  if (additional) result['additionalProperties'] = published(additional);
  else if (schema.additionalProperties === true) result['additionalProperties'] = true;
  if (schema.properties) result['properties'] = Object.fromEntries(Object.entries(schema.properties).map(([name, property]) => [name, published(property)]));
  if (schema['x-kubernetes-int-or-string'] && !schema.anyOf && !schema.allOf) result['anyOf'] = INT_OR_STRING;
  if (schema['x-kubernetes-embedded-resource']) {
    result['properties'] = { ...(result['properties'] as object | undefined), ...OF_EMBEDDED };
    result['required'] = [...new Set([...(schema.required ?? []), 'kind', 'apiVersion'])];
  }
  return result;
}

function keywordsOf(schema: JSONSchemaProps): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const keyword of KEYWORDS) if (schema[keyword] !== undefined) result[keyword] = schema[keyword];
  return result;
}

/** Version 2 has no words for some of it: what may be null or anything is left open there. */
function publishedV2(schema: JSONSchemaProps): JsonSchema {
  const { default: _, nullable, ...result } = keywordsOf(schema);
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (nullable || open) {
    const kept = Object.entries(result).filter(([keyword]) => keyword === 'description' || (keyword.startsWith('x-') && !keyword.startsWith('x-kubernetes-list')));
    return Object.fromEntries(kept);
  }
  const items = itemsOf(schema);
  if (items) result['items'] = publishedV2(items);
  const additional = additionalOf(schema);
  if (additional) result['additionalProperties'] = publishedV2(additional);
  if (schema.properties) result['properties'] = Object.fromEntries(Object.entries(schema.properties).map(([name, property]) => [name, publishedV2(property)]));
  return result;
}
