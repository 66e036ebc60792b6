import { forbidden, invalid, notSupported, type Path, required, type FieldError } from '../../api/field.js';
import type { JSONSchemaProps, ValidationRule } from '../../api/types/apiextensions-v1.js';
import type { Type } from '../../cel/index.js';
import { escapeName, schemaType } from '../../cel/schema-type.js';
import { resolveFieldPath } from './field-path.js';
import { compilationErrors } from './rule-compilation.js';
import { goSchema } from './internal-spec.js';
import { additionalOf, itemsOf, sortedEntries } from './structural.js';

/** What a schema of a custom resource may say at all, structural or not (apiextensions' rules for OpenAPI v3 schemas). */

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const REASONS = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];
const OBJECT_FIELDS: ReadonlySet<string> = new Set(['metadata', 'kind', 'apiVersion']);
const NEWLINES = /[\n\r]/;

interface Place {
  /** Errors of expressions; they come after all others. */
  readonly expressionErrors: FieldError[];
  /** The value above of which it cannot be told what its parts were before: rules about changes make no sense below. */
  readonly uncorrelated?: Path | undefined;
  /** The type of the value in expressions; undefined: expressions do not see it. */
  readonly type?: Type | undefined;
  /** Why there may be no default here. */
  readonly noDefaults?: string;
  /** Inside apiVersion, kind or metadata of an object. */
  readonly inMetadata?: boolean;
  readonly root?: boolean;
}

export function openApiSchemaErrors(schema: JSONSchemaProps | undefined, path: Path, place: Place): FieldError[] {
  if (!schema) return [];
  const { properties = {}, additionalProperties: additional } = schema;
  const inner: Place = { ...place, root: false, type: undefined };
  const ofItems: Place = schema['x-kubernetes-list-type'] === 'map' ? inner : { ...inner, uncorrelated: place.uncorrelated ?? path };
  const errors = keywordErrors(schema, path, place);
  if (schema.uniqueItems) errors.push(forbidden(path.child('uniqueItems'), 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'));
  if (additional !== undefined && additional !== null) {
    const at = path.child('additionalProperties');
    if (Object.keys(properties).length > 0 && additional !== true) errors.push(forbidden(at, 'additionalProperties and properties are mutual exclusive'));
    const below = place.inMetadata ? { ...inner, noDefaults: 'inside additionalProperties applying to object metadata' } : inner;
    errors.push(...openApiSchemaErrors(additionalOf(schema), at, { ...below, type: valueType(place.type) }));
  }
  for (const [name, property] of sortedEntries(properties)) {
    const ofObject = (place.root || schema['x-kubernetes-embedded-resource']) && OBJECT_FIELDS.has(name);
    const below = ofObject ? { ...inner, inMetadata: true, ...(place.root ? { noDefaults: `in top-level ${name}` } : {}) } : inner;
    errors.push(...openApiSchemaErrors(property, path.child('properties').key(name), { ...below, type: fieldType(place.type, name, property) }));
  }
  errors.push(...openApiSchemaErrors(schema.not, path.child('not'), inner));
  for (const junctor of ['allOf', 'oneOf', 'anyOf'] as const) {
    for (const [i, nested] of (schema[junctor] ?? []).entries()) errors.push(...openApiSchemaErrors(nested, path.child(junctor).index(i), inner));
  }
  for (const [name, nested] of sortedEntries(schema.definitions)) errors.push(...openApiSchemaErrors(nested, path.child('definitions').key(name), inner));
  if (Array.isArray(schema.items)) for (const [i, nested] of schema.items.entries()) errors.push(...openApiSchemaErrors(nested, path.child('items').index(i), inner));
  else errors.push(...openApiSchemaErrors(schema.items, path.child('items'), { ...ofItems, type: valueType(place.type) }));
  for (const [name, nested] of sortedEntries(schema.dependencies)) if (!Array.isArray(nested)) errors.push(...openApiSchemaErrors(nested, path.child('dependencies').key(name), inner));
  errors.push(...extensionErrors(schema, path), ...listMapErrors(schema, path), ...listItemErrors(schema, path), ...(schema['x-kubernetes-validations'] ?? []).flatMap((rule, i) => ruleErrors(rule, schema, path.child('x-kubernetes-validations').index(i))));
  // Types of a schema that is wrong would only confuse.
  if (errors.length === 0) for (const [i, rule] of (schema['x-kubernetes-validations'] ?? []).entries()) place.expressionErrors.push(...compilationErrors(rule, place, path.child('x-kubernetes-validations').index(i)));
  return errors;
}

/** Type of the items of a list, or of the values of a map. */
const valueType = (type: Type | undefined): Type | undefined => (type?.kind === 'list' ? type.element : type?.kind === 'map' ? type.value : undefined);

/** A property that has no name in expressions has a type all the same. */
function fieldType(type: Type | undefined, name: string, property: JSONSchemaProps): Type | undefined {
  if (type?.kind !== 'object') return undefined;
  const escaped = escapeName(name);
  return escaped === undefined ? schemaType(property) : type.field(escaped);
}

function keywordErrors(schema: JSONSchemaProps, path: Path, { noDefaults, inMetadata }: Place): FieldError[] {
  const { type = '' } = schema;
  const errors: FieldError[] = [];
  if (type !== '' && !TYPES.includes(type)) errors.push(notSupported(path.child('type'), type, TYPES));
  if (schema.default !== undefined && schema.default !== null && noDefaults !== undefined) errors.push(forbidden(path.child('default'), `must not be set ${noDefaults}`));
  const refused: ReadonlyArray<readonly [string, boolean]> = [
    ['id', Boolean(schema.id)],
    ['additionalItems', schema.additionalItems !== undefined],
    ['patternProperties', Object.keys(schema.patternProperties ?? {}).length > 0],
    ['definitions', Object.keys(schema.definitions ?? {}).length > 0],
    ['dependencies', schema.dependencies !== undefined],
    ['$ref', schema.$ref !== undefined],
  ];
  for (const [keyword, given] of refused) if (given) errors.push(forbidden(path.child(keyword), `${keyword} is not supported`));
  if (type === 'null') errors.push(forbidden(path.child('type'), 'type cannot be set to null, use nullable as an alternative'));
  if (Array.isArray(schema.items) && schema.items.length > 0) errors.push(forbidden(path.child('items'), 'items must be a schema object and not an array'));
  if (inMetadata && schema['x-kubernetes-embedded-resource']) errors.push(forbidden(path.child('x-kubernetes-embedded-resource'), 'must not be used inside of resource meta'));
  return errors;
}

function typeErrors(type: string | undefined, wanted: string, extension: string, path: Path): FieldError[] {
  if (type === wanted) return [];
  const text = `must be ${wanted} if ${extension} is specified`;
  return [type ? invalid(path, type, text) : required(path, text)];
}

/** x-kubernetes-preserve-unknown-fields, -map-type and -list-type. */
function extensionErrors(schema: JSONSchemaProps, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  const { 'x-kubernetes-map-type': mapType, 'x-kubernetes-list-type': listType } = schema;
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) errors.push(invalid(path.child('x-kubernetes-preserve-unknown-fields'), false, 'must be true or undefined'));
  if (mapType !== undefined) {
    errors.push(...typeErrors(schema.type, 'object', 'x-kubernetes-map-type', path.child('type')));
    if (!['atomic', 'granular'].includes(mapType)) errors.push(notSupported(path.child('x-kubernetes-map-type'), mapType, ['atomic', 'granular']));
  }
  if (listType === undefined) return errors;
  const items = itemsOf(schema);
  if (schema.type !== 'array') errors.push(...typeErrors(schema.type, 'array', 'x-kubernetes-list-type', path.child('type')));
  else if (listType === 'set' && items) {
    const text = 'must be atomic as item of a list with x-kubernetes-list-type=set';
    const ofItems = items['x-kubernetes-list-type'];
    if (items.type === 'array' && ofItems !== undefined && ofItems !== 'atomic') errors.push(invalid(path.child('items', 'x-kubernetes-list-type'), ofItems, text));
    // The real server shows the list type here too.
    if (items.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic') errors.push(invalid(path.child('items', 'x-kubernetes-map-type'), ofItems ?? null, text));
  }
  if (!['atomic', 'set', 'map'].includes(listType)) errors.push(notSupported(path.child('x-kubernetes-list-type'), listType, ['atomic', 'set', 'map']));
  return errors;
}

function listMapErrors(schema: JSONSchemaProps, path: Path): FieldError[] {
  const { 'x-kubernetes-list-map-keys': keys = [], 'x-kubernetes-list-type': listType } = schema;
  const keysPath = path.child('x-kubernetes-list-map-keys');
  const errors: FieldError[] = [];
  if (keys.length > 0 && listType !== 'map') {
    const at = path.child('x-kubernetes-list-type');
    const text = 'must be map if x-kubernetes-list-map-keys is non-empty';
    errors.push(listType === undefined ? required(at, text) : invalid(at, listType, text));
  }
  if (listType !== 'map') return errors;
  if (keys.length === 0) errors.push(required(keysPath, 'must not be empty if x-kubernetes-list-type is map'));
  const items = itemsOf(schema);
  if (schema.items === undefined) errors.push(required(path.child('items'), 'must have a schema if x-kubernetes-list-type is map'));
  else if (!items) errors.push(invalid(path.child('items'), goSchema(schema)?.Items, 'must only have a single schema if x-kubernetes-list-type is map'));
  if (!items) return errors;
  if (items.type !== 'object') return [...errors, invalid(path.child('items', 'type'), items.type ?? '', "must be object if parent array's x-kubernetes-list-type is map")];
  const seen = new Set<string>();
  for (const key of keys) {
    const property = Object.hasOwn(items.properties ?? {}, key) ? items.properties?.[key] : undefined;
    if (!property) errors.push(invalid(keysPath, keys, 'entries must all be names of item properties'));
    else if (property.type === 'array' || property.type === 'object') {
      errors.push(invalid(path.child('items', 'properties').key(key).child('type'), items.type, "must be a scalar type if parent array's x-kubernetes-list-type is map"));
    }
    if (seen.has(key)) errors.push(invalid(keysPath, keys, 'must not contain duplicate entries'));
    seen.add(key);
  }
  return errors;
}

/** Items of sets and maps are never null, and keys of maps are always there. */
function listItemErrors(schema: JSONSchemaProps, path: Path): FieldError[] {
  const items = itemsOf(schema);
  const listType = schema['x-kubernetes-list-type'];
  if (!items || (listType !== 'set' && listType !== 'map')) return [];
  const at = path.child('items');
  const errors = items.nullable ? [forbidden(at.child('nullable'), `cannot be nullable when x-kubernetes-list-type is ${listType}`)] : [];
  if (listType === 'set') return errors;
  for (const key of schema['x-kubernetes-list-map-keys'] ?? []) {
    const property = Object.hasOwn(items.properties ?? {}, key) ? items.properties?.[key] : undefined;
    if (!property) continue;
    const keyPath = at.child('properties').key(key);
    if (!items.required?.includes(key) && (property.default === undefined || property.default === null)) {
      errors.push(required(keyPath.child('default'), 'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property'));
    }
    if (property.nullable) errors.push(forbidden(keyPath.child('nullable'), 'this property is in x-kubernetes-list-map-keys, so it cannot be nullable'));
  }
  return errors;
}

/** The form of a validation rule; that its expression compiles is looked at elsewhere. */
function ruleErrors({ rule, message = '', messageExpression = '', reason, fieldPath = '' }: ValidationRule, schema: JSONSchemaProps, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  const [expression, text] = [rule.trim(), message.trim()];
  if (expression === '') errors.push(required(path.child('rule'), 'rule is not specified'));
  else if (message !== '' && text === '') errors.push(invalid(path.child('message'), message, 'must be non-empty if specified'));
  else if (NEWLINES.test(text)) errors.push(invalid(path.child('message'), message, 'must not contain line breaks'));
  else if (NEWLINES.test(expression) && text === '') errors.push(required(path.child('message'), 'message must be specified if rule contains line breaks'));
  if (messageExpression !== '' && messageExpression.trim() === '') errors.push(required(path.child('messageExpression'), 'messageExpression must be non-empty if specified'));
  if (reason !== undefined && !REASONS.includes(reason)) errors.push(notSupported(path.child('reason'), reason, REASONS));
  if (fieldPath === '') return errors;
  const at = path.child('fieldPath');
  if (fieldPath.trim() === '') errors.push(invalid(at, fieldPath, 'must be non-empty if specified'));
  if (NEWLINES.test(fieldPath)) errors.push(invalid(at, fieldPath, 'must not contain line breaks'));
  if (typeof resolveFieldPath(fieldPath, schema, true) === 'string') errors.push(invalid(at, fieldPath, 'must be a valid path'));
  return errors;
}
