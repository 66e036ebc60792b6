import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, RoleRef, Subject } from '../api/types/rbac-v1.js';
import type { UserInfo } from '../api/user.js';
import { SYSTEM_MASTERS } from '../api/user.js';
import type { KubeObject } from '../api/object.js';
import type { Reader } from '../watch/types.js';

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

const GROUP = 'rbac.authorization.k8s.io';

/**
 * Role-based access control (https://kubernetes.io/docs/reference/access-authn-authz/rbac/): rules only allow, and
 * what no rule allows is denied. The reason names the binding and the role, as the real authorizer's.
 */
export function rbacAuthorizer(reader: Reader): (user: UserInfo, question: AccessQuestion) => Promise<{ allowed: boolean; reason?: string | undefined }> {
  return (user, question) => {
    if (user.groups.includes(SYSTEM_MASTERS)) return Promise.resolve({ allowed: true });
    const problems: string[] = [];
    for (const { rules, reason } of grants(reader, user, question.isResource ? question.namespace : '', problems)) {
      if (rules.some((rule) => ruleAllows(rule, question))) return Promise.resolve({ allowed: true, reason });
    }
    return Promise.resolve({ allowed: false, reason: problems.length > 0 ? `RBAC: ${aggregate(problems)}` : undefined });
  };
}

export interface ResolvedRules {
  readonly rules: readonly PolicyRule[];
  /** Roles that bindings name but nobody made. */
  readonly problems: readonly string[];
}

/** Every rule that applies to a user in a namespace: for SelfSubjectRulesReview and checks of escalation. */
export function rulesFor(reader: Reader, user: UserInfo, namespace: string): ResolvedRules {
  const problems: string[] = [];
  return { rules: [...grants(reader, user, namespace, problems)].flatMap(({ rules }) => rules), problems };
}

interface Grant {
  readonly rules: readonly PolicyRule[];
  readonly reason: string;
}

function* grants(reader: Reader, user: UserInfo, namespace: string, problems: string[]): Generator<Grant> {
  for (const binding of objects<ClusterRoleBinding>(reader, `${GROUP}/clusterrolebindings/`)) {
    const subject = binding.subjects?.find((s) => matches(s, user, ''));
    if (!subject) continue;
    const rules = rulesOf(reader, binding.roleRef, '', problems);
    if (rules) yield { rules, reason: `RBAC: allowed by ClusterRoleBinding ${quote(binding.metadata.name)} of ${binding.roleRef.kind} ${quote(binding.roleRef.name)} to ${subjectText(subject, '')}` };
  }
  if (!namespace) return;
  for (const binding of objects<RoleBinding>(reader, `${GROUP}/rolebindings/${namespace}/`)) {
    const subject = binding.subjects?.find((s) => matches(s, user, namespace));
    if (!subject) continue;
    const rules = rulesOf(reader, binding.roleRef, namespace, problems);
    if (rules) yield { rules, reason: `RBAC: allowed by RoleBinding ${quote(`${binding.metadata.name}/${namespace}`)} of ${binding.roleRef.kind} ${quote(binding.roleRef.name)} to ${subjectText(subject, namespace)}` };
  }
}

function objects<T extends KubeObject>(reader: Reader, prefix: string): T[] {
  return reader.list(prefix).entries.map(({ object }) => object as T);
}

function rulesOf(reader: Reader, ref: RoleRef, namespace: string, problems: string[]): readonly PolicyRule[] | undefined {
  const key = ref.kind === 'ClusterRole' ? `${GROUP}/clusterroles/${ref.name}` : `${GROUP}/roles/${namespace}/${ref.name}`;
  const role = reader.get(key)?.object as ClusterRole | Role | undefined;
  if (role) return role.rules ?? [];
  problems.push(`${ref.kind === 'ClusterRole' ? 'clusterrole' : 'role'}.${GROUP} ${quote(ref.name)} not found`);
  return undefined;
}

function matches(subject: Subject, user: UserInfo, namespace: string): boolean {
  switch (subject.kind) {
    case 'User':
      return user.name === subject.name;
    case 'Group':
      return user.groups.includes(subject.name);
    case 'ServiceAccount':
      return user.name === `system:serviceaccount:${subject.namespace || namespace}:${subject.name}`;
    default:
      return false;
  }
}

function subjectText({ kind, name, namespace }: Subject, bindingNamespace: string): string {
  return kind === 'ServiceAccount' ? `ServiceAccount ${quote(`${name}/${namespace || bindingNamespace}`)}` : `${kind} ${quote(name)}`;
}

/** Whether one rule allows what is asked. */
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
  return rule === '*' || rule === path || (rule.endsWith('*') && path.startsWith(rule.slice(0, -1)));
}

function aggregate(problems: readonly string[]): string {
  const unique = [...new Set(problems)];
  return unique.length === 1 ? (unique[0] as string) : `[${unique.join(', ')}]`;
}

const quote = (text: string): string => JSON.stringify(text);
