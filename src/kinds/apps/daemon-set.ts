import { forbidden, invalid, notSupported, Path, required, type FieldError } from '../../api/field.js';
import type { DaemonSet, DaemonSetSpec, DaemonSetStatus } from '../../api/types/apps-v1.js';
import type { Strategy } from '../../registry/kind.js';
import { CountChecks } from '../common/counts.js';
import { semanticEqual } from '../common/equality.js';
import { goMap, goSelector } from '../common/go-map.js';
import { intOrPercentErrors, numberOf, overHundredErrors } from '../common/int-or-percent.js';
import { age, containerCells, labelsCell, selectorCell } from '../common/printing.js';
import { immutableSelector, isEmptySelector, matcherOf, prepareTemplate, templateWarnings } from '../common/workload.js';
import { defineKind, statusStrategy } from '../define-kind.js';
import { validateLabelSelector } from '../shared/label-validation.js';
import { podTemplateDefaults } from '../shared/pod-spec-defaults.js';
import { validatePodTemplate } from '../shared/pod-spec-validation.js';
import { validateNonNegative } from '../shared/simple-checks.js';
import { podTemplateValidationOptions } from '../shared/validation-options.js';

const SPEC = Path.of('spec');
const TEMPLATE = SPEC.child('template');
/** Counts changes of the template; a field once, an annotation in apps/v1. */
const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

function defaults(set: DaemonSet): void {
  set.spec ??= {} as DaemonSetSpec;
  const { spec } = set;
  spec.template ??= {};
  podTemplateDefaults(spec.template);
  spec.updateStrategy ??= {};
  spec.updateStrategy.type ||= 'RollingUpdate';
  if (spec.updateStrategy.type === 'RollingUpdate') {
    spec.updateStrategy.rollingUpdate ??= {};
    spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1;
    spec.updateStrategy.rollingUpdate.maxSurge ??= 0;
  }
  spec.revisionHistoryLimit ??= 10;
  // An apps/v1 DaemonSet shows the internal field: who sends it without has set it back.
  set.metadata.annotations = { ...set.metadata.annotations, [TEMPLATE_GENERATION]: set.metadata.annotations?.[TEMPLATE_GENERATION] ?? '0' };
}

const templateGeneration = ({ metadata }: DaemonSet): number => Number.parseInt(metadata.annotations?.[TEMPLATE_GENERATION] ?? '0', 10) || 0;

function setTemplateGeneration(set: DaemonSet, generation: number): void {
  set.metadata.annotations = { ...set.metadata.annotations, [TEMPLATE_GENERATION]: String(generation) };
}

function updateStrategyErrors({ updateStrategy }: DaemonSetSpec): FieldError[] {
  const path = SPEC.child('updateStrategy');
  const { type, rollingUpdate } = updateStrategy ?? {};
  const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate ?? {};
  if (type === 'OnDelete') return [];
  if (type !== 'RollingUpdate') {
    // The internal struct, as Go shows it.
    const shown = { Type: type ?? '', RollingUpdate: rollingUpdate ? { MaxUnavailable: maxUnavailable, MaxSurge: maxSurge } : null };
    return [notSupported(path, shown, ['RollingUpdate', 'OnDelete'])];
  }
  const rolling = path.child('rollingUpdate');
  const [unavailable, surge] = [rolling.child('maxUnavailable'), rolling.child('maxSurge')];
  const errors = [...intOrPercentErrors(maxUnavailable, unavailable), ...intOrPercentErrors(maxSurge, surge), ...overHundredErrors(maxUnavailable, unavailable), ...overHundredErrors(maxSurge, surge)];
  const [hasUnavailable, hasSurge] = [numberOf(maxUnavailable) !== 0, numberOf(maxSurge) !== 0];
  if (hasUnavailable && hasSurge) errors.push(invalid(surge, maxSurge, 'may not be set when maxUnavailable is non-zero'));
  if (!hasUnavailable && !hasSurge) errors.push(required(unavailable, 'cannot be 0 when maxSurge is 0'));
  return errors;
}

function specErrors({ spec }: DaemonSet, old?: DaemonSet): FieldError[] {
  const { selector, template } = spec;
  const options = podTemplateValidationOptions(old?.spec.template);
  const allowInvalidValues = old !== undefined && validateLabelSelector(old.spec.selector, SPEC).length > 0;
  const errors = validateLabelSelector(selector, SPEC.child('selector'), { allowInvalidValues });
  const matcher = matcherOf(selector);
  const labels = template.metadata?.labels;
  if (matcher && !matcher.matches(labels)) errors.push(invalid(TEMPLATE.child('metadata', 'labels'), goMap(labels), '`selector` does not match template `labels`'));
  if (selector && isEmptySelector(selector)) errors.push(invalid(SPEC.child('selector'), goSelector(selector), 'empty selector is invalid for daemonset'));
  errors.push(...validatePodTemplate(template, TEMPLATE, options));
  const { restartPolicy, activeDeadlineSeconds } = template.spec ?? {};
  if (restartPolicy !== 'Always') errors.push(notSupported(TEMPLATE.child('spec', 'restartPolicy'), restartPolicy ?? '', ['Always']));
  if (activeDeadlineSeconds !== undefined) errors.push(forbidden(TEMPLATE.child('spec', 'activeDeadlineSeconds'), 'activeDeadlineSeconds in DaemonSet is not Supported'));
  return [
    ...errors,
    ...validateNonNegative(spec.minReadySeconds, SPEC.child('minReadySeconds')),
    ...updateStrategyErrors(spec),
    ...validateNonNegative(spec.revisionHistoryLimit, SPEC.child('revisionHistoryLimit')),
  ];
}

const NO_STATUS: DaemonSetStatus = { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 };

const statusErrors = ({ status = NO_STATUS }: DaemonSet, old: DaemonSet): FieldError[] =>
  new CountChecks<DaemonSetStatus>(status, Path.of('status'))
    .nonNegative(
      'currentNumberScheduled',
      'numberMisscheduled',
      'desiredNumberScheduled',
      'numberReady',
      'observedGeneration',
      'updatedNumberScheduled',
      'numberAvailable',
      'numberUnavailable',
      'collisionCount',
    )
    .notDecremented('collisionCount', old.status).errors;

const strategy: Strategy<DaemonSet> = {
  generation: 'spec',
  defaults,
  prepareForCreate(set) {
    prepareTemplate(set.spec.template);
    set.status = { ...NO_STATUS };
    setTemplateGeneration(set, Math.max(1, templateGeneration(set)));
  },
  prepareForUpdate(set, old) {
    prepareTemplate(set.spec.template, old.spec.template);
    setTemplateGeneration(set, templateGeneration(old) + (semanticEqual(set.spec.template, old.spec.template) ? 0 : 1));
  },
  validate: (set) => specErrors(set),
  validateUpdate: (set, old) => [...immutableSelector(set.spec.selector, old.spec.selector, SPEC.child('selector')), ...specErrors(set, old)],
  warnings: (set, old) => (old && templateGeneration(set) === templateGeneration(old) ? [] : templateWarnings(set.spec.template, TEMPLATE)),
  resetFields: [['status']],
};

const statusRoute = statusStrategy(strategy, {
  prepareForUpdate(set, old) {
    set.spec = old.spec;
    setTemplateGeneration(set, templateGeneration(old));
  },
  validateUpdate: statusErrors,
});

/** DaemonSets: https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/ */
export const daemonSetKind = defineKind<DaemonSet>(
  { group: 'apps', version: 'v1', kind: 'DaemonSet' },
  {
    strategy,
    subresources: { status: { type: 'object', strategy: statusRoute as Strategy } },
    cells: ({ metadata, spec, status }, nowMs) => [
      metadata.name,
      status?.desiredNumberScheduled ?? 0,
      status?.currentNumberScheduled ?? 0,
      status?.numberReady ?? 0,
      status?.updatedNumberScheduled ?? 0,
      status?.numberAvailable ?? 0,
      labelsCell(spec.template.spec?.nodeSelector),
      age(metadata.creationTimestamp, nowMs),
      ...containerCells(spec.template.spec?.containers),
      selectorCell(spec.selector),
    ],
  },
);
