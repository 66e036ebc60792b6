import { quote } from '../../api/field.js';
import { stringFormatIsValid } from '../../api/string-formats.js';
import type { JSONSchemaProps } from '../../api/types/apiextensions-v1.js';
import { deepEqual } from '../../base/freeze.js';
import { compile as compileRegExp, RegExpError } from '../../base/go-regexp.js';
import { formatDouble } from '../../cel/text.js';
import { formatIsKnown } from '../apiextensions/formats.js';
import { additionalOf, itemsOf, sortedEntries } from '../apiextensions/structural.js';
import type { Correlation } from './correlation.js';
import { isFields, type Fields } from './json.js';
import { composite, fails, hasTooMany, isMissing, isTooLong, notOneOf, SchemaResult, wrongType, type SchemaError } from './schema-result.js';

/**
 * What a schema says of a value (k8s.io/kube-openapi/pkg/validation/validate), with its texts and their order.
 * @param name path of the value, '' for the root of an object
 * @param correlation what the value was; nothing is said of what has not changed
 */
export function validateSchema(value: unknown, schema: JSONSchemaProps, name: string, correlation?: Correlation): SchemaResult {
  const result = new SchemaResult();
  if (correlation?.unchanged) return result;
  const check = (errors: readonly SchemaError[]): void => {
    result.matches++;
    for (const error of errors) result.add(error);
  };
  check(typeErrors(value, schema, name));
  if (value !== null) {
    result.merge(junctors(value, schema, name));
    if (typeof value === 'string') check(stringErrors(value, schema, name));
    if (typeof value === 'number') check(numberErrors(value, schema, name));
    if (Array.isArray(value)) result.merge(validateItems(value, schema, name, correlation));
  }
  if (schema.enum && schema.enum.length > 0 && !schema.enum.some((one) => deepEqual(one, value))) check([notOneOf(name, value, schema.enum)]);
  if (isFields(value)) result.merge(validateFields(value, schema, name, correlation));
  result.matches++;
  return result;
}

/** JSON's name of a value's type. */
function jsonType(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function typeErrors(value: unknown, schema: JSONSchemaProps, name: string): SchemaError[] {
  const types = schema['x-kubernetes-int-or-string'] ? ['integer', 'string'] : schema.type ? [schema.type] : [];
  const format = formatOf(schema);
  if (types.length === 0 && format === '') return [];
  const found = jsonType(value);
  if (value === null) return types.length > 0 && !schema.nullable ? [wrongType(name, types.join(','), found)] : [];
  // go-openapi takes any text, or list, where there is a format and no number.
  if (format !== '' && !types.includes('number') && !types.includes('integer') && (found === 'string' || found === 'array')) return [];
  const fits = types.includes(found) || (found === 'integer' && types.includes('number'));
  if (fits) return [];
  if (format !== '' && found !== 'string' && found !== 'array') return [wrongType(name, format, found === 'integer' ? 'int64' : found === 'number' ? 'float64' : '')];
  return [wrongType(name, types.join(','), found)];
}

/** Formats that are not supported are as if they were not there. */
function formatOf({ format = '', type = '' }: JSONSchemaProps): string {
  return format !== '' && formatIsKnown(format, type) ? format : '';
}

function stringErrors(text: string, schema: JSONSchemaProps, name: string): SchemaError[] {
  const { maxLength, minLength, pattern } = schema;
  const errors: SchemaError[] = [];
  const length = maxLength === undefined && minLength === undefined ? 0 : Array.from(text).length;
  if (maxLength !== undefined && length > maxLength) errors.push(isTooLong(name, maxLength));
  else if (minLength !== undefined && length < minLength) errors.push(fails(name, text, `${name} in body should be at least ${minLength} chars long`));
  else if (pattern && !matches(pattern, text)) errors.push(fails(name, text, `${name} in body should match '${pattern}'`));
  const format = formatOf(schema);
  if (format !== '' && !stringFormatIsValid(format, text)) errors.push({ ...wrongType(name, format, text) });
  return errors;
}

function matches(pattern: string, text: string): boolean {
  try {
    return compileRegExp(pattern).test(text);
  } catch (error) {
    if (error instanceof RegExpError) return false;
    throw error;
  }
}

const RANGES: Readonly<Record<string, readonly [number, number]>> = { int32: [-0x80000000, 0x7fffffff], float: [-3.4028234663852886e38, 3.4028234663852886e38] };

function numberErrors(value: number, schema: JSONSchemaProps, name: string): SchemaError[] {
  const { multipleOf, minimum, maximum } = schema;
  const shown = (limit: number): string => (Number.isInteger(value) ? String(Math.trunc(limit)) : formatDouble(limit));
  const errors: SchemaError[] = [];
  const format = formatOf(schema);
  const range = RANGES[format];
  const outside = range && (value < range[0] || value > range[1]);
  if (outside || (schema.type === 'integer' && !Number.isInteger(value))) {
    errors.push(composite(`Checked value must be of type ${schema.type ?? ''} ${format === '' ? '(default format)' : `with format ${format}`} in ${name}`));
  }
  if (multipleOf !== undefined && !isMultiple(value, multipleOf)) errors.push(fails(name, value, `${name} in body should be a multiple of ${shown(multipleOf)}`));
  if (minimum !== undefined && (schema.exclusiveMinimum ? value <= minimum : value < minimum)) {
    errors.push(fails(name, value, `${name} in body should be greater than ${schema.exclusiveMinimum ? '' : 'or equal to '}${shown(minimum)}`));
  }
  if (maximum !== undefined && (schema.exclusiveMaximum ? value >= maximum : value > maximum)) {
    errors.push(fails(name, value, `${name} in body should be less than ${schema.exclusiveMaximum ? '' : 'or equal to '}${shown(maximum)}`));
  }
  return errors;
}

function isMultiple(value: number, factor: number): boolean {
  if (factor <= 0) return false;
  const times = value / factor;
  return Math.abs(times - Math.round(times)) < 1e-9;
}

function validateItems(list: readonly unknown[], schema: JSONSchemaProps, name: string, correlation: Correlation | undefined): SchemaResult {
  const result = new SchemaResult();
  const items = itemsOf(schema);
  if (items) for (const [i, item] of list.entries()) result.merge(validateSchema(item, items, `${name}[${i}]`, correlation?.index(i)));
  const { minItems, maxItems } = schema;
  if (minItems !== undefined && list.length < minItems) result.add(fails(name, list.length, `${name} in body should have at least ${minItems} items`));
  if (maxItems !== undefined && list.length > maxItems) result.add(hasTooMany(name, list.length, maxItems, 'items'));
  return result;
}

function validateFields(object: Fields, schema: JSONSchemaProps, name: string, correlation: Correlation | undefined): SchemaResult {
  const result = new SchemaResult();
  const { minProperties, maxProperties, properties = {}, additionalProperties: additional } = schema;
  const keys = Object.keys(object);
  if (minProperties !== undefined && keys.length < minProperties) result.add(fails(name, keys.length, `${name} in body should have at least ${minProperties} properties`));
  if (maxProperties !== undefined && keys.length > maxProperties) result.add(hasTooMany(name, keys.length, maxProperties, 'properties'));
  const values = additionalOf(schema);
  for (const key of keys.sort()) {
    if (Object.hasOwn(properties, key)) continue;
    if (additional === false) result.add(fails(`${name}.${key}`, '', `${name}.${key} in body is a forbidden property`));
    else if (values) result.merge(validateSchema(object[key], values, `${name}.${key}`, correlation?.key(key)));
  }
  for (const [key, property] of sortedEntries(properties)) {
    if (Object.hasOwn(object, key)) result.merge(validateSchema(object[key], property, name === '' ? key : `${name}.${key}`, correlation?.key(key)));
  }
  for (const key of schema.required ?? []) if (!Object.hasOwn(object, key)) result.add(isMissing(`${name}.${key}`));
  return result;
}

/** anyOf, oneOf, allOf and not. */
function junctors(value: unknown, schema: JSONSchemaProps, name: string): SchemaResult {
  const result = new SchemaResult();
  const { anyOf = [], oneOf = [], allOf = [], not } = schema;
  const validate = (one: JSONSchemaProps): SchemaResult => validateSchema(value, one, name);
  if (anyOf.length > 0) {
    const results = anyOf.map(validate);
    const success = results.find(({ valid }) => valid);
    if (!success) result.add(composite(`${quote(name)} must validate at least one schema (anyOf)`));
    result.merge(success ?? nearest(results));
  }
  if (oneOf.length > 0) {
    const results = oneOf.map(validate);
    const good = results.filter(({ valid }) => valid);
    if (good.length === 1) result.merge(good[0] as SchemaResult);
    else {
      const found = good.length === 0 ? 'Found none valid' : `Found ${good.length} valid alternatives`;
      result.add(composite(`${quote(name)} must validate one and only one schema (oneOf). ${found}`));
      if (good.length === 0) result.merge(nearest(results));
    }
  }
  if (allOf.length > 0) {
    const results = allOf.map(validate);
    for (const one of results) result.merge(one);
    const good = results.filter(({ valid }) => valid).length;
    if (good < results.length) result.add(composite(`${quote(name)} must validate all the schemas (allOf)${good === 0 ? '. None validated' : ''}`));
  }
  if (not && validate(not).valid) result.add(composite(`${quote(name)} must not validate the schema (not)`));
  return result;
}

/** The result with the most checks that were made. */
function nearest(results: readonly SchemaResult[]): SchemaResult {
  return results.reduce((best, one) => (one.matches > best.matches ? one : best));
}
