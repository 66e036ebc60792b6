import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
  CustomResourceValidation,
  JSONSchemaProps,
  SelectableField,
} from '../../api/types/apiextensions-v1.js';
import { goMap } from '../common/go-map.js';
import { semanticEqual } from '../common/equality.js';

/** What a version may say of itself, or the spec of all versions. */
export interface VersionParts {
  readonly schema: CustomResourceValidation | undefined;
  readonly subresources: CustomResourceSubresources | undefined;
  readonly columns: readonly CustomResourceColumnDefinition[];
  readonly selectableFields: readonly SelectableField[];
}

export interface InternalVersion extends VersionParts {
  readonly source: CustomResourceDefinitionVersion;
}

/**
 * A spec as the real server holds it: what all versions have alike stands once, beside them. Paths of errors show it
 * (`spec.validation.openAPIV3Schema`, not `spec.versions[0].schema.openAPIV3Schema`).
 */
export interface InternalSpec {
  readonly shared: VersionParts;
  readonly versions: readonly InternalVersion[];
}

const NOTHING: VersionParts = { schema: undefined, subresources: undefined, columns: [], selectableFields: [] };

export function internalSpec({ versions }: CustomResourceDefinitionSpec): InternalSpec {
  const parts = versions.map(
    ({ schema, subresources, additionalPrinterColumns = [], selectableFields = [] }): VersionParts => ({ schema, subresources, columns: additionalPrinterColumns, selectableFields }),
  );
  const [first] = parts;
  if (!first) return { shared: NOTHING, versions: [] };
  const alike = <K extends keyof VersionParts>(key: K): boolean => parts.every((part) => sameValue(part[key], first[key]));
  const [schema, subresources, columns, selectableFields] = [alike('schema'), alike('subresources'), alike('columns'), alike('selectableFields')];
  return {
    shared: {
      schema: schema ? first.schema : undefined,
      subresources: subresources ? first.subresources : undefined,
      columns: columns ? first.columns : [],
      selectableFields: selectableFields ? first.selectableFields : [],
    },
    versions: versions.map((source, i) => {
      const own = parts[i] ?? NOTHING;
      return {
        source,
        schema: schema ? undefined : own.schema,
        subresources: subresources ? undefined : own.subresources,
        columns: columns ? [] : own.columns,
        selectableFields: selectableFields ? [] : own.selectableFields,
      };
    }),
  };
}

/** Semantic equality, but a pointer to an empty struct is not nil. */
function sameValue(a: unknown, b: unknown): boolean {
  return (a === undefined) === (b === undefined) && semanticEqual(a, b);
}

/** Versions as messages of the real server show them: the internal struct. */
export function goVersions(versions: readonly InternalVersion[]): object[] {
  return versions.map(({ source, schema, subresources, columns, selectableFields }) => ({
    Name: source.name,
    Served: source.served,
    Storage: source.storage,
    Deprecated: source.deprecated ?? false,
    DeprecationWarning: source.deprecationWarning ?? null,
    Schema: schema ? { OpenAPIV3Schema: goSchema(schema.openAPIV3Schema) } : null,
    Subresources: subresources ? goSubresources(subresources) : null,
    AdditionalPrinterColumns: listOrNull(columns, ({ name, type, format, description, priority, jsonPath }) => ({
      Name: name,
      Type: type,
      Format: format ?? '',
      Description: description ?? '',
      Priority: priority ?? 0,
      JSONPath: jsonPath,
    })),
    SelectableFields: listOrNull(selectableFields, ({ jsonPath }) => ({ JSONPath: jsonPath })),
  }));
}

function goSubresources({ status, scale }: CustomResourceSubresources): object {
  return {
    Status: status ? {} : null,
    Scale: scale ? { SpecReplicasPath: scale.specReplicasPath, StatusReplicasPath: scale.statusReplicasPath, LabelSelectorPath: scale.labelSelectorPath ?? null } : null,
  };
}

const listOrNull = <T, R>(list: readonly T[] | undefined, show: (item: T) => R): R[] | null => (list && list.length > 0 ? list.map(show) : null);
const mapOrNull = (map: Readonly<Record<string, JSONSchemaProps>> | undefined): object | null => {
  const shown = goMap(map);
  return shown ? Object.fromEntries(Object.entries(shown).map(([key, schema]) => [key, goSchema(schema)])) : null;
};
const schemaOrBool = (value: JSONSchemaProps | boolean | undefined): object | null =>
  value === undefined ? null : typeof value === 'boolean' ? { Allows: value, Schema: null } : { Allows: true, Schema: goSchema(value) };

/** A schema as the internal struct, in the order of its fields. */
export function goSchema(schema: JSONSchemaProps | undefined): Record<string, unknown> | null {
  if (!schema) return null;
  const { items, dependencies } = schema;
  return {
    ID: schema.id ?? '',
    Schema: schema.$schema ?? '',
    Ref: schema.$ref ?? null,
    Description: schema.description ?? '',
    Type: schema.type ?? '',
    Nullable: schema.nullable ?? false,
    Format: schema.format ?? '',
    Title: schema.title ?? '',
    Default: schema.default ?? null,
    Maximum: schema.maximum ?? null,
    ExclusiveMaximum: schema.exclusiveMaximum ?? false,
    Minimum: schema.minimum ?? null,
    ExclusiveMinimum: schema.exclusiveMinimum ?? false,
    MaxLength: schema.maxLength ?? null,
    MinLength: schema.minLength ?? null,
    Pattern: schema.pattern ?? '',
    MaxItems: schema.maxItems ?? null,
    MinItems: schema.minItems ?? null,
    UniqueItems: schema.uniqueItems ?? false,
    MultipleOf: schema.multipleOf ?? null,
    Enum: listOrNull(schema.enum, (value) => value),
    MaxProperties: schema.maxProperties ?? null,
    MinProperties: schema.minProperties ?? null,
    Required: listOrNull(schema.required, (name) => name),
    Items: !items ? null : Array.isArray(items) ? { Schema: null, JSONSchemas: items.map(goSchema) } : { Schema: goSchema(items), JSONSchemas: null },
    AllOf: listOrNull(schema.allOf, goSchema),
    OneOf: listOrNull(schema.oneOf, goSchema),
    AnyOf: listOrNull(schema.anyOf, goSchema),
    Not: goSchema(schema.not),
    Properties: mapOrNull(schema.properties),
    AdditionalProperties: schemaOrBool(schema.additionalProperties),
    PatternProperties: mapOrNull(schema.patternProperties),
    Dependencies: dependencies
      ? Object.fromEntries(Object.entries(dependencies).map(([key, value]) => [key, Array.isArray(value) ? { Schema: null, Property: value } : { Schema: goSchema(value), Property: null }]))
      : null,
    AdditionalItems: schemaOrBool(schema.additionalItems),
    Definitions: mapOrNull(schema.definitions),
    ExternalDocs: schema.externalDocs ? { Description: schema.externalDocs.description ?? '', URL: schema.externalDocs.url ?? '' } : null,
    Example: schema.example ?? null,
    XPreserveUnknownFields: schema['x-kubernetes-preserve-unknown-fields'] ?? null,
    XEmbeddedResource: schema['x-kubernetes-embedded-resource'] ?? false,
    XIntOrString: schema['x-kubernetes-int-or-string'] ?? false,
    XListMapKeys: listOrNull(schema['x-kubernetes-list-map-keys'], (key) => key),
    XListType: schema['x-kubernetes-list-type'] ?? null,
    XMapType: schema['x-kubernetes-map-type'] ?? null,
    XValidations: listOrNull(schema['x-kubernetes-validations'], (rule) => ({
      Rule: rule.rule,
      Message: rule.message ?? '',
      MessageExpression: rule.messageExpression ?? '',
      Reason: rule.reason ?? null,
      FieldPath: rule.fieldPath ?? '',
      OptionalOldSelf: rule.optionalOldSelf ?? null,
    })),
  };
}
