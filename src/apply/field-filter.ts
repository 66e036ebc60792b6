import { type Fields, fromEntries, LEAF, node, isMember } from './fields.js';
import { fieldElement, type PathElement } from './path-element.js';
import { PathSet, pathSet } from './path-set.js';

/** Which fields a route may own: what a strategy resets is nobody's through that route (KEP-2155's ResetFields). */
export interface FieldFilter {
  filter(set: PathSet): PathSet;
}

/** Takes away fields and all below them: `excludeFields('status')` for a main route. */
export function excludeFields(...paths: ReadonlyArray<string | readonly string[]>): FieldFilter {
  const excluded = pathSet(...paths);
  return { filter: (set) => (set.isEmpty ? set : set.recursiveDifference(excluded)) };
}

/**
 * Leaves only fields below the given ones; '*' stands for any field or item. For routes that write little, such as
 * `includeFields(['spec', 'containers', '*', 'resources'])` for pods/resize.
 */
export function includeFields(...patterns: ReadonlyArray<readonly string[]>): FieldFilter {
  const split = patterns.map((pattern) => pattern.map((name) => (name === '*' ? name : fieldElement(name))));
  return { filter: (set) => PathSet.of(matching(set.fields, split)) };
}

function matching(fields: Fields, patterns: ReadonlyArray<readonly PathElement[]>): Fields {
  if (patterns.some((pattern) => pattern.length === 0)) return fields;
  const entries: Array<readonly [PathElement, Fields]> = [];
  for (const element of Object.keys(fields)) {
    if (element === '.') continue;
    const rest = patterns.filter((pattern) => pattern[0] === '*' || pattern[0] === element).map((pattern) => pattern.slice(1));
    if (rest.length === 0) continue;
    const below = fields[element] as Fields;
    const kept = matching(below, rest);
    const { '.': _, ...children } = kept as Record<string, Fields>;
    const found = node(isMember(below), Object.keys(children).length > 0 ? children : LEAF);
    if (found) entries.push([element, found]);
  }
  return fromEntries(entries);
}
