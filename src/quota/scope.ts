import { LabelMatcher, type LabelOperator } from '../api/label-selector.js';
import type { ResourceQuotaSpec } from '../api/types/core-v1.js';
import type { ScopeRequirement } from './types.js';

const OPERATORS: Readonly<Record<string, LabelOperator>> = { In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: '!' };

/** All that a quota asks of the objects it counts. */
export function scopesOf({ scopes, scopeSelector }: ResourceQuotaSpec): ScopeRequirement[] {
  return [...(scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' })), ...(scopeSelector?.matchExpressions ?? [])];
}

/** Whether the name that an object has for a scope, or none, is what a requirement asks for. */
export function nameMatches({ scopeName, operator, values }: ScopeRequirement, name: string | undefined): boolean {
  const requirement = { key: scopeName, operator: OPERATORS[operator] ?? 'in', values: values ?? [] };
  return LabelMatcher.of([requirement]).matches(name ? { [scopeName]: name } : {});
}
