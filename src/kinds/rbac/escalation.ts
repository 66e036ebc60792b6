import { faultyRequest, forbidden, notFound } from '../../api/errors.js';
import { quote } from '../../api/field.js';
import type { KubeObject, ObjectMeta } from '../../api/object.js';
import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, RoleRef } from '../../api/types/rbac-v1.js';
import { SYSTEM_MASTERS } from '../../api/user.js';
import type { StrategyContext } from '../../registry/kind.js';
import { semanticEqual } from '../common/equality.js';
import type { AccessControl } from '../environment.js';
import { goList, ruleLines, uncovered } from './rule-cover.js';

/**
 * Nobody may give away more than they have, not even to themselves, unless they may `escalate` roles or `bind` a role:
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping
 */

const GROUP = 'rbac.authorization.k8s.io';
const EVERYTHING: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

type Check<T> = (object: T, old: T | undefined, context: StrategyContext) => void;

/** Throws 403 with the rules that the requester lacks. */
export function roleEscalationCheck(access: AccessControl, resource: 'roles' | 'clusterroles'): Check<Role | ClusterRole> {
  return (role, old, context) => {
    const { user, namespace } = context;
    if (user.groups.includes(SYSTEM_MASTERS)) return;
    // A POST does not name its object in the path, so a right to escalate certain roles does not reach it.
    const name = old ? role.metadata.name : '';
    if (mayDo(access, context, 'escalate', { group: GROUP, resource, namespace, name })) return;
    if (old && onlyOwnershipChanges(role, old)) return;
    const target = { group: GROUP, resource };
    const missing = missingText(access, context, role.rules ?? []);
    if (missing) throw forbidden(target, role.metadata.name ?? '', missing);
    if ((aggregates(role) || (old && aggregates(old))) && missingText(access, context, EVERYTHING)) {
      throw forbidden(target, role.metadata.name ?? '', 'must have cluster-admin privileges to use the aggregationRule');
    }
  };
}

/** Throws 403 with the rules of the role that the requester lacks, 404 when there is no such role. */
export function bindingEscalationCheck(access: AccessControl, resource: 'rolebindings' | 'clusterrolebindings'): Check<RoleBinding | ClusterRoleBinding> {
  return (binding, old, context) => {
    const { user, namespace } = context;
    if (user.groups.includes(SYSTEM_MASTERS)) return;
    if (old && onlyOwnershipChanges(binding, old)) return;
    const { apiGroup: group = GROUP, kind, name } = binding.roleRef;
    const roles = kind === 'ClusterRole' ? 'clusterroles' : kind === 'Role' ? 'roles' : undefined;
    if (roles && mayDo(access, context, 'bind', { group, resource: roles, namespace, name })) return;
    const rules = rulesOf(binding.roleRef, context);
    if (!rules) throw notFound({ group: GROUP, resource }, name);
    const missing = missingText(access, context, rules);
    if (missing) throw forbidden({ group: GROUP, resource }, binding.metadata.name ?? '', missing);
  };
}

function mayDo(access: AccessControl, { user }: StrategyContext, verb: string, target: { group: string; resource: string; namespace: string; name: string }): boolean {
  return access.decide(user, { isResource: true, verb, subresource: '', ...target }).allowed;
}

function rulesOf({ kind, name }: RoleRef, { reader, namespace }: StrategyContext): readonly PolicyRule[] | undefined {
  if (kind !== 'ClusterRole' && kind !== 'Role') throw faultyRequest(`unsupported role reference kind: ${quote(kind)}`);
  const key = kind === 'ClusterRole' ? `clusterroles/${name}` : `roles/${namespace}/${name}`;
  const role = reader.get(`${GROUP}/${key}`)?.object as Role | ClusterRole | undefined;
  return role && (role.rules ?? []);
}

function missingText(access: AccessControl, { user, namespace }: StrategyContext, wanted: readonly PolicyRule[]): string | undefined {
  const { rules, problem } = access.rulesFor(user, namespace);
  const missing = uncovered(rules, wanted);
  if (missing.length === 0) return undefined;
  const text = `user ${quote(user.name)} (groups=${goList(user.groups)}) is attempting to grant RBAC permissions not currently held:\n${ruleLines(missing)}`;
  return problem ? `${text}; resolution errors: [${problem}]` : text;
}

const aggregates = (role: Role | ClusterRole): boolean => Boolean((role as ClusterRole).aggregationRule?.clusterRoleSelectors?.length);

/** What the garbage collector changes on its way to deleting an object. */
const OWNERSHIP: ReadonlySet<keyof ObjectMeta> = new Set(['ownerReferences', 'finalizers', 'selfLink', 'managedFields']);

function onlyOwnershipChanges(object: KubeObject, old: KubeObject): boolean {
  const rest = ({ metadata }: KubeObject): object => Object.fromEntries(Object.entries(metadata).filter(([field]) => !OWNERSHIP.has(field as keyof ObjectMeta)));
  return semanticEqual({ ...object, metadata: rest(object) }, { ...old, metadata: rest(old) });
}
