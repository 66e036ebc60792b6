import { Path, required, type FieldError } from '../../api/field.js';
import { labelMatcherFromSet } from '../../api/label-selector.js';
import { isLongName } from '../../api/names.js';
import type { ReplicationController, ReplicationControllerSpec, ReplicationControllerStatus } from '../../api/types/core-v1.js';
import type { Strategy } from '../../registry/kind.js';
import { CountChecks } from '../common/counts.js';
import { age, containerCells, labelsCell } from '../common/printing.js';
import { replicasScale } from '../common/scale.js';
import { lastingTemplateErrors, podNameWarnings, prepareTemplate, templateWarnings } from '../common/workload.js';
import { defineKind, statusStrategy } from '../define-kind.js';
import { podTemplateDefaults } from '../shared/pod-spec-defaults.js';
import { validateNonNegative } from '../shared/simple-checks.js';
import { podTemplateValidationOptions } from '../shared/validation-options.js';

const SPEC = Path.of('spec');
const TEMPLATE = SPEC.child('template');
const isEmpty = (map: object | undefined): boolean => Object.keys(map ?? {}).length === 0;

function defaults(controller: ReplicationController): void {
  controller.spec ??= {} as ReplicationControllerSpec;
  const { spec, metadata } = controller;
  if (spec.template) podTemplateDefaults(spec.template);
  const labels = spec.template?.metadata?.labels;
  if (!isEmpty(labels)) {
    if (isEmpty(spec.selector)) spec.selector = { ...labels };
    if (isEmpty(metadata.labels)) metadata.labels = { ...labels };
  }
  spec.replicas ??= 1;
}

function specErrors({ spec }: ReplicationController, old?: ReplicationController): FieldError[] {
  return [
    ...validateNonNegative(spec.minReadySeconds, SPEC.child('minReadySeconds')),
    ...(isEmpty(spec.selector) ? [required(SPEC.child('selector'))] : []),
    ...validateNonNegative(spec.replicas, SPEC.child('replicas')),
    ...(spec.template
      ? lastingTemplateErrors(spec.template, labelMatcherFromSet(spec.selector), TEMPLATE, podTemplateValidationOptions(old?.spec.template), 'ReplicationController')
      : [required(TEMPLATE)]),
  ];
}

const statusErrors = ({ status = { replicas: 0 } }: ReplicationController): FieldError[] =>
  new CountChecks<ReplicationControllerStatus>(status, Path.of('status'))
    .nonNegative('replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration')
    .atMost('replicas', 'status.replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas')
    .atMost('readyReplicas', 'readyReplicas', 'availableReplicas').errors;

const strategy: Strategy<ReplicationController> = {
  // Prefixes of generated names are not looked at.
  nameErrors: (name, prefix) => (prefix ? [] : isLongName(name)),
  generation: 'spec',
  garbageCollection: 'orphan',
  defaults,
  prepareForCreate(controller) {
    controller.status = { replicas: 0 };
    prepareTemplate(controller.spec.template);
  },
  prepareForUpdate: (controller, old) => prepareTemplate(controller.spec.template, old.spec.template),
  validate: (controller) => specErrors(controller),
  validateUpdate: specErrors,
  warnings(controller, old) {
    if (!old) return [...podNameWarnings(controller), ...templateWarnings(controller.spec.template, TEMPLATE)];
    // Kubernetes looks at the old template here, by mistake.
    return controller.metadata.generation === old.metadata.generation ? [] : templateWarnings(old.spec.template, TEMPLATE);
  },
  resetFields: [['status']],
};

/** The elder brother of ReplicaSets. */
export const replicationControllerKind = defineKind<ReplicationController>(
  { group: '', version: 'v1', kind: 'ReplicationController' },
  {
    strategy,
    subresources: {
      status: { type: 'object', strategy: statusStrategy(strategy, { validateUpdate: statusErrors }) as Strategy },
      scale: replicasScale(strategy, ({ spec }) => labelMatcherFromSet(spec.selector).toString()),
    },
    selectableFields: { 'status.replicas': ({ status }) => String(status?.replicas ?? 0) },
    cells: ({ metadata, spec, status }, nowMs) => [
      metadata.name,
      spec.replicas ?? 0,
      status?.replicas ?? 0,
      status?.readyReplicas ?? 0,
      age(metadata.creationTimestamp, nowMs),
      ...containerCells(spec.template?.spec?.containers),
      labelsCell(spec.selector),
    ],
  },
);
