import { markOf } from '../base/nil.js';
import type { PathSet } from './path-set.js';

interface Known {
  readonly outline: unknown;
  readonly set: PathSet;
}

/** Outlines that are remembered of a kind; the one not seen the longest gives way. */
const MAX_KNOWN = 8;

/** No value in a list can be taken for one. */
const MARKS = { nil: Symbol('nil'), unprinted: Symbol('unprinted'), none: undefined };

const byKind = new WeakMap<object, Known[]>();

/**
 * The fields of a new object, computed by `fields` unless an object of the same outline came by lately: those of one
 * template differ in names and values, which no field set has in it.
 * @param kind what else decides which fields an object has; undefined: nothing is remembered
 */
export function fieldsOfNew(kind: object | undefined, object: object, fields: () => PathSet): PathSet {
  if (!kind) return fields();
  let known = byKind.get(kind);
  if (!known) byKind.set(kind, (known = []));
  for (let i = 0; i < known.length; i++) {
    const candidate = known[i] as Known;
    if (!hasOutline(object, candidate.outline)) continue;
    if (i > 0) known.splice(0, 0, ...known.splice(i, 1));
    return candidate.set;
  }
  const set = fields();
  known.unshift({ outline: outlineOf(object), set });
  if (known.length > MAX_KNOWN) known.pop();
  return set;
}

/**
 * What decides which fields an object has: its keys all the way down, and lists, whose items may be known by their
 * values. Of what is empty it is its mark: to Go it may be nothing at all.
 */
function outlineOf(value: unknown, exact = false): unknown {
  if (typeof value !== 'object' || value === null) return value === null || value === undefined || exact ? value : true;
  const mark = markOf(value);
  if (mark) return MARKS[mark];
  if (Array.isArray(value)) return value.map((item) => outlineOf(item, true));
  const outline: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const key in value) outline[key] = outlineOf((value as Record<string, unknown>)[key], exact);
  return outline;
}

function hasOutline(value: unknown, outline: unknown, exact = false): boolean {
  if (typeof value !== 'object' || value === null) return outline === (value === null || value === undefined || exact ? value : true);
  if (typeof outline !== 'object' || outline === null) return typeof outline === 'symbol' && outline === MARKS[markOf(value) ?? 'none'];
  if (markOf(value)) return false;
  if (Array.isArray(value)) return Array.isArray(outline) && value.length === outline.length && value.every((item, i) => hasOutline(item, outline[i], true));
  if (Array.isArray(outline)) return false;
  let left = 0;
  for (const _ in outline) left++;
  for (const key in value) {
    if (!(key in outline) || !hasOutline((value as Record<string, unknown>)[key], (outline as Record<string, unknown>)[key], exact)) return false;
    left--;
  }
  return left === 0;
}
