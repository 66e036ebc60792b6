import type { SchemaNode } from '../../schema/node.js';
import { badRequest, faultyRequest } from '../../api/errors.js';
import { patchDoesNotApply } from '../errors.js';
import { goFormat, goType } from '../go-format.js';
import { isObject } from '../merge-patch.js';
import { PATCH, type JsonMap } from './directives.js';
import { goKind } from './field-meta.js';
import { type KeyOf, orderList } from './list-order.js';

/** Merges one object into another; handed in, so that lists and objects can live in two files. */
export type MergeMaps = (original: JsonMap, patch: JsonMap, schema: SchemaNode | undefined) => JsonMap;

export interface ListMerge {
  /** Schema of the items. */
  readonly schema: SchemaNode | undefined;
  readonly mergeKey: string;
  readonly mergeMaps: MergeMaps;
}

/** Merges a patch list into a list whose strategy is to merge. */
export function mergeLists(original: readonly unknown[], patch: readonly unknown[], options: ListMerge): unknown[] {
  if (original.length === 0 && patch.length === 0) return [];
  if (elementType(original, patch) !== 'map[string]interface {}') {
    const merged = unique([...original, ...patch]);
    return orderList(merged, patch, original, identity);
  }
  const { mergeKey } = options;
  if (mergeKey === '') throw faultyRequest(`cannot merge lists without merge key for ${goKind(options.schema)}`);
  const { kept, additions, replace } = applyItemDirectives(original as JsonMap[], patch as JsonMap[], mergeKey);
  if (replace) {
    for (const item of kept) keyOrFail(item, mergeKey);
    return kept;
  }
  const merged: JsonMap[] = [...kept];
  for (const item of additions) {
    const key = keyOrFail(item, mergeKey);
    const at = merged.findIndex((candidate) => candidate[mergeKey] === key && Object.hasOwn(candidate, mergeKey));
    if (at >= 0) merged[at] = options.mergeMaps(merged[at] as JsonMap, item, options.schema);
    else merged.push(item);
  }
  for (const item of merged) keyOrFail(item, mergeKey);
  return orderList(merged, additions, kept, keyOf(mergeKey));
}

/** Deletes values of `$deleteFromPrimitiveList` from a list. */
export function deleteFromList(original: readonly unknown[], unwanted: readonly unknown[]): unknown[] {
  if (original.length === 0 && unwanted.length === 0) return [];
  elementType(original, unwanted);
  const gone = new Set(unwanted);
  return original.filter((item) => !gone.has(item));
}

/** Items that go, those that stay, and whether the patch replaces the list; `$patch` items are taken out. */
function applyItemDirectives(original: JsonMap[], patch: JsonMap[], mergeKey: string): { kept: JsonMap[]; additions: JsonMap[]; replace: boolean } {
  let kept = original;
  const additions: JsonMap[] = [];
  let replace = false;
  for (const item of patch) {
    if (!Object.hasOwn(item, PATCH)) {
      additions.push(item);
      continue;
    }
    switch (item[PATCH]) {
      case 'delete': {
        const key = keyOrFail(item, mergeKey);
        kept = kept.filter((candidate) => candidate[mergeKey] !== key);
        break;
      }
      case 'replace':
        replace = true;
        break;
      case 'merge':
        throw faultyRequest('merging lists cannot yet be specified in the patch');
      default:
        throw unknownDirective(item);
    }
  }
  return replace ? { kept: additions, additions: [], replace } : { kept, additions, replace };
}

export function unknownDirective(map: JsonMap): Error {
  const directive = map[PATCH];
  const shown = typeof directive === 'string' || (typeof directive === 'object' && directive !== null) ? goFormat(directive) : directive === null ? '%!s(<nil>)' : `%!s(${goType(directive)}=${goFormat(directive)})`;
  return faultyRequest(`unknown patch type: ${shown} in map: ${goFormat(map)}`);
}

/** Checks that the items which a patch list keeps stand in the order of its `$setElementOrder` list. */
export function checkElementOrder(patch: readonly unknown[], order: readonly unknown[], mergeKey: string): void {
  if (patch.length === 0 || order.length === 0) return;
  const kept = mergeKey === '' ? [...patch] : patch.filter((item) => asMap(item)[PATCH] !== 'delete');
  let at = 0;
  for (let i = 0; at < kept.length && i < order.length; ) {
    const item = kept[at];
    if (isObject(item) && Object.hasOwn(item, PATCH)) {
      at++;
      continue;
    }
    const same = mergeKey === '' ? item === order[i] : keyOrFail(asMap(item), mergeKey) === keyOrFail(asMap(order[i]), mergeKey);
    if (same) at++;
    i++;
  }
  if (at < kept.length) throw faultyRequest(`The order in patch list:\n${goFormat(patch)}\n doesn't match $setElementOrder list:\n${goFormat(order)}\n`);
}

/** Orders a merged list by a `$setElementOrder` list. */
export function orderByElements(merged: readonly unknown[], order: readonly unknown[], original: readonly unknown[], patch: readonly unknown[], mergeKey: string): unknown[] {
  if (mergeKey !== '') {
    for (const item of merged) keyOrFail(asMap(item), mergeKey);
    for (const item of order) if (merged.length > 0 && !isObject(item)) throw faultyRequest(`value for key ${order.indexOf(item)} is not a map`);
  }
  const type = elementType(original, patch);
  if (type === 'map[string]interface {}' && mergeKey !== '' && merged.length > 0) for (const item of order) keyOrFail(asMap(item), mergeKey);
  return orderList(merged, order, original, mergeKey === '' ? identity : keyOf(mergeKey));
}

/** The one type of all items; lists of mixed types and lists of lists are refused. */
function elementType(...lists: ReadonlyArray<readonly unknown[]>): string {
  let type: string | undefined;
  for (const item of lists.flat(1)) {
    const current = goType(item);
    if (type === undefined) {
      if (Array.isArray(item)) throw patchDoesNotApply();
      type = current;
    } else if (type !== current) throw faultyRequest(`list element types are not identical: ${goFormat(lists)}`);
  }
  if (type === undefined) throw faultyRequest('no elements in any of the given slices');
  return type;
}

function keyOrFail(map: JsonMap, mergeKey: string): unknown {
  if (!Object.hasOwn(map, mergeKey)) throw faultyRequest(`map: ${goFormat(map)} does not contain declared merge key: ${mergeKey}`);
  return map[mergeKey];
}

function asMap(item: unknown): JsonMap {
  if (!isObject(item)) throw faultyRequest(`expected a map[string]interface {}, but received a ${goType(item)}`);
  return item;
}

export function asList(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw faultyRequest(`expected a []interface {}, but received a ${goType(value)}`);
  return value as unknown[];
}

/** Drops repeated scalars; the last item takes the place of a repeated one, as in Go. */
function unique(items: unknown[]): unknown[] {
  for (let i = 0; i < items.length; i++) {
    for (let j = i + 1; j < items.length; j++) {
      if (items[i] !== items[j]) continue;
      const last = items.pop();
      if (j < items.length) items[j] = last;
      j--;
    }
  }
  return items;
}

const identity: KeyOf = (item) => item;
const keyOf = (mergeKey: string): KeyOf => (item) => (item as JsonMap)[mergeKey];

export const badElementOrder = (): Error => badRequest('invalid patch format of setElementOrder list');
