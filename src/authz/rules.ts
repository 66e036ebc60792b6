import type { PolicyRule } from '../api/types/rbac-v1.js';

/** What is asked: the part of a request that rules speak about. */
export type AccessQuestion = { readonly isResource: false; readonly path: string; readonly verb: string } | ResourceQuestion;

interface ResourceQuestion {
  readonly isResource: true;
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

/** The rules of one role, found by what they are about (k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac RuleAllows). */
export class RuleSet {
  private readonly byResource = new Map<string, PolicyRule[]>();
  private readonly ofPaths: PolicyRule[] = [];

  constructor(rules: readonly PolicyRule[]) {
    for (const rule of rules) {
      if (rule.nonResourceURLs?.length) this.ofPaths.push(rule);
      for (const resource of new Set(rule.resources)) {
        const known = this.byResource.get(resource);
        if (known) known.push(rule);
        else this.byResource.set(resource, [rule]);
      }
    }
  }

  /** Whether one of the rules allows what is asked. */
  allows(question: AccessQuestion): boolean {
    if (!question.isResource) return this.ofPaths.some(({ verbs, nonResourceURLs = [] }) => includes(verbs, question.verb) && nonResourceURLs.some((url) => urlMatches(url, question.path)));
    const { resource, subresource } = question;
    if (!subresource) return this.resourceAllows(resource, question) || this.resourceAllows('*', question);
    return this.resourceAllows(`${resource}/${subresource}`, question) || this.resourceAllows('*', question) || this.resourceAllows(`*/${subresource}`, question);
  }

  private resourceAllows(resource: string, { verb, group, name }: ResourceQuestion): boolean {
    const rules = this.byResource.get(resource);
    return rules !== undefined && rules.some(({ verbs, apiGroups, resourceNames }) => includes(verbs, verb) && includes(apiGroups, group) && (!resourceNames?.length || resourceNames.includes(name)));
  }
}

function includes(values: readonly string[] | undefined, value: string): boolean {
  return values !== undefined && (values.includes('*') || values.includes(value));
}

/** A star at the end stands for whatever follows. */
function urlMatches(rule: string, path: string): boolean {
  return rule === '*' || rule === path || (rule.endsWith('*') && path.startsWith(rule.replace(/\*+$/, '')));
}
