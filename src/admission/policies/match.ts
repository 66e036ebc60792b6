import { LabelMatcher, labelMatcherOf } from '../../api/label-selector.js';
import type { MatchResources, NamedRuleWithOperations } from '../../api/types/admissionregistration-v1.js';
import type { AdmissionAttributes } from '../types.js';
import type { EquivalentResource, WebhookEnvironment } from '../webhooks/environment.js';
import { namespaceMatches, objectMatches, ruleMatches } from '../webhooks/hooks.js';

/** What a policy or a binding is for, with its selectors parsed. */
export interface Criteria {
  readonly resources: MatchResources;
  readonly namespaces: LabelMatcher;
  readonly objects: LabelMatcher;
}

const selector = (given: Parameters<typeof labelMatcherOf>[0]): LabelMatcher => (given ? labelMatcherOf(given) : LabelMatcher.everything);

export const criteriaOf = (resources: MatchResources): Criteria => ({ resources, namespaces: selector(resources.namespaceSelector), objects: selector(resources.objectSelector) });

/**
 * The resource that a write is judged as (k8s.io/apiserver/pkg/admission/plugin/policy/matching); undefined where it is not concerned.
 * Throws 404 where the request's namespace is not there.
 */
export function matchResources(criteria: Criteria, attributes: AdmissionAttributes, environment: WebhookEnvironment): EquivalentResource | undefined {
  const { resourceRules = [], excludeResourceRules = [], matchPolicy } = criteria.resources;
  if (!objectMatches(criteria, attributes)) return undefined;
  const equivalents = environment.equivalents(attributes.resource);
  if (byRules(excludeResourceRules, matchPolicy, attributes, equivalents)) return undefined;
  const found = resourceRules.length === 0 ? equivalents[0] : byRules(resourceRules, matchPolicy, attributes, equivalents);
  return found && namespaceMatches(criteria, attributes) ? found : undefined;
}

function byRules(rules: readonly NamedRuleWithOperations[], policy: string | undefined, attributes: AdmissionAttributes, [own, ...others]: readonly EquivalentResource[]): EquivalentResource | undefined {
  const named = ({ resourceNames = [] }: NamedRuleWithOperations): boolean => resourceNames.length === 0 || resourceNames.includes(attributes.name);
  if (rules.some((rule) => ruleMatches(rule, attributes, attributes.resource) && named(rule))) return own;
  if (policy !== 'Equivalent') return undefined;
  for (const rule of rules) {
    const found = others.find(({ resource }) => ruleMatches(rule, attributes, resource) && named(rule));
    if (found) return found;
  }
  return undefined;
}
