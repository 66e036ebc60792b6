import { deepEqual } from '../../base/freeze.js';
import type { SchemaNode } from '../../schema/node.js';
import { DELETE_FROM_PRIMITIVE_LIST, type JsonMap, PATCH, RETAIN_KEYS, SET_ELEMENT_ORDER } from './directives.js';

/** A strategic merge patch that leads from one object to another, as kubectl makes them. For property tests. */
export function twoWayDiff(original: JsonMap, modified: JsonMap, schema: SchemaNode | undefined, buildRetainKeys = false): JsonMap {
  const patch: JsonMap = {};
  for (const [key, target] of Object.entries(modified)) {
    const field = schema?.property(key) ?? schema?.additional;
    const current = original[key];
    if (!Object.hasOwn(original, key)) patch[key] = target;
    else if (isMap(current) && isMap(target)) {
      const inner = twoWayDiff(current, target, field, field?.patchStrategies.includes('retainKeys'));
      if (Object.keys(inner).length > 0) patch[key] = inner;
    } else if (Array.isArray(current) && Array.isArray(target) && field?.patchStrategies.includes('merge')) diffLists(patch, key, current, target, field);
    else if (!deepEqual(current, target)) patch[key] = target;
  }
  for (const key of Object.keys(original)) if (!Object.hasOwn(modified, key)) patch[key] = null;
  if (buildRetainKeys && Object.keys(patch).length > 0) patch[RETAIN_KEYS] = Object.keys(modified).sort();
  return patch;
}

function diffLists(patch: JsonMap, key: string, original: unknown[], modified: unknown[], field: SchemaNode): void {
  if (deepEqual(original, modified)) return;
  if (original.length === 0) {
    patch[key] = modified;
    return;
  }
  const mergeKey = field.mergeKey;
  if (mergeKey === undefined) {
    const added = modified.filter((item) => !original.includes(item));
    const removed = original.filter((item) => !modified.includes(item));
    if (added.length > 0) patch[key] = added;
    if (removed.length > 0) patch[`${DELETE_FROM_PRIMITIVE_LIST}/${key}`] = removed;
    patch[`${SET_ELEMENT_ORDER}/${key}`] = modified;
    return;
  }
  const items: JsonMap[] = [];
  for (const item of modified as JsonMap[]) {
    const current = (original as JsonMap[]).find((candidate) => candidate[mergeKey] === item[mergeKey]);
    const inner = current ? twoWayDiff(current, item, field.items, field.patchStrategies.includes('retainKeys')) : item;
    if (Object.keys(inner).length > 0) items.push({ ...inner, [mergeKey]: item[mergeKey] });
  }
  for (const item of original as JsonMap[]) {
    if (!(modified as JsonMap[]).some((candidate) => candidate[mergeKey] === item[mergeKey])) items.push({ [PATCH]: 'delete', [mergeKey]: item[mergeKey] });
  }
  if (items.length > 0) patch[key] = items;
  patch[`${SET_ELEMENT_ORDER}/${key}`] = (modified as JsonMap[]).map((item) => ({ [mergeKey]: item[mergeKey] }));
}

function isMap(value: unknown): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
