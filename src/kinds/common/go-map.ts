import type { LabelSelector } from '../../api/types/meta-v1.js';

/** Values as Go's JSON shows them in messages: maps in the order of their keys, structs in that of their fields. */
export function goMap<V>(map: Readonly<Record<string, V>> | undefined): Record<string, V> | null {
  return map ? Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1))) : null;
}

export function goSelector(selector: LabelSelector | undefined): object | null {
  if (!selector) return null;
  const { matchLabels, matchExpressions = [] } = selector;
  return {
    ...(Object.keys(matchLabels ?? {}).length > 0 ? { matchLabels: goMap(matchLabels) } : {}),
    ...(matchExpressions.length > 0 ? { matchExpressions: matchExpressions.map(({ key, operator, values }) => ({ key, operator, ...(values?.length ? { values } : {}) })) } : {}),
  };
}
