import { invalid, type Path, required, type FieldError } from '../../api/field.js';
import { isDns1035Label, nameIsPathSegment } from '../../api/names.js';
import type { KubeObject } from '../../api/object.js';
import type { JSONSchemaProps } from '../../api/types/apiextensions-v1.js';
import { metadataErrors } from '../../registry/metadata.js';
import { additionalOf, itemsOf } from '../apiextensions/structural.js';
import { isFields, ownProperty, type Fields } from './json.js';

/** Errors of whole objects that stand within others (x-kubernetes-embedded-resource). */
export function embeddedErrors(value: unknown, schema: JSONSchemaProps | undefined, path: Path): FieldError[] {
  if (!schema) return [];
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    return value.flatMap((item: unknown, i) => embeddedErrors(item, items, path.index(i)));
  }
  if (!isFields(value)) return [];
  const own = schema['x-kubernetes-embedded-resource'] ? resourceErrors(value, path) : [];
  const additional = additionalOf(schema);
  const nested = Object.keys(value).sort().flatMap((key) => {
    const property = ownProperty(schema.properties, key);
    return property ? embeddedErrors(value[key], property, path.child(key)) : embeddedErrors(value[key], additional, path.key(key));
  });
  return [...own, ...nested];
}

function resourceErrors(object: Fields, path: Path): FieldError[] {
  const errors = ['apiVersion', 'kind'].filter((name) => !Object.hasOwn(object, name)).map((name) => required(path.child(name)));
  const { apiVersion, kind, metadata } = object;
  if (Object.hasOwn(object, 'apiVersion')) {
    if (typeof apiVersion !== 'string') errors.push(invalid(path.child('apiVersion'), apiVersion, 'must be a string'));
    else if (apiVersion === '') errors.push(invalid(path.child('apiVersion'), apiVersion, 'must not be empty'));
    else if (apiVersion.split('/').length > 2) errors.push(invalid(path.child('apiVersion'), apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
  }
  if (Object.hasOwn(object, 'kind')) {
    if (typeof kind !== 'string') errors.push(invalid(path.child('kind'), kind, 'must be a string'));
    else if (kind === '') errors.push(invalid(path.child('kind'), kind, 'must not be empty'));
    else {
      const problems = isDns1035Label(kind.toLowerCase());
      if (problems.length > 0) errors.push(invalid(path.child('kind'), kind, `may have mixed case, but should otherwise match: ${problems.join(',')}`));
    }
  }
  if (!isFields(metadata)) return errors;
  const named = { ...object, metadata: { name: 'fakename', ...metadata } } as unknown as KubeObject;
  const namespaced = typeof metadata['namespace'] === 'string' && metadata['namespace'] !== '';
  return [...errors, ...metadataErrors(named, namespaced, nameIsPathSegment).map((error) => ({ ...error, field: `${String(path)}.${error.field}` }))];
}
