import type { KubeObject } from '../api/object.js';
import { compare } from './compare.js';
import { fieldSetOf } from './field-set.js';
import { fieldTypeOf, TypeProblem } from './field-type.js';
import type { VersionContext } from './ownership.js';
import { PathSet } from './path-set.js';
import { schemaProblems } from './validate.js';
import { canonicalJson, isMap } from './value.js';

/** Where client-side apply keeps what it applied last. */
export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** The manager whose server-side apply takes over from client-side apply. */
export const KUBECTL = 'kubectl';

/** Limit of all annotations of an object together, in bytes. */
const MAX_ANNOTATIONS = 256 * 1024;

/**
 * Fields that kubectl may take without a conflict: those that its client-side apply set, and that still are what it set.
 * Empty where there is no usable annotation.
 */
export function fieldsOfLastApplied(context: VersionContext, live: KubeObject): PathSet {
  const applied = parse(live.metadata.annotations?.[LAST_APPLIED]);
  if (!applied || applied['apiVersion'] !== context.apiVersion) return PathSet.empty;
  const type = fieldTypeOf(context.schema);
  try {
    if (schemaProblems(type, applied) !== undefined) return PathSet.empty;
    const { modified, added, removed } = compare(type, applied, live);
    return fieldSetOf(type, applied).difference(modified).difference(added).difference(removed);
  } catch (error) {
    if (error instanceof TypeProblem) return PathSet.empty;
    throw error;
  }
}

/** The object with the annotation brought up to date, where it has one: kubectl may go back to client-side apply. */
export function withLastApplied(object: KubeObject, applied: KubeObject): KubeObject {
  const annotations = object.metadata.annotations;
  if (!annotations?.[LAST_APPLIED]) return object;
  const value = `${canonicalJson(withoutAnnotation(applied))}\n`;
  if (annotations[LAST_APPLIED] === value) return object;
  const updated: Record<string, string> = { ...annotations, [LAST_APPLIED]: value };
  const size = Object.entries(updated).reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  if (size > MAX_ANNOTATIONS) delete updated[LAST_APPLIED];
  return { ...object, metadata: { ...object.metadata, annotations: updated } };
}

function withoutAnnotation(applied: KubeObject): KubeObject {
  const annotations = applied.metadata?.annotations;
  if (!annotations || !Object.hasOwn(annotations, LAST_APPLIED)) return applied;
  const { [LAST_APPLIED]: _, ...rest } = annotations;
  return { ...applied, metadata: { ...applied.metadata, annotations: rest } };
}

function parse(json: string | undefined): { readonly [key: string]: unknown } | undefined {
  if (!json) return undefined;
  try {
    const value: unknown = JSON.parse(json);
    return isMap(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
