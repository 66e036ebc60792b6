/**
 * Marks of empty lists and maps. Code likes what always prints to be empty rather than null, and some rules tell an empty
 * list that a client sent from none; who compares objects as Go does (managed fields) must still know what Go would see:
 * - nil: the field always prints, and nothing was sent for it;
 * - unprinted: an empty value was sent for a field that does not print when it is empty.
 * Copies keep a mark; it counts only as long as the value is empty.
 */
type Mark = 'nil' | 'unprinted';

const marks = new WeakMap<object, Mark>();

export function nilList(): unknown[] {
  const list: unknown[] = [];
  marks.set(list, 'nil');
  return list;
}

export function nilMap(): Record<string, unknown> {
  const map = {};
  marks.set(map, 'nil');
  return map;
}

/** Marks an empty value as one that does not print, and returns it. */
export function unprinted<T extends object>(empty: T): T {
  marks.set(empty, 'unprinted');
  return empty;
}

export function markOf(value: unknown): Mark | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const mark = marks.get(value);
  if (!mark) return undefined;
  if (Array.isArray(value)) return value.length === 0 ? mark : undefined;
  for (const _ in value) return undefined;
  return mark;
}

/** An empty value with the mark of another. */
export function marked<T extends object>(empty: T, like: object): T {
  const mark = marks.get(like);
  if (mark) marks.set(empty, mark);
  return empty;
}
