import { readFileSync } from 'node:fs';
import { type JsonSchema, type SchemaNode, SchemaResolver } from '../schema/node.js';

export type { KubeObject, ManagedFieldsEntry } from '../api/object.js';
export type { StatusCause } from '../api/types/meta-v1.js';

const definitions = JSON.parse(readFileSync('openapi/schemas.json', 'utf8')) as Record<string, JsonSchema>;
const schemas = new SchemaResolver(definitions);

/** The schema of a built-in type. */
export function schemaOf(definition: string): SchemaNode {
  const node = schemas.definition(definition);
  if (!node) throw new Error(`no definition ${definition}`);
  return node;
}

const custom = new Map<object, SchemaNode>();

/** The schema of a custom resource with these properties; without any, nothing is known of it. */
export function customSchema(properties: object | undefined): SchemaNode | undefined {
  if (!properties) return undefined;
  let node = custom.get(properties);
  if (!node) {
    const common = { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { $ref: '#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' } };
    node = schemas.place({ type: 'object', properties: { ...common, ...(openUnknown(properties) as Record<string, JsonSchema>) } });
    custom.set(properties, node);
  }
  return node;
}

/** As the builder of custom kinds must: unknown fields that are kept are data of any kind. */
function openUnknown(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(openUnknown);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, openUnknown(item)] as const);
  const result = Object.fromEntries(entries) as Record<string, unknown>;
  if (result['x-kubernetes-preserve-unknown-fields'] === true) result['additionalProperties'] = {};
  if (result['x-kubernetes-int-or-string'] === true) result['$ref'] = '#/definitions/io.k8s.apimachinery.pkg.util.intstr.IntOrString';
  return result;
}
