import { invalid, Path, required, type FieldError } from '../../api/field.js';
import { isPathSegmentName } from '../../api/names.js';
import type { ClusterRole, PolicyRule, Role } from '../../api/types/rbac-v1.js';
import type { Kind } from '../../registry/kind.js';
import { matcherOf } from '../common/workload.js';
import { defineKind } from '../define-kind.js';
import type { KindEnvironment } from '../environment.js';
import { validateLabelSelector } from '../shared/label-validation.js';
import { roleEscalationCheck } from './escalation.js';

/** Roles: https://kubernetes.io/docs/reference/access-authn-authz/rbac/ */

const GROUP = { group: 'rbac.authorization.k8s.io', version: 'v1' };
const RULES = Path.of('rules');
const SELECTORS = Path.of('aggregationRule', 'clusterRoleSelectors');

/** Any name that can stand in a URL: `system:node` is one. */
export const rbacNameErrors = (name: string): string[] => isPathSegmentName(name);

const filled = (list: readonly string[] | undefined): boolean => (list ?? []).length > 0;

function ruleErrors({ verbs, nonResourceURLs, apiGroups, resources, resourceNames }: PolicyRule, path: Path, namespaced: boolean): FieldError[] {
  const errors = filled(verbs) ? [] : [required(path.child('verbs'), 'verbs must contain at least one value')];
  if (filled(nonResourceURLs)) {
    const at = path.child('nonResourceURLs');
    if (namespaced) errors.push(invalid(at, nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'));
    if (filled(apiGroups) || filled(resources) || filled(resourceNames)) errors.push(invalid(at, nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs'));
    return errors;
  }
  if (!filled(apiGroups)) errors.push(required(path.child('apiGroups'), 'resource rules must supply at least one api group'));
  if (!filled(resources)) errors.push(required(path.child('resources'), 'resource rules must supply at least one resource'));
  return errors;
}

const rulesErrors = (rules: readonly PolicyRule[] | undefined, namespaced: boolean): FieldError[] => (rules ?? []).flatMap((rule, i) => ruleErrors(rule, RULES.index(i), namespaced));

const roleErrors = ({ rules }: Role): FieldError[] => rulesErrors(rules, true);

function clusterRoleErrors({ rules, aggregationRule }: ClusterRole, old?: ClusterRole): FieldError[] {
  const errors = rulesErrors(rules, false);
  if (!aggregationRule) return errors;
  const selectors = aggregationRule.clusterRoleSelectors ?? [];
  if (selectors.length === 0) errors.push(required(SELECTORS, 'at least one clusterRoleSelector required if aggregationRule is non-nil'));
  const allowInvalidValues = (old?.aggregationRule?.clusterRoleSelectors ?? []).some((selector) => validateLabelSelector(selector, SELECTORS).length > 0);
  for (const [i, selector] of selectors.entries()) {
    errors.push(...validateLabelSelector(selector, SELECTORS.index(i), { allowInvalidValues }));
    // What Kubernetes shows is the selector that it could not make.
    if (!matcherOf(selector)) errors.push(invalid(SELECTORS.index(i), null, 'invalid label selector.'));
  }
  return errors;
}

export function roleKind({ access }: KindEnvironment): Kind<Role> {
  return defineKind<Role>(
    { ...GROUP, kind: 'Role' },
    { strategy: { generation: 'none', allowCreateOnUpdate: true, nameErrors: rbacNameErrors, authorize: roleEscalationCheck(access, 'roles'), validate: roleErrors, validateUpdate: roleErrors } },
  );
}

export function clusterRoleKind({ access }: KindEnvironment): Kind<ClusterRole> {
  return defineKind<ClusterRole>(
    { ...GROUP, kind: 'ClusterRole' },
    {
      strategy: {
        generation: 'none',
        allowCreateOnUpdate: true,
        nameErrors: rbacNameErrors,
        authorize: roleEscalationCheck(access, 'clusterroles'),
        validate: (role) => clusterRoleErrors(role),
        validateUpdate: clusterRoleErrors,
      },
    },
  );
}
