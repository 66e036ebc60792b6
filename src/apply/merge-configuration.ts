import type { KubeObject } from '../api/object.js';
import type { SchemaNode } from '../schema/node.js';
import { type FieldType, fieldTypeOf, TypeProblem } from './field-type.js';
import { mergeInto } from './merge.js';
import { schemaProblems } from './validate.js';
import { isMap } from './value.js';

/**
 * An object with a configuration merged into it, without anybody owning anything: what MutatingAdmissionPolicies do. Throws an Error
 * with the real server's text for a configuration that its schema refuses, or that would replace what is only changed as a whole.
 */
export function mergeConfiguration(schema: SchemaNode | undefined, object: KubeObject, configuration: object): KubeObject {
  const type = fieldTypeOf(schema);
  const problems = schemaProblems(type, configuration);
  if (problems !== undefined) throw new Error(`failed to convert patch object to typed object: ${problems}`);
  const atomic = atomicPlaces(type, configuration, '');
  if (atomic.length > 0) throw new Error(`invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${atomic.join(', ')}`);
  try {
    return mergeInto(type, object, configuration) as KubeObject;
  } catch (error) {
    if (error instanceof TypeProblem) throw new Error(`failed to merge patch: ${error.message}`, { cause: error });
    throw error;
  }
}

function atomicPlaces(type: FieldType, value: unknown, path: string): string[] {
  if (isMap(value)) {
    const below = Object.keys(value).flatMap((key) => atomicPlaces(type.place(key).type, value[key], `${path}.${key}`));
    return type.shape === 'leaf' ? [path, ...below] : below;
  }
  if (!Array.isArray(value)) return [];
  const below = value.flatMap((item, i) => atomicPlaces(type.element, item, `${path}[${i}]`));
  return type.shape === 'leaf' || type.shape === 'deduced' ? [path, ...below] : below;
}
