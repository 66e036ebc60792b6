import type { JSONSchemaProps } from '../../api/types/apiextensions-v1.js';
import { additionalOf, itemsOf } from '../apiextensions/structural.js';
import { schemas } from '../../schema/catalogue.js';
import { lazy } from '../../schema/facts.js';
import { isFields, ownProperty, type Fields } from './json.js';

const OF_RESOURCE: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata']);

/**
 * Takes away what a schema does not know, in place
 * (https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning).
 * Returns the paths of what went, sorted: `spec.items[0].extra`.
 */
export function prune(object: Fields, schema: JSONSchemaProps): string[] {
  const dropped: string[] = [];
  pruneValue(object, { ...schema, 'x-kubernetes-embedded-resource': true }, '', dropped);
  return dropped.sort();
}

const META = lazy(() => schemas().definition('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'));

function pruneMetadata(metadata: unknown, path: string, dropped: string[]): void {
  if (!isFields(metadata)) return;
  for (const key of Object.keys(metadata)) {
    if (META()?.property(key)) continue;
    delete metadata[key];
    dropped.push(join(path, key));
  }
}

const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);

function pruneValue(value: unknown, schema: JSONSchemaProps | undefined, path: string, dropped: string[]): void {
  if (Array.isArray(value)) {
    const items = schema && itemsOf(schema);
    if (schema?.['x-kubernetes-preserve-unknown-fields'] && !items) return;
    value.forEach((item: unknown, i) => pruneValue(item, items, `${path}[${i}]`, dropped));
    return;
  }
  if (!isFields(value)) return;
  const keeps = schema?.['x-kubernetes-preserve-unknown-fields'] ?? false;
  for (const key of Object.keys(value)) {
    if (schema?.['x-kubernetes-embedded-resource'] && OF_RESOURCE.has(key)) {
      // The metadata of the object itself is decoded by its type.
      if (key === 'metadata' && path !== '') pruneMetadata(value[key], join(path, key), dropped);
      continue;
    }
    const property = schema && ownProperty(schema.properties, key);
    if (property) pruneValue(value[key], property, join(path, key), dropped);
    else if (schema?.additionalProperties !== undefined && schema.additionalProperties !== false) pruneValue(value[key], additionalOf(schema), join(path, key), dropped);
    else if (!keeps) {
      delete value[key];
      dropped.push(join(path, key));
    }
  }
}
