import type { Path } from '../../api/field.js';
import type { NodeSelectorTerm } from '../../api/types/core-v1.js';

const DEPRECATED = new Map([
  ['beta.kubernetes.io/arch', 'deprecated since v1.14; use "kubernetes.io/arch" instead'],
  ['beta.kubernetes.io/os', 'deprecated since v1.14; use "kubernetes.io/os" instead'],
  ['failure-domain.beta.kubernetes.io/region', 'deprecated since v1.17; use "topology.kubernetes.io/region" instead'],
  ['failure-domain.beta.kubernetes.io/zone', 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead'],
  ['beta.kubernetes.io/instance-type', 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead'],
  ['app.kubernetes.io/created-by', 'deprecated since v1.9'],
  ['scheduler.alpha.kubernetes.io/preferAvoidPods', 'deprecated since v1.22; use Taints and Tolerations instead'],
  ['node-role.kubernetes.io/master', 'use "node-role.kubernetes.io/control-plane" instead'],
]);

/** Why a label of nodes should no longer be used; undefined for those that are fine. */
export const deprecatedNodeLabel = (key: string): string | undefined => DEPRECATED.get(key);

/** Warnings about deprecated labels in a term of a node selector. */
export function nodeSelectorTermWarnings(term: NodeSelectorTerm, path: Path): string[] {
  return (term.matchExpressions ?? []).flatMap(({ key }, i) => {
    const why = deprecatedNodeLabel(key);
    return why === undefined ? [] : [`${String(path.child('matchExpressions').index(i).child('key'))}: ${key} is ${why}`];
  });
}
