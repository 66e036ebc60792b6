import { ApiError, badRequest } from '../../api/errors.js';
import { invalid, Path, type FieldError } from '../../api/field.js';
import type { KubeObject } from '../../api/object.js';
import type { CustomResourceSubresourceScale } from '../../api/types/apiextensions-v1.js';
import type { Strategy } from '../../registry/kind.js';
import type { ObjectSubresource, Projection } from '../../registry/subresource.js';
import { scaleSubresource } from '../common/scale.js';
import { fieldNames, isFields, valueAt, type Fields } from './json.js';

const INT32_MAX = 0x7fffffff;

/** The real server answers with a 500: docs/decisions/no-500-for-bad-input.md. */
const internalError = (message: string): ApiError => new ApiError(400, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });

/** The scale subresource of a custom resource, whose replicas and selector stand where its definition says. */
export function customScale(scale: CustomResourceSubresourceScale, strategy: Strategy): ObjectSubresource {
  const [spec, status] = [fieldNames(scale.specReplicasPath), fieldNames(scale.statusReplicasPath)];
  const selector = scale.labelSelectorPath ? fieldNames(scale.labelSelectorPath) : undefined;
  const generic = scaleSubresource(strategy, {
    replicas(object) {
      const replicas = wholeNumber(object, spec);
      if (replicas === undefined) throw internalError(`the spec replicas field ${JSON.stringify(scale.specReplicasPath)} does not exist`);
      return replicas;
    },
    setReplicas: (object, replicas) => setAt(object as unknown as Fields, spec, replicas),
    current: (object) => wholeNumber(object, status),
    selector(object) {
      const text = selector && valueAt(object, selector);
      if (text === undefined || typeof text === 'string') return text ?? '';
      throw internalError(accessorProblem(selector ?? [], text, 'string'));
    },
  });
  if (!generic.projection) return generic;
  // What may be written is decided by the object's own rules.
  const { gvk, printer } = generic.projection;
  const read: Projection['read'] = (object) => (generic.projection as Projection).read(object);
  const write: Projection['write'] = (object, view) => (generic.projection as Projection).write(object, view);
  return { ...generic, projection: { gvk, read, write, replicasPath: spec, ...(printer ? { printer } : {}) } };
}

function wholeNumber(object: KubeObject, path: readonly string[]): number | undefined {
  const value = valueAt(object, path);
  if (value === undefined || (typeof value === 'number' && Number.isInteger(value))) return value;
  throw internalError(accessorProblem(path, value, 'int64'));
}

function setAt(object: Fields, path: readonly string[], value: number): void {
  let place = object;
  for (const name of path.slice(0, -1)) {
    const next = Object.hasOwn(place, name) ? place[name] : (place[name] = {});
    if (!isFields(next)) throw badRequest(`value cannot be set because .${path.join('.')} is not a map[string]interface{}`);
    place = next;
  }
  place[path.at(-1) ?? ''] = value;
}

const GO_TYPES: Readonly<Record<string, string>> = { string: 'string', boolean: 'bool', object: 'map[string]interface {}' };

function goType(value: unknown): string {
  if (value === null) return '<nil>';
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return GO_TYPES[typeof value] ?? typeof value;
}

const accessorProblem = (path: readonly string[], value: unknown, wanted: string): string => `.${path.join('.')} accessor error: ${goText(value)} is of the type ${goType(value)}, expected ${wanted}`;

/** A value as Go's %v prints it. */
function goText(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (isFields(value)) return `map[${Object.keys(value).sort().map((key) => `${key}:${goText(value[key])}`).join(' ')}]`;
  return String(value as string | number | boolean);
}

/** What the paths of a scale subresource lead to must be counts, and a text. */
export function scaleErrors(object: KubeObject, scale: CustomResourceSubresourceScale | undefined, ofStatus: boolean): FieldError[] {
  if (!scale) return [];
  const errors = ofStatus ? [] : countErrors(object, scale.specReplicasPath);
  errors.push(...countErrors(object, scale.statusReplicasPath));
  const { labelSelectorPath: path } = scale;
  const selector = path ? valueAt(object, fieldNames(path)) : undefined;
  if (path && selector !== undefined && typeof selector !== 'string') errors.push(invalid(Path.of(path), '', accessorProblem(fieldNames(path), selector, 'string')));
  return errors;
}

function countErrors(object: KubeObject, path: string): FieldError[] {
  const value = valueAt(object, fieldNames(path));
  const at = Path.of(path);
  if (value === undefined) return [];
  if (typeof value !== 'number' || !Number.isInteger(value)) return [invalid(at, 0, accessorProblem(fieldNames(path), value, 'int64'))];
  if (value < 0) return [invalid(at, value, 'should be a non-negative integer')];
  return value > INT32_MAX ? [invalid(at, value, `should be less than or equal to ${INT32_MAX}`)] : [];
}
