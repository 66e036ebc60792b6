const nils = new WeakSet<object>();

/**
 * Empty lists and maps that stand for Go's nil. Code likes what always prints to be empty rather than null; who compares
 * what a client sent (managed fields) or prints it as Go does must still tell `rules: []` from no rules at all.
 * Copies keep the mark; it counts only as long as the value is empty.
 */
export function nilList(): unknown[] {
  const list: unknown[] = [];
  nils.add(list);
  return list;
}

export function nilMap(): Record<string, unknown> {
  const map = {};
  nils.add(map);
  return map;
}

/** Whether an empty list or map stands for nil. Only for values that are known to be empty. */
export function isNil(empty: object): boolean {
  return nils.has(empty);
}
