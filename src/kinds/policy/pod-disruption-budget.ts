import { invalid, notSupported, Path, type FieldError } from '../../api/field.js';
import type { LabelSelector } from '../../api/types/meta-v1.js';
import type { PodDisruptionBudget, PodDisruptionBudgetSpec, PodDisruptionBudgetStatus } from '../../api/types/policy-v1.js';
import type { Strategy } from '../../registry/kind.js';
import { conditionsErrors } from '../common/conditions.js';
import { CountChecks } from '../common/counts.js';
import { semanticEqual } from '../common/equality.js';
import { goSelector } from '../common/go-map.js';
import { intOrPercentErrors, overHundredErrors } from '../common/int-or-percent.js';
import { age } from '../common/printing.js';
import { defineKind, statusStrategy } from '../define-kind.js';
import { validateLabelSelector } from '../shared/label-validation.js';

const SPEC = Path.of('spec');
const NOT_SET = 'N/A';
const EVICTION_POLICIES = ['AlwaysAllow', 'IfHealthyBudget'];
/** policy/v1beta1 took an empty selector for none; servers wrote this key into selectors to say so. */
const OLD_LABEL = 'pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match';
const OLD_FORMS: readonly LabelSelector[] = ['Exists', 'DoesNotExist'].map((operator) => ({ matchExpressions: [{ key: OLD_LABEL, operator }] }));

/** The old key means something only when it stands alone. */
function dropOldLabel({ spec }: PodDisruptionBudget): void {
  const { selector } = spec;
  if (!selector || OLD_FORMS.some((form) => semanticEqual(selector, form))) return;
  const { matchLabels, matchExpressions } = selector;
  if (matchLabels) delete matchLabels[OLD_LABEL];
  if (matchExpressions) selector.matchExpressions = matchExpressions.filter(({ key }) => key !== OLD_LABEL);
}

function specErrors({ spec }: PodDisruptionBudget, old?: PodDisruptionBudget): FieldError[] {
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy: eviction } = spec;
  const errors: FieldError[] = [];
  if (minAvailable !== undefined && maxUnavailable !== undefined) errors.push(invalid(SPEC, goSpec(spec), 'minAvailable and maxUnavailable cannot be both set'));
  for (const [name, value] of Object.entries({ minAvailable, maxUnavailable })) {
    if (value !== undefined) errors.push(...intOrPercentErrors(value, SPEC.child(name)), ...overHundredErrors(value, SPEC.child(name)));
  }
  const allowInvalidValues = old !== undefined && validateLabelSelector(old.spec.selector, SPEC).length > 0;
  errors.push(...validateLabelSelector(selector, SPEC.child('selector'), { allowInvalidValues }));
  if (eviction !== undefined && !EVICTION_POLICIES.includes(eviction)) errors.push(notSupported(SPEC.child('unhealthyPodEvictionPolicy'), eviction, EVICTION_POLICIES));
  return errors;
}

/** The internal struct, as Go shows it. */
const goSpec = ({ minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy }: PodDisruptionBudgetSpec): object => ({
  MinAvailable: minAvailable ?? null,
  Selector: goSelector(selector),
  MaxUnavailable: maxUnavailable ?? null,
  UnhealthyPodEvictionPolicy: unhealthyPodEvictionPolicy ?? null,
});

const NO_STATUS: PodDisruptionBudgetStatus = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };

function statusErrors({ status = NO_STATUS }: PodDisruptionBudget): FieldError[] {
  const path = Path.of('status');
  const counts = new CountChecks<PodDisruptionBudgetStatus>(status, path).nonNegative('disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods');
  return [...conditionsErrors(status.conditions, path.child('conditions')), ...counts.errors];
}

const strategy: Strategy<PodDisruptionBudget> = {
  metadata: 'own',
  generation: 'spec',
  allowUnconditionalUpdate: false,
  defaults: dropOldLabel,
  prepareForCreate(budget) {
    budget.status = { ...NO_STATUS };
  },
  validate: (budget) => specErrors(budget),
  validateUpdate: specErrors,
  resetFields: [['status']],
};

/** PodDisruptionBudgets: https://kubernetes.io/docs/tasks/run-application/configure-pdb/ */
export const podDisruptionBudgetKind = defineKind<PodDisruptionBudget>(
  { group: 'policy', version: 'v1', kind: 'PodDisruptionBudget' },
  {
    strategy,
    subresources: { status: { type: 'object', strategy: statusStrategy(strategy, { validateUpdate: statusErrors }) as Strategy } },
    cells: ({ metadata, spec, status }, nowMs) => [
      metadata.name,
      String(spec.minAvailable ?? NOT_SET),
      String(spec.maxUnavailable ?? NOT_SET),
      status?.disruptionsAllowed ?? 0,
      age(metadata.creationTimestamp, nowMs),
    ],
  },
);
