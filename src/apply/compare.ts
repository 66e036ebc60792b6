import { deepEqual } from '../base/freeze.js';
import { markOf } from '../base/nil.js';
import type { FieldPlace, FieldType } from './field-type.js';
import { type Fields, fromEntries, LEAF, node } from './fields.js';
import type { PathElement } from './path-element.js';
import { PathSet } from './path-set.js';
import { isMap, type JsonMap, own } from './value.js';

/** Which paths differ between two objects; no path is in two of the sets. */
export interface Comparison {
  readonly removed: PathSet;
  readonly modified: PathSet;
  readonly added: PathSet;
}

export const SAME: Comparison = { removed: PathSet.empty, modified: PathSet.empty, added: PathSet.empty };

/**
 * Compares two objects of one type. Lists may have duplicate items. Absent is undefined; parts that are the same
 * object on both sides are not looked into. Throws TypeProblem where items of a list cannot be told apart.
 */
export function compare(type: FieldType, before: unknown, after: unknown): Comparison {
  const difference = compareValue(type, before, after);
  if (!difference) return SAME;
  return { removed: setOf(difference.removed), modified: setOf(difference.modified), added: setOf(difference.added) };
}

function setOf(fields: Fields | undefined): PathSet {
  return fields ? PathSet.of(fields) : PathSet.empty;
}

/** Nodes of the three sets at one place; undefined where nothing of the set is there or below. */
interface Difference {
  readonly removed: Fields | undefined;
  readonly modified: Fields | undefined;
  readonly added: Fields | undefined;
}

const REMOVED: Difference = { removed: LEAF, modified: undefined, added: undefined };
const MODIFIED: Difference = { removed: undefined, modified: LEAF, added: undefined };
const ADDED: Difference = { removed: undefined, modified: undefined, added: LEAF };

function compareValue(type: FieldType, before: unknown, given: unknown): Difference | undefined {
  if (before === given) return undefined;
  const after = orNull(given);
  switch (type.shape) {
    case 'leaf':
      return compareLeaf(before, after);
    case 'map':
      return compareMaps(type, before, after);
    case 'deduced':
      return compareDeduced(type, before, after);
    default:
      return compareLists(type, before, after);
  }
}

/** What was decoded has an empty list or map where Go has nil; what is stored has null there. */
const orNull = (value: unknown): unknown => (markOf(value) === 'nil' ? null : value);

/** An empty list or map that was decoded counts for nothing where Go does not print it. */
const isAbsent = (value: unknown): boolean => value === undefined || markOf(value) === 'unprinted';

function compareLeaf(before: unknown, after: unknown): Difference | undefined {
  if (before === undefined) return ADDED;
  if (after === undefined) return REMOVED;
  return deepEqual(before, after) ? undefined : MODIFIED;
}

/** Without a schema the values say what they are; a change between map and something else touches both. */
function compareDeduced(type: FieldType, before: unknown, after: unknown): Difference | undefined {
  const wasMap = isMap(before);
  const becomesMap = isMap(after);
  if (!wasMap && !becomesMap) return compareLeaf(before, after);
  if (wasMap === becomesMap || before === undefined || after === undefined || before === null || after === null) return compareMaps(type, before, after);
  const below = wasMap ? compareMaps(type, before, null) : compareMaps(type, null, after);
  return { removed: below?.removed, modified: LEAF, added: below?.added };
}

function compareMaps(type: FieldType, before: unknown, after: unknown): Difference | undefined {
  const left = isMap(before) ? before : undefined;
  const right = isMap(after) ? after : undefined;
  if (isEmpty(type, left) && isEmpty(type, right)) return compareLeaf(before, after);
  // Made where something differs: most places do not.
  let found: Collector | undefined;
  for (const key in right) {
    const value = right[key];
    if (isAbsent(value)) continue;
    const current = own(left, key);
    if (current === value) continue;
    const place = type.place(key);
    const difference = compareValue(place.type, valueOrZero(left, place, current), value);
    if (difference) (found ??= new Collector()).add(place.element, difference);
  }
  for (const key in left) {
    if (!isAbsent(own(right, key))) continue;
    const value = left[key];
    if (isAbsent(value)) continue;
    const place = type.place(key);
    const difference = compareValue(place.type, value, valueOrZero(right, place, undefined));
    if (difference) (found ??= new Collector()).add(place.element, difference);
  }
  if ((left === undefined) !== (right === undefined)) {
    found ??= new Collector();
    if (type.zero) compareZero(type, left, right, found);
  }
  return found?.result(before, after);
}

/** Fields that a type always has are there in an object that leaves them out, but not where there is no object. */
function valueOrZero(map: JsonMap | undefined, place: FieldPlace, value: unknown): unknown {
  return value === undefined && map ? place.zero : value;
}

/** One side has no object: fields that the other leaves out but always has come or go with it. */
function compareZero(type: FieldType, left: JsonMap | undefined, right: JsonMap | undefined, found: Collector): void {
  const present = left ?? right;
  for (const key in type.zero) {
    if (own(present, key) !== undefined) continue;
    const place = type.place(key);
    found.add(place.element, left ? compareValue(place.type, place.zero, undefined) : compareValue(place.type, undefined, place.zero));
  }
}

function isEmpty(type: FieldType, map: JsonMap | undefined): boolean {
  if (!map) return true;
  if (type.zero) return false;
  for (const key in map) if (map[key] !== undefined) return false;
  return true;
}

function compareLists(type: FieldType, before: unknown, after: unknown): Difference | undefined {
  const left = Array.isArray(before) ? (before as unknown[]) : [];
  const right = Array.isArray(after) ? (after as unknown[]) : [];
  if (left.length === 0 && right.length === 0) return compareLeaf(before, after);
  const aligned = compareAligned(type, left, right);
  if (aligned !== UNALIGNED) return aligned;
  const found = new Collector();
  const old = itemsByElement(type, left);
  const current = itemsByElement(type, right);
  for (const [element, items] of old) compareItems(type, element, items, current.get(element) ?? NONE, found);
  for (const [element, items] of current) if (!old.has(element)) compareItems(type, element, NONE, items, found);
  return found.result(before, after);
}

const NONE: readonly unknown[] = [];
const UNALIGNED = Symbol('unaligned');

/** The usual case, without naming items that did not change: the same items in the same order, none of them twice. */
function compareAligned(type: FieldType, left: readonly unknown[], right: readonly unknown[]): Difference | undefined | typeof UNALIGNED {
  if (left.length !== right.length) return UNALIGNED;
  for (let i = 0; i < left.length; i++) if (!type.sameItem(left[i], right[i])) return UNALIGNED;
  let found: Collector | undefined;
  for (let i = 0; i < left.length; i++) {
    const difference = compareValue(type.element, left[i], right[i]);
    if (!difference) continue;
    if (left.some((other, j) => j !== i && type.sameItem(left[i], other))) return UNALIGNED;
    (found ??= new Collector()).add(type.itemElement(left[i]), difference);
  }
  return found?.result(left, right);
}

function itemsByElement(type: FieldType, items: readonly unknown[]): Map<PathElement, unknown[]> {
  const found = new Map<PathElement, unknown[]>();
  for (const item of items) {
    const element = type.itemElement(item);
    const same = found.get(element);
    if (same) same.push(item);
    else found.set(element, [item]);
  }
  return found;
}

/** Duplicates are compared as one thing; where they appear or vanish the single item goes or comes. */
function compareItems(type: FieldType, element: PathElement, old: readonly unknown[], current: readonly unknown[], found: Collector): void {
  if (old.length <= 1 && current.length <= 1) found.add(element, compareValue(type.element, old[0], current[0]));
  else if (old.length >= 2 && current.length >= 2) found.add(element, deepEqual(old, current) ? undefined : MODIFIED);
  else if (old.length >= 2) found.add(element, merge(current.length > 0 ? compareValue(type.element, undefined, current[0]) : undefined, REMOVED));
  else found.add(element, merge(old.length > 0 ? compareValue(type.element, old[0], undefined) : undefined, ADDED));
}

function merge(difference: Difference | undefined, marker: Difference): Difference {
  if (!difference) return marker;
  const both = (fields: Fields | undefined, mark: Fields | undefined): Fields | undefined => (mark ? (node(true, fields ?? LEAF) ?? LEAF) : fields);
  return { removed: both(difference.removed, marker.removed), modified: difference.modified, added: both(difference.added, marker.added) };
}

type Entry = readonly [PathElement, Fields];

/** Gathers the differences below one place. */
class Collector {
  private removed: Entry[] | undefined;
  private modified: Entry[] | undefined;
  private added: Entry[] | undefined;

  add(element: PathElement, difference: Difference | undefined): void {
    if (!difference) return;
    if (difference.removed) (this.removed ??= []).push([element, difference.removed]);
    if (difference.modified) (this.modified ??= []).push([element, difference.modified]);
    if (difference.added) (this.added ??= []).push([element, difference.added]);
  }

  /** The place itself is added or removed when one side has nothing there. */
  result(before: unknown, after: unknown): Difference | undefined {
    const isNew = before === undefined;
    const isGone = after === undefined;
    if (!this.removed && !this.modified && !this.added && !isNew && !isGone) return undefined;
    return {
      removed: node(isGone, this.removed ? fromEntries(this.removed) : LEAF),
      modified: this.modified && fromEntries(this.modified),
      added: node(isNew, this.added ? fromEntries(this.added) : LEAF),
    };
  }
}
