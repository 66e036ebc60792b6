import { invalid, Path, type FieldError } from '../../api/field.js';
import type { ReplicaSet, ReplicaSetSpec, ReplicaSetStatus } from '../../api/types/apps-v1.js';
import type { Strategy } from '../../registry/kind.js';
import { goSelector } from '../common/go-map.js';
import { CountChecks } from '../common/counts.js';
import { age, containerCells, selectorCell } from '../common/printing.js';
import { replicasScale } from '../common/scale.js';
import { immutableSelector, lastingTemplateErrors, matcherOf, podNameWarnings, prepareTemplate, selectorErrors, templateWarnings } from '../common/workload.js';
import { defineKind, statusStrategy } from '../define-kind.js';
import { podTemplateDefaults } from '../shared/pod-spec-defaults.js';
import { validateNonNegative } from '../shared/simple-checks.js';
import { podTemplateValidationOptions } from '../shared/validation-options.js';

const SPEC = Path.of('spec');

function defaults(set: ReplicaSet): void {
  set.spec ??= {} as ReplicaSetSpec;
  const { spec } = set;
  spec.template ??= {};
  podTemplateDefaults(spec.template);
  spec.replicas ??= 1;
}

function specErrors({ spec }: ReplicaSet, old?: ReplicaSet): FieldError[] {
  const path = SPEC.child('selector');
  const { template = {} } = spec;
  const errors = [
    ...validateNonNegative(spec.replicas, SPEC.child('replicas')),
    ...validateNonNegative(spec.minReadySeconds, SPEC.child('minReadySeconds')),
    ...selectorErrors(spec.selector, 'empty selector is invalid for deployment', path),
  ];
  const matcher = matcherOf(spec.selector);
  if (!matcher) return [...errors, invalid(path, goSelector(spec.selector), 'invalid label selector')];
  return [...errors, ...lastingTemplateErrors(template, matcher, SPEC.child('template'), podTemplateValidationOptions(old?.spec.template), 'ReplicaSet')];
}

const statusErrors = ({ status }: ReplicaSet): FieldError[] =>
  new CountChecks<ReplicaSetStatus>(status ?? { replicas: 0 }, Path.of('status'))
    .nonNegative('replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration', 'terminatingReplicas')
    .atMost('replicas', 'status.replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas')
    .atMost('readyReplicas', 'readyReplicas', 'availableReplicas').errors;

const strategy: Strategy<ReplicaSet> = {
  generation: 'spec',
  defaults,
  prepareForCreate(set) {
    prepareTemplate(set.spec.template);
    set.status = { replicas: 0 };
  },
  prepareForUpdate: (set, old) => prepareTemplate(set.spec.template, old.spec.template),
  validate: (set) => specErrors(set),
  validateUpdate: (set, old) => [...specErrors(set, old), ...immutableSelector(set.spec.selector, old.spec.selector, SPEC.child('selector'))],
  warnings(set, old) {
    const names = old ? [] : podNameWarnings(set);
    return old?.metadata.generation === set.metadata.generation ? [] : [...names, ...templateWarnings(set.spec.template, SPEC.child('template'))];
  },
  resetFields: [['status']],
};

/** ReplicaSets: https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/ */
export const replicaSetKind = defineKind<ReplicaSet>(
  { group: 'apps', version: 'v1', kind: 'ReplicaSet' },
  {
    strategy,
    subresources: {
      status: { type: 'object', strategy: statusStrategy(strategy, { validateUpdate: statusErrors }) as Strategy },
      scale: replicasScale(strategy, ({ spec }) => matcherOf(spec.selector)?.toString() ?? ''),
    },
    cells: ({ metadata, spec, status }, nowMs) => [
      metadata.name,
      spec.replicas ?? 0,
      status?.replicas ?? 0,
      status?.readyReplicas ?? 0,
      age(metadata.creationTimestamp, nowMs),
      ...containerCells(spec.template?.spec?.containers),
      selectorCell(spec.selector),
    ],
  },
);
