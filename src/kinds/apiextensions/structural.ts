import { fieldErrorText, forbidden, invalid, type Path, required, type FieldError } from '../../api/field.js';
import type { JSONSchemaProps } from '../../api/types/apiextensions-v1.js';
import { semanticEqual } from '../common/equality.js';

/**
 * What makes a schema structural (https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema):
 * every field is said to be there outside of allOf, anyOf, oneOf and not, and those only restrict values.
 */

type Level = 'root' | 'item' | 'field';

const MISSING_TYPE: Record<Level, string> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};
const INT_OR_STRING: readonly JSONSchemaProps[] = [{ type: 'integer' }, { type: 'string' }];

/** Properties by name, in an order that does not change: the real server's is random where it does not sort. */
export const sortedEntries = <T>(map: Readonly<Record<string, T>> | undefined): Array<[string, T]> => Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));

/** The schema of items; of a list of schemas (which is refused elsewhere) nothing. */
export const itemsOf = ({ items }: JSONSchemaProps): JSONSchemaProps | undefined => (Array.isArray(items) ? undefined : (items ?? undefined));
/** The schema of additional properties, where it is not just a yes or no. */
export const additionalOf = ({ additionalProperties: additional }: JSONSchemaProps): JSONSchemaProps | undefined =>
  additional !== null && typeof additional === 'object' ? additional : undefined;

/** Why a schema cannot even be made structural; undefined when it can. */
export function unsupportedText(schema: JSONSchemaProps | undefined): string | undefined {
  if (!schema) return undefined;
  for (const [key, value] of [
    ['id', schema.id],
    ['schema', schema.$schema],
    ['$ref', schema.$ref],
    ['patternProperties', Object.keys(schema.patternProperties ?? {}).length],
    ['dependencies', Object.keys(schema.dependencies ?? {}).length],
    ['additionalItems', schema.additionalItems !== undefined],
    ['definitions', Object.keys(schema.definitions ?? {}).length],
  ] as const) {
    if (value) return `OpenAPIV3Schema '${key}' is not supported`;
  }
  for (const nested of [schema.not, ...(schema.allOf ?? []), ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]) {
    const text = unsupportedText(nested);
    if (text !== undefined) return text;
  }
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) return "internal error: 'x-kubernetes-preserve-unknown-fields' must be true or undefined";
  if (Array.isArray(schema.items) && schema.items.length > 0) return "OpenAPIV3Schema 'items' must be a schema, but is an array";
  for (const nested of [itemsOf(schema), ...sortedEntries(schema.properties).map(([, property]) => property), additionalOf(schema)]) {
    const text = unsupportedText(nested);
    if (text !== undefined) return text;
  }
  return undefined;
}

/** Everything about a schema that is not structural, sorted by its text as the real server does. */
export function structuralErrors(schema: JSONSchemaProps, path: Path): FieldError[] {
  const errors = [...invariantErrors(schema, 'root', path), ...completenessErrors(schema, schema, path, path)];
  return errors.map((error) => ({ error, text: fieldErrorText(error) })).sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0)).map(({ error }) => error);
}

function invariantErrors(schema: JSONSchemaProps, level: Level, path: Path): FieldError[] {
  const { type = '', properties = {}, additionalProperties: additional } = schema;
  const embedded = schema['x-kubernetes-embedded-resource'] ?? false;
  const intOrString = schema['x-kubernetes-int-or-string'] ?? false;
  const preserves = schema['x-kubernetes-preserve-unknown-fields'] ?? false;
  const errors: FieldError[] = [];
  const items = itemsOf(schema);
  if (type === 'array' && !items) errors.push(required(path.child('items'), 'must be specified'));
  if (items) errors.push(...invariantErrors(items, 'item', path.child('items')));
  for (const [name, property] of sortedEntries(properties)) errors.push(...invariantErrors(property, 'field', path.child('properties').key(name)));
  if (additional !== undefined && additional !== null) {
    const at = path.child('additionalProperties');
    if (level === 'root') errors.push(forbidden(at, 'must not be used at the root'));
    if (typeof additional === 'object') errors.push(...invariantErrors(additional, 'field', at));
    if (embedded) errors.push(forbidden(at, 'must not be used if x-kubernetes-embedded-resource is set'));
  }
  if (intOrString && preserves) errors.push(invalid(path.child('x-kubernetes-preserve-unknown-fields'), true, 'must be false if x-kubernetes-int-or-string is true'));
  if (intOrString && embedded) errors.push(invalid(path.child('x-kubernetes-embedded-resource'), true, 'must be false if x-kubernetes-int-or-string is true'));
  errors.push(...junctorErrors(schema, semanticEqual(schema.anyOf, INT_OR_STRING), semanticEqual(schema.allOf?.[0]?.anyOf, INT_OR_STRING), path));
  const typePath = path.child('type');
  if (embedded && type !== 'object') {
    const text = 'must be object if x-kubernetes-embedded-resource is true';
    errors.push(type === '' ? required(typePath, text) : invalid(typePath, type, text));
  } else if (type === '' && !intOrString && !preserves) errors.push(required(typePath, MISSING_TYPE[level]));
  if (level === 'root' && type !== '' && type !== 'object') errors.push(invalid(typePath, type, 'must be object at the root'));
  errors.push(...resourceErrors(schema, level, path));
  if (embedded && !preserves && Object.keys(properties).length === 0) {
    errors.push(required(path.child('properties'), 'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields'));
  }
  return errors;
}

/** apiVersion, kind and metadata, where a schema is that of a whole object. */
function resourceErrors(schema: JSONSchemaProps, level: Level, path: Path): FieldError[] {
  if (level !== 'root' && !schema['x-kubernetes-embedded-resource']) return [];
  const errors: FieldError[] = [];
  const { properties = {} } = schema;
  for (const name of ['kind', 'apiVersion']) {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (property && property.type !== 'string') errors.push(invalid(path.child('properties').key(name).child('type'), property.type ?? '', 'must be string'));
  }
  const metadata = Object.hasOwn(properties, 'metadata') ? properties.metadata : undefined;
  if (!metadata) return errors;
  const at = path.child('properties').key('metadata');
  if (metadata.type !== 'object') errors.push(invalid(at.child('type'), metadata.type ?? '', 'must be object'));
  if (level === 'root' && saysMoreThanNames(metadata)) {
    errors.push(forbidden(at, 'must not specify anything other than name and generateName, but metadata is implicitly specified'));
  }
  return errors;
}

function saysMoreThanNames({ type: _type, default: _default, properties = {}, ...rest }: JSONSchemaProps): boolean {
  if (Object.keys(properties).some((name) => name !== 'name' && name !== 'generateName')) return true;
  return Object.values(rest).some((value) => value !== undefined && value !== null && value !== '' && !(value === false && rest.additionalProperties !== false));
}

/** Schemas below allOf, anyOf, oneOf and not, and the pattern. */
function junctorErrors(schema: JSONSchemaProps, skipAnyOf: boolean, skipFirstAllOf: boolean, path: Path): FieldError[] {
  const { anyOf = [], allOf = [], oneOf = [], not } = schema;
  return [
    ...(skipAnyOf ? [] : anyOf.flatMap((nested, i) => nestedErrors(nested, false, path.child('anyOf').index(i)))),
    ...allOf.flatMap((nested, i) => nestedErrors(nested, skipFirstAllOf && i === 0, path.child('allOf').index(i))),
    ...oneOf.flatMap((nested, i) => nestedErrors(nested, false, path.child('oneOf').index(i))),
    ...(not ? nestedErrors(not, false, path.child('not')) : []),
  ];
}

/** A schema that may only restrict values. */
function nestedErrors(schema: JSONSchemaProps, skipAnyOf: boolean, path: Path): FieldError[] {
  const errors = junctorErrors(schema, skipAnyOf, false, path);
  const items = itemsOf(schema);
  if (items) errors.push(...nestedErrors(items, false, path.child('items')));
  for (const [name, property] of sortedEntries(schema.properties)) errors.push(...nestedErrors(property, false, path.child('properties').key(name)));
  const emptyText = 'must be empty to be structural';
  const undefinedText = 'must be undefined to be structural';
  const falseText = 'must be false to be structural';
  const rules: ReadonlyArray<readonly [string, boolean, string]> = [
    ['type', Boolean(schema.type), emptyText],
    ['additionalProperties', schema.additionalProperties === true || additionalOf(schema) !== undefined, undefinedText],
    ['default', schema.default !== undefined && schema.default !== null, undefinedText],
    ['title', Boolean(schema.title), emptyText],
    ['description', Boolean(schema.description), emptyText],
    ['nullable', schema.nullable === true, falseText],
    ['x-kubernetes-preserve-unknown-fields', schema['x-kubernetes-preserve-unknown-fields'] === true, falseText],
    ['x-kubernetes-embedded-resource', schema['x-kubernetes-embedded-resource'] === true, falseText],
    ['x-kubernetes-int-or-string', schema['x-kubernetes-int-or-string'] === true, falseText],
    ['x-kubernetes-list-map-keys', (schema['x-kubernetes-list-map-keys'] ?? []).length > 0, emptyText],
    ['x-kubernetes-list-type', schema['x-kubernetes-list-type'] !== undefined, undefinedText],
    ['x-kubernetes-map-type', schema['x-kubernetes-map-type'] !== undefined, undefinedText],
    ['x-kubernetes-validations', (schema['x-kubernetes-validations'] ?? []).length > 0, emptyText],
  ];
  for (const [field, broken, text] of rules) if (broken) errors.push(forbidden(path.child(field), text));
  if (Object.hasOwn(schema.properties ?? {}, 'metadata')) errors.push(forbidden(path.child('properties').key('metadata'), 'must not be specified in a nested context'));
  return errors;
}

/** Fields that value validations speak of (at `where`) and the schema itself (at `path`) does not. */
function completenessErrors(restriction: JSONSchemaProps, schema: JSONSchemaProps, path: Path, where: Path): FieldError[] {
  const nested: ReadonlyArray<readonly [JSONSchemaProps, Path]> = [
    ...(restriction.not ? [[restriction.not, where.child('not')] as const] : []),
    ...(restriction.allOf ?? []).map((one, i) => [one, where.child('allOf').index(i)] as const),
    ...(restriction.anyOf ?? []).map((one, i) => [one, where.child('anyOf').index(i)] as const),
    ...(restriction.oneOf ?? []).map((one, i) => [one, where.child('oneOf').index(i)] as const),
  ];
  return nested.flatMap(([one, at]) => nestedCompletenessErrors(one, schema, path, at));
}

function nestedCompletenessErrors(restriction: JSONSchemaProps, schema: JSONSchemaProps | undefined, path: Path, where: Path): FieldError[] {
  if (!schema) return [required(path, `because it is defined in ${String(where)}`)];
  const errors = completenessErrors(restriction, schema, path, where);
  const items = itemsOf(restriction);
  if (items) errors.push(...nestedCompletenessErrors(items, itemsOf(schema), path.child('items'), where.child('items')));
  for (const [name, property] of sortedEntries(restriction.properties)) {
    const own = Object.hasOwn(schema.properties ?? {}, name) ? schema.properties?.[name] : undefined;
    errors.push(...nestedCompletenessErrors(property, own, path.child('properties').key(name), where.child('properties').key(name)));
  }
  return errors;
}
