import { compareElements, parseElement, type Path, type PathElement } from './path-element.js';

/**
 * A set of paths as FieldsV1 writes it, canonical and never changed: every key is a path element, its value the paths
 * below. `{}` says "this path", a key '.' beside others "this path too". Keys stand in the order of compareElements.
 * Working on the wire form itself means that nothing is decoded or encoded, and that what does not change is shared.
 */
export interface Fields {
  readonly [element: PathElement]: Fields;
}

/** A path without paths below it; at the top the empty set. */
export const LEAF: Fields = Object.freeze({});

const SELF = '.';

export function isLeaf(fields: Fields): boolean {
  for (const _ in fields) return false;
  return true;
}

/** Whether the path itself belongs to the set, whatever is below. */
export function isMember(fields: Fields): boolean {
  return SELF in fields || isLeaf(fields);
}

export function hasPath(fields: Fields, path: Path): boolean {
  let node: Fields | undefined = fields;
  for (const element of path) {
    node = node[element];
    if (!node) return false;
  }
  return path.length > 0 && isMember(node);
}

/** Calls `visit` for each path: those of one level first, then what is below, as Go iterates. */
export function eachPath(fields: Fields, visit: (path: Path) => void, prefix: Path = []): void {
  const elements = Object.keys(fields).filter((element) => element !== SELF);
  for (const element of elements) if (isMember(fields[element] as Fields)) visit([...prefix, element]);
  for (const element of elements) {
    const below = fields[element] as Fields;
    if (!isLeaf(below)) eachPath(below, visit, [...prefix, element]);
  }
}

export function equalFields(a: Fields, b: Fields): boolean {
  if (a === b) return true;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => {
    const other = b[key];
    return other !== undefined && equalFields(a[key] as Fields, other);
  });
}

/** A node from its parts; undefined when nothing is left of it. `below` holds children in canonical order. */
export function node(member: boolean, below: Fields): Fields | undefined {
  if (isLeaf(below)) return member ? LEAF : undefined;
  return member ? { [SELF]: LEAF, ...below } : below;
}

/** Children in canonical order. */
export function fromEntries(entries: Array<readonly [PathElement, Fields]>): Fields {
  if (entries.length === 0) return LEAF;
  order(entries);
  const fields: Record<PathElement, Fields> = {};
  for (const [element, below] of entries) fields[element] = below;
  return fields;
}

/** Insertion sort: there are few entries, and they are made often. */
function order(entries: Array<readonly [PathElement, Fields]>): void {
  if (entries.length > 30) {
    entries.sort(([a], [b]) => compareElements(a, b));
    return;
  }
  for (let i = 1; i < entries.length; i++) {
    const entry = entries[i] as readonly [PathElement, Fields];
    let place = i;
    for (; place > 0; place--) {
      const before = entries[place - 1] as readonly [PathElement, Fields];
      if (compareElements(before[0], entry[0]) <= 0) break;
      entries[place] = before;
    }
    entries[place] = entry;
  }
}

/** Paths of either set; returns `a` itself where `b` adds nothing. */
export function union(a: Fields, b: Fields): Fields {
  if (a === b || isLeaf(b)) return a;
  if (isLeaf(a)) return b;
  return unionBelow(a, b);
}

function unionNode(a: Fields, b: Fields): Fields {
  if (a === b) return a;
  if (isLeaf(a)) return withSelf(b);
  if (isLeaf(b)) return withSelf(a);
  const below = unionBelow(a, b);
  return SELF in b ? withSelf(below) : below;
}

function unionBelow(a: Fields, b: Fields): Fields {
  let replaced: Record<PathElement, Fields> | undefined;
  let added: PathElement[] | undefined;
  for (const element in b) {
    if (element === SELF) continue;
    const mine = a[element];
    const theirs = b[element] as Fields;
    if (!mine) (added ??= []).push(element);
    else {
      const both = unionNode(mine, theirs);
      if (both !== mine) (replaced ??= {})[element] = both;
    }
  }
  if (!added) return replaced ? { ...a, ...replaced } : a;
  const result: Record<PathElement, Fields> = {};
  let next = 0;
  for (const element in a) {
    if (element !== SELF) {
      while (next < added.length && compareElements(added[next] as string, element) < 0) {
        const before = added[next++] as string;
        result[before] = b[before] as Fields;
      }
    }
    result[element] = replaced?.[element] ?? (a[element] as Fields);
  }
  for (; next < added.length; next++) {
    const after = added[next] as string;
    result[after] = b[after] as Fields;
  }
  return result;
}

function withSelf(fields: Fields): Fields {
  return isMember(fields) ? fields : { [SELF]: LEAF, ...fields };
}

/** Paths of `a` that are not in `b`; what is below a path of `b` stays. Returns `a` itself where nothing goes. */
export function difference(a: Fields, b: Fields): Fields {
  return without(a, b, differenceNode) ?? LEAF;
}

/** Paths of `a` that are neither in `b` nor below a path of `b`. */
export function recursiveDifference(a: Fields, b: Fields): Fields {
  return without(a, b, recursiveDifferenceNode) ?? LEAF;
}

type NodeDifference = (a: Fields, b: Fields) => Fields | undefined;

const differenceNode: NodeDifference = (a, b) => {
  if (isLeaf(a)) return isMember(b) ? undefined : a;
  const below = without(a, b, differenceNode);
  if (!(SELF in a) || !isMember(b)) return below;
  if (!below || isLeaf(below)) return undefined;
  const { [SELF]: _, ...rest } = below;
  return isLeaf(rest) ? undefined : rest;
};

const recursiveDifferenceNode: NodeDifference = (a, b) => (isMember(b) ? undefined : isLeaf(a) ? a : without(a, b, recursiveDifferenceNode));

/** `a` less the children that `rule` takes away; a node that only has itself left is a leaf, one with nothing undefined. */
function without(a: Fields, b: Fields, rule: NodeDifference): Fields | undefined {
  let changed: Map<PathElement, Fields | undefined> | undefined;
  for (const element in b) {
    if (element === SELF) continue;
    const mine = a[element];
    if (!mine) continue;
    const left = rule(mine, b[element] as Fields);
    if (left !== mine) (changed ??= new Map()).set(element, left);
  }
  if (!changed) return a;
  const result: Record<PathElement, Fields> = {};
  let some = false;
  for (const element in a) {
    const left = changed.has(element) ? changed.get(element) : a[element];
    if (!left) continue;
    result[element] = left;
    some ||= element !== SELF;
  }
  if (some) return result;
  return SELF in a ? LEAF : undefined;
}

/** Paths of both sets. */
export function intersection(a: Fields, b: Fields): Fields {
  if (a === b) return a;
  const result: Record<PathElement, Fields> = {};
  for (const element in b) {
    if (element === SELF) continue;
    const mine = a[element];
    const both = mine && intersectionNode(mine, b[element] as Fields);
    if (both) result[element] = both;
  }
  return result;
}

function intersectionNode(a: Fields, b: Fields): Fields | undefined {
  return node(isMember(a) && isMember(b), isLeaf(a) || isLeaf(b) ? LEAF : intersection(a, b));
}

/** The canonical form of a whole set: a '.' at its top says nothing. */
export function canonicalSet(input: unknown): Fields {
  const fields = canonicalFields(input);
  if (!(SELF in fields)) return fields;
  const { [SELF]: _, ...rest } = fields;
  return rest;
}

/**
 * The canonical form of fields that came from outside; the very same object where it is canonical already.
 * Steps of unknown kinds are dropped, malformed ones throw an Error.
 */
function canonicalFields(input: unknown): Fields {
  if (input === null || input === undefined) return LEAF;
  if (typeof input !== 'object' || Array.isArray(input)) throw new Error('ReadMapCB: expect { or n');
  const fields = input as Record<string, unknown>;
  let canonical = true;
  let last: PathElement | undefined;
  const entries: Array<readonly [PathElement, Fields]> = [];
  for (const key in fields) {
    if (key === SELF) {
      canonical &&= last === undefined && typeof fields[key] === 'object' && fields[key] !== null;
      continue;
    }
    const element = parseElement(key);
    const below = element === undefined ? undefined : canonicalFields(fields[key]);
    if (element === undefined || below === undefined) {
      canonical = false;
      continue;
    }
    canonical &&= element === key && below === fields[key] && (last === undefined || compareElements(last, element) < 0);
    last = element;
    entries.push([element, below]);
  }
  if (canonical && !(SELF in fields && entries.length === 0)) return input as Fields;
  const below = fromEntries(entries);
  return node(SELF in fields, below) ?? LEAF;
}
