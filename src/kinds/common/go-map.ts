import type { ObjectReference } from '../../api/types/core-v1.js';
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

/** A reference as Go's JSON shows the internal struct. */
export function goReference(reference: ObjectReference | undefined): unknown {
  if (!reference) return null;
  const { kind = '', namespace = '', name = '', uid = '', apiVersion = '', resourceVersion = '', fieldPath = '' } = reference;
  return { Kind: kind, Namespace: namespace, Name: name, UID: uid, APIVersion: apiVersion, ResourceVersion: resourceVersion, FieldPath: fieldPath };
}
