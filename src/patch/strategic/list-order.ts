/**
 * The order of a list after a strategic merge: what the patch (or its $setElementOrder) names stands in the patch's
 * order, what only the server has keeps its own, and both are interleaved by the order that the server had.
 * https://git.k8s.io/design-proposals-archive/cli/preserve-order-in-strategic-merge-patch.md
 */

export type KeyOf = (item: unknown) => unknown;

/** Puts `merged` in order: items named by `patchOrder` against the rest. */
export function orderList(merged: readonly unknown[], patchOrder: readonly unknown[], serverOrder: readonly unknown[], keyOf: KeyOf): unknown[] {
  const named = new Set(patchOrder.map(keyOf));
  const inPatch = merged.filter((item) => named.has(keyOf(item)));
  const serverOnly = merged.filter((item) => !named.has(keyOf(item)));
  return interleave(sortBy(serverOnly, serverOrder, keyOf), sortBy(inPatch, patchOrder, keyOf), serverOrder, keyOf);
}

function positions(order: readonly unknown[], keyOf: KeyOf): Map<unknown, number> {
  const result = new Map<unknown, number>();
  order.forEach((item, i) => {
    const key = keyOf(item);
    if (!result.has(key)) result.set(key, i);
  });
  return result;
}

function sortBy(items: unknown[], order: readonly unknown[], keyOf: KeyOf): unknown[] {
  if (items.length < 2) return items;
  const position = positions(order, keyOf);
  if (items.every((item) => position.has(keyOf(item)))) {
    return items.sort((a, b) => (position.get(keyOf(a)) as number) - (position.get(keyOf(b)) as number));
  }
  // Go's comparison says "less" for items it cannot place; its insertion sort then reverses them. Kept, since visible.
  const sorted: unknown[] = [];
  for (const item of items) {
    let at = sorted.length;
    while (at > 0 && isLess(item, sorted[at - 1], position, keyOf)) at--;
    sorted.splice(at, 0, item);
  }
  return sorted;
}

function isLess(a: unknown, b: unknown, position: Map<unknown, number>, keyOf: KeyOf): boolean {
  const left = position.get(keyOf(a));
  const right = position.get(keyOf(b));
  return left === undefined || right === undefined || left < right;
}

/** Server-only items go before the first patch item that the server had behind them. */
function interleave(serverOnly: unknown[], inPatch: unknown[], serverOrder: readonly unknown[], keyOf: KeyOf): unknown[] {
  const position = positions(serverOrder, keyOf);
  const result: unknown[] = [];
  let i = 0;
  let j = 0;
  while (i < serverOnly.length && j < inPatch.length) {
    const left = position.get(keyOf(serverOnly[i]));
    const right = position.get(keyOf(inPatch[j]));
    if (left !== undefined && right !== undefined && left < right) result.push(serverOnly[i++]);
    else result.push(inPatch[j++]);
  }
  return [...result, ...serverOnly.slice(i), ...inPatch.slice(j)];
}
