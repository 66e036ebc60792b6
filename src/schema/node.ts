/**
 * One place of a kind's schema, as patch, apply and decoding need it: Kubernetes' OpenAPI extensions
 * (list types, map keys, patch strategies) with references resolved. Built lazily, shared, never changed.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy
 */
export interface SchemaNode {
  /** What the JSON value is. 'any' is data without a schema (RawExtension, JSON, an unknown kind). */
  readonly type: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | 'int-or-string' | 'quantity' | 'any';
  /** The definition that this place refers to, e.g. io.k8s.api.core.v1.Container. */
  readonly definition: string | undefined;
  /** A property of an object with fields. */
  property(name: string): SchemaNode | undefined;
  /** Names of the properties; empty for maps and scalars. */
  readonly properties: readonly string[];
  readonly required: readonly string[];
  /** Value schema of a map (`additionalProperties`), e.g. of labels. */
  readonly additional: SchemaNode | undefined;
  /** Item schema of a list. */
  readonly items: SchemaNode | undefined;
  /** How server-side apply merges a list. Lists that say nothing are atomic. */
  readonly listType: 'atomic' | 'set' | 'map';
  /** Keys of the items of a 'map' list. */
  readonly mapKeys: readonly string[];
  /** Whether server-side apply owns an object or map as a whole. */
  readonly mapType: 'granular' | 'atomic';
  /** Strategic merge: key of the items of a list that merges. */
  readonly mergeKey: string | undefined;
  /** Strategic merge: 'merge', 'replace', 'retainKeys' or two of them. */
  readonly patchStrategies: readonly string[];
  readonly enum: readonly string[] | undefined;
  readonly default: unknown;
  readonly format: string | undefined;
}

/** A definition in the form of openapi/schemas.json (an OpenAPI v2 schema). */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: string;
  readonly 'x-kubernetes-patch-merge-key'?: string;
  readonly 'x-kubernetes-patch-strategy'?: string;
  readonly 'x-kubernetes-group-version-kind'?: ReadonlyArray<{ group: string; version: string; kind: string }>;
  readonly 'x-kubernetes-unions'?: unknown;
  /** A definition of a custom resource: printed as it is. */
  readonly verbatim?: true;
}

const PREFIX = '#/definitions/';
const SPECIAL: Readonly<Record<string, SchemaNode['type']>> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': 'quantity',
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': 'int-or-string',
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1': 'any',
  'io.k8s.apimachinery.pkg.runtime.RawExtension': 'any',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON': 'any',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray': 'any',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool': 'any',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray': 'any',
};

/** Resolves definitions to nodes; one resolver per set of definitions, every node is made once. */
export class SchemaResolver {
  private readonly byDefinition = new Map<string, SchemaNode>();

  constructor(private readonly definitions: Readonly<Record<string, JsonSchema>>) {}

  /** The node of a definition, or undefined where there is none of that name. */
  definition(name: string): SchemaNode | undefined {
    const known = this.byDefinition.get(name);
    if (known) return known;
    const schema = this.definitions[name];
    if (!schema) return undefined;
    const node = new ResolvedNode(schema, schema, name, this);
    this.byDefinition.set(name, node);
    return node;
  }

  /** The node of a schema at a place: extensions beside a $ref belong to the place, the rest to the target. */
  place(schema: JsonSchema): SchemaNode {
    const name = schema.$ref?.slice(PREFIX.length);
    const target = name === undefined ? schema : (this.definitions[name] ?? {});
    return new ResolvedNode(schema, target, name, this);
  }
}

class ResolvedNode implements SchemaNode {
  readonly type: SchemaNode['type'];
  readonly properties: readonly string[];
  readonly required: readonly string[];
  readonly listType: SchemaNode['listType'];
  readonly mapKeys: readonly string[];
  readonly mapType: SchemaNode['mapType'];
  readonly mergeKey: string | undefined;
  readonly patchStrategies: readonly string[];
  readonly enum: readonly string[] | undefined;
  readonly default: unknown;
  readonly format: string | undefined;
  private readonly children = new Map<string, SchemaNode>();
  private itemNode: SchemaNode | undefined;
  private additionalNode: SchemaNode | undefined;

  constructor(
    place: JsonSchema,
    private readonly target: JsonSchema,
    readonly definition: string | undefined,
    private readonly resolver: SchemaResolver,
  ) {
    this.type = (definition && SPECIAL[definition]) || jsonType(target);
    this.properties = target.properties ? Object.keys(target.properties) : [];
    this.required = target.required ?? [];
    const listType = place['x-kubernetes-list-type'] ?? target['x-kubernetes-list-type'];
    this.listType = listType === 'set' || listType === 'map' ? listType : 'atomic';
    this.mapKeys = place['x-kubernetes-list-map-keys'] ?? target['x-kubernetes-list-map-keys'] ?? [];
    this.mapType = (place['x-kubernetes-map-type'] ?? target['x-kubernetes-map-type']) === 'atomic' ? 'atomic' : 'granular';
    this.mergeKey = place['x-kubernetes-patch-merge-key'];
    this.patchStrategies = place['x-kubernetes-patch-strategy']?.split(',') ?? [];
    this.enum = target.enum;
    this.default = place.default ?? target.default;
    this.format = target.format;
  }

  property(name: string): SchemaNode | undefined {
    const known = this.children.get(name);
    if (known) return known;
    const properties = this.target.properties;
    if (!properties || !Object.hasOwn(properties, name)) return undefined;
    const child = this.resolver.place(properties[name] as JsonSchema);
    this.children.set(name, child);
    return child;
  }

  get items(): SchemaNode | undefined {
    return (this.itemNode ??= this.target.items && this.resolver.place(this.target.items));
  }

  get additional(): SchemaNode | undefined {
    return (this.additionalNode ??= this.target.additionalProperties && this.resolver.place(this.target.additionalProperties));
  }
}

function jsonType(schema: JsonSchema): SchemaNode['type'] {
  switch (schema.type) {
    case 'object':
    case 'array':
    case 'string':
    case 'integer':
    case 'number':
    case 'boolean':
      return schema.type;
    default:
      return schema.properties || schema.additionalProperties ? 'object' : 'any';
  }
}
