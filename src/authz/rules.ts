import type { PolicyRule } from '../api/types/rbac-v1.js';

/** What is asked: the part of a request that rules speak about. */
export type AccessQuestion =
  | { readonly isResource: false; readonly path: string; readonly verb: string }
  | {
      readonly isResource: true;
      readonly verb: string;
      readonly group: string;
      readonly resource: string;
      readonly subresource: string;
      readonly namespace: string;
      readonly name: string;
    };

/** Whether one rule allows what is asked (k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac RuleAllows). */
export function ruleAllows(rule: PolicyRule, question: AccessQuestion): boolean {
  if (!includes(rule.verbs, question.verb)) return false;
  if (!question.isResource) return (rule.nonResourceURLs ?? []).some((url) => urlMatches(url, question.path));
  return (
    includes(rule.apiGroups, question.group) &&
    (rule.resources ?? []).some((resource) => resourceMatches(resource, question)) &&
    (!rule.resourceNames?.length || rule.resourceNames.includes(question.name))
  );
}

function includes(values: readonly string[] | undefined, value: string): boolean {
  return values !== undefined && (values.includes('*') || values.includes(value));
}

/** `pods`, `pods/exec`, `*`, or a subresource of whatever: `* /scale` without the blank. */
function resourceMatches(rule: string, { resource, subresource }: { resource: string; subresource: string }): boolean {
  const asked = subresource ? `${resource}/${subresource}` : resource;
  return rule === '*' || rule === asked || (subresource !== '' && rule === `*/${subresource}`);
}

function urlMatches(rule: string, path: string): boolean {
  return rule === '*' || rule === path || (rule.endsWith('*') && path.startsWith(rule.replace(/\*+$/, '')));
}
