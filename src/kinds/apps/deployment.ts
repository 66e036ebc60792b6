import { forbidden, invalid, notSupported, Path, type FieldError } from '../../api/field.js';
import type { Deployment, DeploymentSpec, DeploymentStatus, DeploymentStrategy } from '../../api/types/apps-v1.js';
import type { Strategy } from '../../registry/kind.js';
import { CountChecks } from '../common/counts.js';
import { semanticEqual } from '../common/equality.js';
import { goSelector } from '../common/go-map.js';
import { intOrPercentErrors, numberOf, overHundredErrors } from '../common/int-or-percent.js';
import { age, containerCells } from '../common/printing.js';
import { replicasScale } from '../common/scale.js';
import { immutableSelector, lastingTemplateErrors, matcherOf, podNameWarnings, selectorErrors, prepareTemplate, templateWarnings } from '../common/workload.js';
import { defineKind, statusStrategy } from '../define-kind.js';
import { podTemplateDefaults } from '../shared/pod-spec-defaults.js';
import { validateNonNegative } from '../shared/simple-checks.js';
import { podTemplateValidationOptions } from '../shared/validation-options.js';

const SPEC = Path.of('spec');

function defaults(deployment: Deployment): void {
  deployment.spec ??= {} as DeploymentSpec;
  const { spec } = deployment;
  spec.template ??= {};
  podTemplateDefaults(spec.template);
  spec.replicas ??= 1;
  spec.strategy ??= {};
  spec.strategy.type ||= 'RollingUpdate';
  if (spec.strategy.type === 'RollingUpdate') {
    spec.strategy.rollingUpdate ??= {};
    spec.strategy.rollingUpdate.maxUnavailable ??= '25%';
    spec.strategy.rollingUpdate.maxSurge ??= '25%';
  }
  spec.revisionHistoryLimit ??= 10;
  spec.progressDeadlineSeconds ??= 600;
}

function strategyErrors({ type, rollingUpdate }: DeploymentStrategy): FieldError[] {
  const path = SPEC.child('strategy');
  const rolling = path.child('rollingUpdate');
  switch (type) {
    case 'Recreate':
      return rollingUpdate ? [forbidden(rolling, "may not be specified when strategy `type` is 'Recreate'")] : [];
    case 'RollingUpdate': {
      const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate ?? {};
      const at = rolling.child('maxUnavailable');
      return [
        ...intOrPercentErrors(maxUnavailable, at),
        ...intOrPercentErrors(maxSurge, rolling.child('maxSurge')),
        ...(numberOf(maxUnavailable) === 0 && numberOf(maxSurge) === 0 ? [invalid(at, maxUnavailable, 'may not be 0 when `maxSurge` is 0')] : []),
        ...overHundredErrors(maxUnavailable, at),
      ];
    }
    default: {
      // The internal struct, as Go shows it.
      const shown = { Type: type ?? '', RollingUpdate: rollingUpdate ? { MaxUnavailable: rollingUpdate.maxUnavailable ?? 0, MaxSurge: rollingUpdate.maxSurge ?? 0 } : null };
      return [notSupported(path, shown, ['Recreate', 'RollingUpdate'])];
    }
  }
}

function specErrors({ spec }: Deployment, old?: Deployment): FieldError[] {
  const selectorPath = SPEC.child('selector');
  const errors = [...validateNonNegative(spec.replicas, SPEC.child('replicas')), ...selectorErrors(spec.selector, 'empty selector is invalid for deployment', selectorPath)];
  const matcher = matcherOf(spec.selector);
  if (!matcher) errors.push(invalid(selectorPath, goSelector(spec.selector), 'invalid label selector'));
  else errors.push(...lastingTemplateErrors(spec.template, matcher, SPEC.child('template'), podTemplateValidationOptions(old?.spec.template), 'ReplicaSet'));
  errors.push(
    ...strategyErrors(spec.strategy ?? {}),
    ...validateNonNegative(spec.minReadySeconds, SPEC.child('minReadySeconds')),
    ...validateNonNegative(spec.revisionHistoryLimit, SPEC.child('revisionHistoryLimit')),
  );
  const deadline = spec.progressDeadlineSeconds;
  if (deadline !== undefined) {
    const path = SPEC.child('progressDeadlineSeconds');
    errors.push(...validateNonNegative(deadline, path), ...(deadline <= (spec.minReadySeconds ?? 0) ? [invalid(path, deadline, 'must be greater than minReadySeconds')] : []));
  }
  return errors;
}

const statusErrors = ({ status = {} }: Deployment, old: Deployment): FieldError[] =>
  new CountChecks<DeploymentStatus>(status, Path.of('status'))
    .nonNegative('observedGeneration', 'replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas', 'unavailableReplicas', 'terminatingReplicas', 'collisionCount')
    .atMost('replicas', 'status.replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas')
    .atMost('readyReplicas', 'readyReplicas', 'availableReplicas')
    .notDecremented('collisionCount', old.status).errors;

const TEMPLATE = SPEC.child('template');

const strategy: Strategy<Deployment> = {
  // Counted here: annotations count too, since `kubectl rollout` works by them.
  generation: 'none',
  defaults,
  prepareForCreate(deployment) {
    prepareTemplate(deployment.spec.template);
    deployment.status = {};
    deployment.metadata.generation = 1;
  },
  prepareForUpdate(deployment, old) {
    prepareTemplate(deployment.spec.template, old.spec.template);
    const changed = !semanticEqual(deployment.spec, old.spec) || !semanticEqual(deployment.metadata.annotations, old.metadata.annotations);
    if (changed) deployment.metadata.generation = (old.metadata.generation ?? 0) + 1;
  },
  validate: (deployment) => specErrors(deployment),
  validateUpdate: (deployment, old) => [...specErrors(deployment, old), ...immutableSelector(deployment.spec.selector, old.spec.selector, SPEC.child('selector'))],
  warnings(deployment, old) {
    if (!old) return [...podNameWarnings(deployment), ...templateWarnings(deployment.spec.template, TEMPLATE)];
    return deployment.metadata.generation === old.metadata.generation ? [] : templateWarnings(deployment.spec.template, TEMPLATE);
  },
  resetFields: [['status']],
};

const statusRoute = statusStrategy(strategy, {
  prepareForUpdate(deployment, old) {
    deployment.spec = old.spec;
    if (old.metadata.labels) deployment.metadata.labels = old.metadata.labels;
    else delete deployment.metadata.labels;
  },
  validateUpdate: statusErrors,
  resetFields: [['spec'], ['metadata', 'labels']],
});

/** Deployments: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/ */
export const deploymentKind = defineKind<Deployment>(
  { group: 'apps', version: 'v1', kind: 'Deployment' },
  {
    strategy,
    subresources: {
      status: { type: 'object', strategy: statusRoute as Strategy },
      scale: replicasScale(strategy, ({ spec }) => matcherOf(spec.selector)?.toString() ?? ''),
    },
    cells: ({ metadata, spec, status }, nowMs) => [
      metadata.name,
      `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
      status?.updatedReplicas ?? 0,
      status?.availableReplicas ?? 0,
      age(metadata.creationTimestamp, nowMs),
      ...containerCells(spec.template.spec?.containers),
      matcherOf(spec.selector)?.toString() ?? '<invalid>',
    ],
  },
);
