import type { Node, NodeSelectorRequirement, NodeSelectorTerm, PodSpec } from './types/core-v1.js';

/** Whether a node is what a pod demands by nodeSelector and required node affinity. */
export function matchesRequiredNodeAffinity(spec: PodSpec, node: Node): boolean {
  const { labels } = node.metadata;
  for (const [key, value] of Object.entries(spec.nodeSelector ?? {})) if (labels === undefined || !Object.hasOwn(labels, key) || labels[key] !== value) return false;
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return !required || required.nodeSelectorTerms.some((term) => matchesNodeSelectorTerm(term, node));
}

/** Whether a node meets all demands of a term; a term without demands is met by no node. */
export function matchesNodeSelectorTerm(term: NodeSelectorTerm, node: Node): boolean {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  if (expressions.length === 0 && fields.length === 0) return false;
  const { labels, name } = node.metadata;
  const label = (key: string): string | undefined => (labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined);
  return (
    expressions.every((requirement) => meets(requirement, label(requirement.key))) &&
    fields.every((requirement) => requirement.key === 'metadata.name' && meets(requirement, name))
  );
}

function meets({ operator, values = [] }: NodeSelectorRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
    case 'Lt': {
      if (value === undefined || !/^[+-]?\d+$/.test(value)) return false;
      const [own, limit] = [BigInt(value), BigInt(values[0] ?? '0')];
      return operator === 'Gt' ? own > limit : own < limit;
    }
    default:
      return false;
  }
}
