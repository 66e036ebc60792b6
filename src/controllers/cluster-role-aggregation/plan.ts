import { labelMatcherOf } from '../../api/label-selector.js';
import type { ClusterRole, PolicyRule } from '../../api/types/rbac-v1.js';
import { deepEqual } from '../../base/freeze.js';

/**
 * The rules that a role gathers from all roles which its aggregationRule selects, selector by selector and by name,
 * each rule once; undefined when it has them, or gathers none. Pure.
 */
export function planAggregation(role: ClusterRole, roles: readonly ClusterRole[]): PolicyRule[] | undefined {
  if (!role.aggregationRule) return undefined;
  const sorted = roles.toSorted((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
  const gathered: PolicyRule[] = [];
  for (const selector of role.aggregationRule.clusterRoleSelectors ?? []) {
    const matcher = labelMatcherOf(selector);
    for (const { metadata, rules } of sorted) {
      if (metadata.name === role.metadata.name || !matcher.matches(metadata.labels ?? {})) continue;
      for (const rule of rules ?? []) if (!gathered.some((known) => deepEqual(known, rule))) gathered.push(rule);
    }
  }
  return deepEqual(gathered, role.rules ?? []) ? undefined : gathered;
}
