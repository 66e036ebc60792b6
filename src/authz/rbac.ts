import { quote } from '../api/field.js';
import type { ClusterRole, PolicyRule, Role, RoleRef, Subject } from '../api/types/rbac-v1.js';
import { SYSTEM_MASTERS, type UserInfo } from '../api/user.js';
import type { Reader, Snapshot } from '../watch/types.js';
import { RuleSet, type AccessQuestion } from './rules.js';
import { SubjectIndex, type BoundSubject } from './subject-index.js';

type Entries = Snapshot['entries'];

const GROUP = 'rbac.authorization.k8s.io';

export interface Decision {
  readonly allowed: boolean;
  /** Which binding allows it, or why rules could not be found. */
  readonly reason?: string | undefined;
}

export interface ResolvedRules {
  readonly rules: readonly PolicyRule[];
  /** What is wrong with roles that bindings name, as one text; undefined when all are there. */
  readonly problem: string | undefined;
}

/**
 * Role-based access control (https://kubernetes.io/docs/reference/access-authn-authz/rbac/): rules only allow, and
 * what no rule allows is denied. Reasons name the binding and the role, as the real authorizer's. Bindings are indexed
 * by subject until one of them changes; roles are looked up when they are needed.
 */
export class Rbac {
  private clusterBindings: Versioned<SubjectIndex> | undefined;
  private roleBindings: Versioned<ByNamespace> | undefined;
  private readonly sets = new WeakMap<readonly PolicyRule[], RuleSet>();

  constructor(private readonly reader: Reader) {}

  /** Members of system:masters may do everything, without a reason. */
  decide(user: UserInfo, question: AccessQuestion): Decision {
    if (user.groups.includes(SYSTEM_MASTERS)) return ALLOWED;
    const problems: string[] = [];
    const namespace = question.isResource ? question.namespace : '';
    for (const grant of this.grantsOf(user, namespace)) {
      const rules = this.rulesOf(grant.binding.roleRef, grant.namespace);
      if (typeof rules === 'string') problems.push(rules);
      else if (this.setOf(rules).allows(question)) return { allowed: true, reason: `RBAC: allowed by ${grantText(grant)}` };
    }
    return problems.length === 0 ? DENIED : { allowed: false, reason: `RBAC: ${aggregate(problems)}` };
  }

  /** Every rule that applies to a user in a namespace, cluster-wide ones first: for reviews and checks of escalation. */
  rulesFor(user: UserInfo, namespace: string): ResolvedRules {
    const problems: string[] = [];
    const rules: PolicyRule[] = [];
    for (const grant of this.grantsOf(user, namespace)) {
      const found = this.rulesOf(grant.binding.roleRef, grant.namespace);
      if (typeof found === 'string') problems.push(found);
      else rules.push(...found);
    }
    return { rules, problem: problems.length === 0 ? undefined : aggregate(problems) };
  }

  private *grantsOf(user: UserInfo, namespace: string): Generator<Grant> {
    for (const bound of this.clusterIndex().bindingsOf(user)) yield { ...bound, namespace: '' };
    if (!namespace) return;
    for (const bound of this.namespaceIndex(namespace)?.bindingsOf(user) ?? []) yield { ...bound, namespace };
  }

  private clusterIndex(): SubjectIndex {
    const { entries } = this.reader.list(`${GROUP}/clusterrolebindings/`);
    if (this.clusterBindings?.entries !== entries) this.clusterBindings = { entries, value: new SubjectIndex(entries, '') };
    return this.clusterBindings.value;
  }

  private namespaceIndex(namespace: string): SubjectIndex | undefined {
    // One list for all namespaces: the reader hands out the same array until a role binding changes.
    const { entries } = this.reader.list(`${GROUP}/rolebindings/`);
    if (this.roleBindings?.entries !== entries) this.roleBindings = { entries, value: new ByNamespace(entries) };
    return this.roleBindings.value.of(namespace);
  }

  /** Made once for each version of a role: stored objects never change. */
  private setOf(rules: readonly PolicyRule[]): RuleSet {
    let set = this.sets.get(rules);
    if (!set) this.sets.set(rules, (set = new RuleSet(rules)));
    return set;
  }

  /** A text says why there are none. */
  private rulesOf(ref: RoleRef, namespace: string): readonly PolicyRule[] | string {
    const isCluster = ref.kind === 'ClusterRole';
    const key = isCluster ? `${GROUP}/clusterroles/${ref.name}` : `${GROUP}/roles/${namespace}/${ref.name}`;
    const role = this.reader.get(key)?.object as ClusterRole | Role | undefined;
    return role ? (role.rules ?? NO_RULES) : `${isCluster ? 'clusterrole' : 'role'}.${GROUP} ${quote(ref.name)} not found`;
  }
}

interface Grant extends BoundSubject {
  /** Of the role binding; '' for a cluster role binding. */
  readonly namespace: string;
}

/** Something computed from a list; the list's identity tells whether it still holds. */
interface Versioned<T> {
  readonly entries: Entries;
  readonly value: T;
}

/** Role bindings by namespace; the index of a namespace is made when it is first asked for. */
class ByNamespace {
  private readonly entries = new Map<string, Array<Entries[number]>>();
  private readonly indexes = new Map<string, SubjectIndex>();

  constructor(entries: Entries) {
    for (const entry of entries) {
      const namespace = entry.key.split('/', 3)[2] as string;
      const known = this.entries.get(namespace);
      if (known) known.push(entry);
      else this.entries.set(namespace, [entry]);
    }
  }

  of(namespace: string): SubjectIndex | undefined {
    const entries = this.entries.get(namespace);
    if (!entries) return undefined;
    let index = this.indexes.get(namespace);
    if (!index) this.indexes.set(namespace, (index = new SubjectIndex(entries, namespace)));
    return index;
  }
}

const NO_RULES: readonly PolicyRule[] = [];
const ALLOWED: Decision = { allowed: true };
const DENIED: Decision = { allowed: false };

function grantText({ binding, subject, namespace }: Grant): string {
  const { name } = binding.metadata;
  const what = namespace ? `RoleBinding ${quote(`${name}/${namespace}`)}` : `ClusterRoleBinding ${quote(name)}`;
  return `${what} of ${binding.roleRef.kind} ${quote(binding.roleRef.name)} to ${subjectText(subject, namespace)}`;
}

function subjectText({ kind, name, namespace }: Subject, bindingNamespace: string): string {
  return `${kind} ${quote(kind === 'ServiceAccount' ? `${name}/${namespace || bindingNamespace}` : name)}`;
}

/** Several errors as Go's aggregate prints them: each text once, in brackets. */
function aggregate(problems: readonly string[]): string {
  const unique = [...new Set(problems)];
  return unique.length === 1 ? (unique[0] as string) : `[${unique.join(', ')}]`;
}
