import { invalid, notSupported, Path, required, type FieldError } from '../../api/field.js';
import { nameIsDnsSubdomain } from '../../api/names.js';
import type { ClusterRoleBinding, RoleBinding, RoleRef, Subject } from '../../api/types/rbac-v1.js';
import type { Cell, Kind, Strategy } from '../../registry/kind.js';
import { semanticEqual } from '../common/equality.js';
import { age } from '../common/printing.js';
import { defineKind } from '../define-kind.js';
import type { AccessControl, KindEnvironment } from '../environment.js';
import { bindingEscalationCheck } from './escalation.js';
import { rbacNameErrors } from './roles.js';

/** Bindings of roles: https://kubernetes.io/docs/reference/access-authn-authz/rbac/ */

const GROUP = 'rbac.authorization.k8s.io';
const REF = Path.of('roleRef');
const SUBJECTS = Path.of('subjects');

type Binding = RoleBinding | ClusterRoleBinding;

function defaults({ roleRef, subjects }: Binding): void {
  roleRef.apiGroup ||= GROUP;
  for (const subject of subjects ?? []) if (!subject.apiGroup && (subject.kind === 'User' || subject.kind === 'Group')) subject.apiGroup = GROUP;
}

function subjectErrors({ kind, name, apiGroup = '', namespace = '' }: Subject, path: Path, namespaced: boolean): FieldError[] {
  const at = path.child('apiGroup');
  const errors = name ? [] : [required(path.child('name'))];
  if (kind === 'ServiceAccount') {
    if (name) errors.push(...nameIsDnsSubdomain(name, false).map((text) => invalid(path.child('name'), name, text)));
    if (apiGroup) errors.push(notSupported(at, apiGroup, ['']));
    if (!namespaced && !namespace) errors.push(required(path.child('namespace')));
  } else if (kind === 'User' || kind === 'Group') {
    if (apiGroup !== GROUP) errors.push(notSupported(at, apiGroup, [GROUP]));
  } else errors.push(notSupported(path.child('kind'), kind, ['ServiceAccount', 'User', 'Group']));
  return errors;
}

function bindingErrors({ roleRef, subjects }: Binding, namespaced: boolean): FieldError[] {
  const kinds = namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole'];
  const name = REF.child('name');
  return [
    ...(roleRef.apiGroup === GROUP ? [] : [notSupported(REF.child('apiGroup'), roleRef.apiGroup, [GROUP])]),
    ...(kinds.includes(roleRef.kind) ? [] : [notSupported(REF.child('kind'), roleRef.kind, kinds)]),
    ...(roleRef.name ? rbacNameErrors(roleRef.name).map((text) => invalid(name, roleRef.name, text)) : [required(name)]),
    ...(subjects ?? []).flatMap((subject, i) => subjectErrors(subject, SUBJECTS.index(i), namespaced)),
  ];
}

/** The internal struct, as Go shows it. */
const goRef = ({ apiGroup, kind, name }: RoleRef): object => ({ APIGroup: apiGroup, Kind: kind, Name: name });

const strategyOf = (access: AccessControl, namespaced: boolean): Strategy<Binding> => ({
  authorize: bindingEscalationCheck(access, namespaced ? 'rolebindings' : 'clusterrolebindings'),
  generation: 'none',
  allowCreateOnUpdate: true,
  nameErrors: rbacNameErrors,
  defaults,
  validate: (binding) => bindingErrors(binding, namespaced),
  validateUpdate: (binding, old) => [
    ...bindingErrors(binding, namespaced),
    // Who is meant by a binding may change, what they may do may not.
    ...(semanticEqual(binding.roleRef, old.roleRef) ? [] : [invalid(REF, goRef(binding.roleRef), 'cannot change roleRef')]),
  ],
});

function cells({ metadata, roleRef, subjects = [] }: Binding, nowMs: number): readonly Cell[] {
  const namesOf = (kind: string): string =>
    subjects
      .filter((subject) => subject.kind === kind)
      .map(({ name, namespace = '' }) => (kind === 'ServiceAccount' ? `${namespace}/${name}` : name))
      .join(', ');
  return [metadata.name, `${roleRef.kind}/${roleRef.name}`, age(metadata.creationTimestamp, nowMs), namesOf('User'), namesOf('Group'), namesOf('ServiceAccount')];
}

export function roleBindingKind({ access }: KindEnvironment): Kind<RoleBinding> {
  return defineKind<RoleBinding>({ group: GROUP, version: 'v1', kind: 'RoleBinding' }, { strategy: strategyOf(access, true), cells });
}

export function clusterRoleBindingKind({ access }: KindEnvironment): Kind<ClusterRoleBinding> {
  return defineKind<ClusterRoleBinding>({ group: GROUP, version: 'v1', kind: 'ClusterRoleBinding' }, { strategy: strategyOf(access, false), cells });
}
