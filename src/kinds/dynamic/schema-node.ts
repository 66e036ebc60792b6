import type { JSONSchemaProps } from '../../api/types/apiextensions-v1.js';
import { schemas } from '../../schema/catalogue.js';
import type { SchemaNode } from '../../schema/node.js';
import { additionalOf, itemsOf } from '../apiextensions/structural.js';
import { ownProperty } from './json.js';

const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

/** A structural schema as patch and server-side apply read schemas. */
export class StructuralNode implements SchemaNode {
  readonly type: SchemaNode['type'];
  readonly definition = undefined;
  readonly properties: readonly string[];
  readonly required: readonly string[];
  readonly listType: SchemaNode['listType'];
  readonly mapKeys: readonly string[];
  readonly mapType: SchemaNode['mapType'];
  readonly mergeKey = undefined;
  readonly patchStrategies: readonly string[] = [];
  readonly enum = undefined;
  readonly default: unknown;
  readonly format: string | undefined;
  private readonly children = new Map<string, SchemaNode>();
  private itemNode: SchemaNode | undefined;
  private additionalNode: SchemaNode | undefined;

  constructor(
    private readonly schema: JSONSchemaProps,
    private readonly isResource = schema['x-kubernetes-embedded-resource'] ?? false,
  ) {
    this.type = typeOf(schema, isResource);
    this.properties = [...new Set([...Object.keys(schema.properties ?? {}), ...(isResource ? Object.keys(OF_RESOURCE) : [])])];
    this.required = schema.required ?? [];
    const listType = schema['x-kubernetes-list-type'];
    this.listType = listType === 'set' || listType === 'map' ? listType : 'atomic';
    this.mapKeys = schema['x-kubernetes-list-map-keys'] ?? [];
    this.mapType = schema['x-kubernetes-map-type'] === 'atomic' ? 'atomic' : 'granular';
    this.default = schema.default ?? undefined;
    this.format = schema.format;
  }

  property(name: string): SchemaNode | undefined {
    const known = this.children.get(name);
    if (known) return known;
    const child = this.child(name);
    if (child) this.children.set(name, child);
    return child;
  }

  private child(name: string): SchemaNode | undefined {
    if (this.isResource && name === 'metadata') return schemas().definition(OBJECT_META);
    const schema = ownProperty(this.schema.properties, name) ?? (this.isResource ? ownProperty(OF_RESOURCE, name) : undefined);
    return schema && new StructuralNode(schema);
  }

  get items(): SchemaNode | undefined {
    const items = itemsOf(this.schema);
    return (this.itemNode ??= items && new StructuralNode(items));
  }

  get additional(): SchemaNode | undefined {
    if (this.additionalNode) return this.additionalNode;
    const additional = additionalOf(this.schema);
    if (additional) this.additionalNode = new StructuralNode(additional);
    else if (this.schema.additionalProperties === true || this.schema['x-kubernetes-preserve-unknown-fields']) this.additionalNode = new StructuralNode({});
    return this.additionalNode;
  }
}

const OF_RESOURCE: Readonly<Record<string, JSONSchemaProps>> = { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { type: 'object' } };

function typeOf(schema: JSONSchemaProps, isResource: boolean): SchemaNode['type'] {
  if (schema['x-kubernetes-int-or-string']) return 'int-or-string';
  if (schema['x-kubernetes-preserve-unknown-fields'] && !isResource && Object.keys(schema.properties ?? {}).length === 0 && !itemsOf(schema) && !additionalOf(schema)) {
    return schema['x-kubernetes-map-type'] === 'atomic' ? 'object' : 'any';
  }
  switch (schema.type) {
    case 'object':
    case 'array':
    case 'string':
    case 'integer':
    case 'number':
    case 'boolean':
      return schema.type;
    default:
      return isResource ? 'object' : 'any';
  }
}
