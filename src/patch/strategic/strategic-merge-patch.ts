import { badRequest } from '../../api/errors.js';
import { deepClone } from '../../base/freeze.js';
import type { SchemaNode } from '../../schema/node.js';
import { goFormat, goType } from '../go-format.js';
import { setKey } from '../json-text.js';
import { isObject } from '../merge-patch.js';
import { DELETE_FROM_PRIMITIVE_LIST, discardNulls, type JsonMap, PATCH, RETAIN_KEYS, SET_ELEMENT_ORDER, withoutDirectives } from './directives.js';
import { listField, objectField } from './field-meta.js';
import { asList, badElementOrder, checkElementOrder, deleteFromList, mergeLists, orderByElements, unknownDirective } from './merge-list.js';

export interface StrategicMerge<T> {
  readonly object: T;
  /**
   * The patch as errors about the result show it (`%+v` in Go): what the merge has used up is gone from it,
   * because Go's merge takes its patch apart.
   */
  readonly patchText: () => string;
}

/**
 * Strategic merge patch: maps merge, lists merge by the keys of the schema or are replaced, directives say otherwise.
 * Neither argument is changed; what the patch does not touch is shared with the result. The result has the values as
 * patched, of whatever type: decoding it is the caller's part. Throws ApiError with the server's texts.
 * https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md
 */
export function strategicMergePatch<T extends object>(document: T, patch: object, schema: SchemaNode): T {
  return strategicMerge(document, patch, schema).object;
}

/** As strategicMergePatch, with the text of the patch for later errors. */
export function strategicMerge<T extends object>(document: T, patch: object, schema: SchemaNode): StrategicMerge<T> {
  const rest = deepClone(patch) as JsonMap;
  const object = mergeMaps(document as JsonMap, rest, schema) as T;
  return { object, patchText: () => goFormat(rest) };
}

/** Merges `patch`, which is taken apart, into a copy of `original`. */
function mergeMaps(original: JsonMap, patch: JsonMap, schema: SchemaNode | undefined): JsonMap {
  if (Object.hasOwn(patch, PATCH)) return replaced(patch);
  const result = { ...original };
  retainKeys(result, patch);
  mergeOrderedLists(result, patch, schema);
  for (const key of Object.keys(patch)) {
    if (key.startsWith(DELETE_FROM_PRIMITIVE_LIST)) deleteListItems(result, key, patch[key], schema);
    else mergeField(result, key, patch[key], schema);
  }
  return result;
}

/** `$patch: replace` takes the patch as it is, `$patch: delete` leaves nothing. */
function replaced(patch: JsonMap): JsonMap {
  if (patch[PATCH] === 'delete') return {};
  if (patch[PATCH] !== 'replace') throw unknownDirective(patch);
  delete patch[PATCH];
  return patch;
}

function mergeField(result: JsonMap, key: string, value: unknown, schema: SchemaNode | undefined): void {
  if (value === null) {
    delete result[key];
    return;
  }
  const current = Object.hasOwn(result, key) ? result[key] : undefined;
  if (current === undefined || goType(current) !== goType(value)) {
    discardNulls(value);
    return keep(result, key, value);
  }
  if (isObject(current)) {
    const field = objectField(schema, key);
    setKey(result, key, field.strategy === 'replace' ? value : mergeMaps(current, value as JsonMap, field.schema));
  } else if (Array.isArray(current)) {
    setKey(result, key, mergeList(current, value as unknown[], key, schema));
  } else {
    keep(result, key, value);
  }
}

function keep(result: JsonMap, key: string, value: unknown): void {
  const clean = withoutDirectives(value);
  if (clean === undefined) delete result[key];
  else setKey(result, key, clean);
}

function mergeList(current: unknown[], patch: unknown[], key: string, schema: SchemaNode | undefined): unknown[] {
  const field = listField(schema, key);
  return field.strategy === 'merge' ? mergeLists(current, patch, { ...field, mergeMaps }) : patch;
}

function deleteListItems(result: JsonMap, directive: string, value: unknown, schema: SchemaNode | undefined): void {
  const key = directiveKey(directive, DELETE_FROM_PRIMITIVE_LIST, () => badRequest('invalid patch format of primitive list'));
  if (value === null) {
    delete result[key];
    return;
  }
  const current = Object.hasOwn(result, key) ? result[key] : undefined;
  if (current === undefined || goType(current) !== goType(value)) return;
  if (Array.isArray(current)) {
    const field = listField(schema, key);
    const itemsAreMaps = [...current, ...(value as unknown[])].some(isObject);
    setKey(result, key, itemsAreMaps ? mergeLists(current, value as unknown[], { ...field, mergeMaps }) : deleteFromList(current, value as unknown[]));
  } else mergeField(result, key, value, schema);
}

/** Merges the lists that a `$setElementOrder` directive speaks of, and takes both out of the patch. */
function mergeOrderedLists(result: JsonMap, patch: JsonMap, schema: SchemaNode | undefined): void {
  for (const directive of Object.keys(patch)) {
    if (!directive.startsWith(SET_ELEMENT_ORDER)) continue;
    const order = asList(patch[directive]);
    delete patch[directive];
    const key = directiveKey(directive, SET_ELEMENT_ORDER, badElementOrder);
    const original = Object.hasOwn(result, key) ? asList(result[key]) : undefined;
    const changes = Object.hasOwn(patch, key) ? asList(patch[key]) : undefined;
    const { mergeKey } = listField(schema, key);
    checkElementOrder(changes ?? [], order, mergeKey);
    if (!original && !changes) continue;
    const merged = !changes ? (original ?? []) : !original ? (withoutDirectives(changes) as unknown[]) : mergeList(original, changes, key, schema);
    setKey(result, key, orderByElements(merged, order, original ?? [], changes ?? [], mergeKey));
    delete patch[key];
  }
}

/** Applies `$retainKeys`: what it does not list is cleared, and the patch may set nothing else. */
function retainKeys(result: JsonMap, patch: JsonMap): void {
  if (!Object.hasOwn(patch, RETAIN_KEYS)) return;
  const listed = patch[RETAIN_KEYS];
  delete patch[RETAIN_KEYS];
  if (!Array.isArray(listed)) throw badRetainKeys();
  const retained = new Set<unknown>(listed);
  for (const [key, value] of Object.entries(patch)) {
    const isDirective = key.startsWith(DELETE_FROM_PRIMITIVE_LIST) || key.startsWith(SET_ELEMENT_ORDER);
    if (value !== null && !isDirective && !retained.has(key)) throw badRetainKeys();
  }
  for (const key of Object.keys(result)) if (!retained.has(key)) delete result[key];
}

const badRetainKeys = (): Error => badRequest('invalid patch format of retainKeys');

/** The field in `$directive/field`. */
function directiveKey(text: string, directive: string, failure: () => Error): string {
  const slash = text.indexOf('/');
  if (slash < 0 || text.slice(0, slash) !== directive) throw failure();
  return text.slice(slash + 1);
}
