import type { FieldType } from './field-type.js';
import { type Fields, fromEntries, isLeaf, isMember, LEAF, node } from './fields.js';
import type { PathElement } from './path-element.js';
import { PathSet } from './path-set.js';

/** Sets that were found to fit a type. */
const fitting = new WeakMap<Fields, FieldType>();

/**
 * The set as the type has it today: where a list or map has become atomic since the set was written, its owner owns
 * the whole instead of parts. Returns `set` itself where it fits.
 */
export function reconcileWithType(type: FieldType, set: PathSet): PathSet {
  if (set.isEmpty || fitting.get(set.fields) === type) return set;
  const fields = below(type, set.fields);
  if (fields !== set.fields) return PathSet.of(fields);
  fitting.set(set.fields, type);
  return set;
}

function below(type: FieldType, fields: Fields): Fields {
  let entries: Array<readonly [PathElement, Fields]> | undefined;
  for (const element of Object.keys(fields)) {
    if (element === '.') continue;
    const current = fields[element] as Fields;
    if (isLeaf(current)) continue;
    const inner = element.startsWith('f:') ? type.place(element.slice(2)).type : type.element;
    const fitted = inner.schema && isAtomic(inner) ? LEAF : below(inner, current);
    if (fitted !== current) (entries ??= []).push([element, fitted]);
  }
  if (!entries) return fields;
  const changed = Object.fromEntries(entries) as Fields;
  const { '.': self, ...children } = { ...fields, ...changed } as Record<string, Fields>;
  return node(self !== undefined && isMember(fields), fromEntries(Object.entries(children))) ?? LEAF;
}

/** Atomic lists and maps; a scalar cannot have had parts. */
function isAtomic(type: FieldType): boolean {
  return type.shape === 'leaf' && (type.schema?.type === 'array' || type.schema?.type === 'object' || type.schema?.type === 'any');
}
