import type { Path } from '../../api/field.js';
import type { NodeSelectorTerm } from '../../api/types/core-v1.js';
import { deprecatedNodeLabel } from '../shared/node-labels.js';

/** Warnings about deprecated labels in a term of a node selector. */
export function nodeSelectorTermWarnings(term: NodeSelectorTerm, path: Path): string[] {
  return (term.matchExpressions ?? []).flatMap(({ key }, i) => {
    const why = deprecatedNodeLabel(key);
    return why === undefined ? [] : [`${String(path.child('matchExpressions').index(i).child('key'))}: ${key} is ${why}`];
  });
}
