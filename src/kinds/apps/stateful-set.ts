import { forbidden, invalid, notSupported, Path, type FieldError } from '../../api/field.js';
import { isDns1123Label, nameIsDnsLabel } from '../../api/names.js';
import { Quantity } from '../../api/quantity.js';
import type { StatefulSet, StatefulSetSpec, StatefulSetStatus } from '../../api/types/apps-v1.js';
import type { PodTemplateSpec, Volume } from '../../api/types/core-v1.js';
import { deepClone } from '../../base/freeze.js';
import type { Strategy } from '../../registry/kind.js';
import { CountChecks } from '../common/counts.js';
import { semanticEqual } from '../common/equality.js';
import { goSelector } from '../common/go-map.js';
import { intOrPercentErrors, numberOf, overHundredErrors } from '../common/int-or-percent.js';
import { age, containerCells } from '../common/printing.js';
import { replicasScale } from '../common/scale.js';
import { matcherOf, selectorErrors, templateLabelErrors, prepareTemplate, templateWarnings } from '../common/workload.js';
import { defineKind, statusStrategy } from '../define-kind.js';
import { validateAnnotations } from '../shared/annotations.js';
import { validateClaimSpec } from '../shared/claim-spec-validation.js';
import { validateLabels } from '../shared/label-validation.js';
import { validatePodAnnotations } from '../shared/pod-annotation-validation.js';
import { podTemplateDefaults } from '../shared/pod-spec-defaults.js';
import { validatePodTemplate } from '../shared/pod-spec-validation.js';
import { isWholeNumber, roundUpToMilli } from '../shared/resource-list.js';
import { validateNonNegative } from '../shared/simple-checks.js';
import { podTemplateValidationOptions, type PodValidationOptions } from '../shared/validation-options.js';

const SPEC = Path.of('spec');
const TEMPLATE = SPEC.child('template');
const RETENTION = ['Retain', 'Delete'];

function defaults(set: StatefulSet): void {
  set.spec ??= {} as StatefulSetSpec;
  const { spec } = set;
  spec.template ??= {};
  podTemplateDefaults(spec.template);
  for (const claim of spec.volumeClaimTemplates ?? []) {
    claim.apiVersion = 'v1';
    claim.kind = 'PersistentVolumeClaim';
    claim.spec ??= {};
    claim.spec.volumeMode ??= 'Filesystem';
    claim.status = { ...claim.status, phase: claim.status?.phase || 'Pending' };
    roundUpToMilli(claim.spec.resources?.limits);
    roundUpToMilli(claim.spec.resources?.requests);
  }
  spec.podManagementPolicy ||= 'OrderedReady';
  spec.updateStrategy ??= {};
  if (!spec.updateStrategy.type) {
    spec.updateStrategy.type = 'RollingUpdate';
    spec.updateStrategy.rollingUpdate ??= {};
  }
  if (spec.updateStrategy.type === 'RollingUpdate' && spec.updateStrategy.rollingUpdate) {
    spec.updateStrategy.rollingUpdate.partition ??= 0;
  }
  spec.persistentVolumeClaimRetentionPolicy ??= {};
  spec.persistentVolumeClaimRetentionPolicy.whenDeleted ||= 'Retain';
  spec.persistentVolumeClaimRetentionPolicy.whenScaled ||= 'Retain';
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
}

interface Options {
  readonly pod: PodValidationOptions;
  /** Immutable on update, so what is there may stay. */
  readonly existing: boolean;
  readonly skipTemplate: boolean;
}

function updateStrategyErrors({ updateStrategy }: StatefulSetSpec): FieldError[] {
  const path = SPEC.child('updateStrategy');
  const { type, rollingUpdate } = updateStrategy ?? {};
  // The internal struct, as Go shows it.
  const shown = rollingUpdate ? { Partition: rollingUpdate.partition ?? 0, MaxUnavailable: rollingUpdate.maxUnavailable ?? null } : null;
  const rolling = path.child('rollingUpdate');
  switch (type) {
    case 'OnDelete':
      return rollingUpdate ? [invalid(rolling, shown, "only allowed for updateStrategy 'RollingUpdate'")] : [];
    case 'RollingUpdate': {
      if (!rollingUpdate) return [];
      const errors = validateNonNegative(rollingUpdate.partition, rolling.child('partition'));
      const { maxUnavailable } = rollingUpdate;
      const at = rolling.child('maxUnavailable');
      if (maxUnavailable === undefined) return errors;
      return [...errors, ...intOrPercentErrors(maxUnavailable, at), ...(numberOf(maxUnavailable) === 0 ? [invalid(at, maxUnavailable, 'cannot be 0')] : []), ...overHundredErrors(maxUnavailable, at)];
    }
    default:
      return [invalid(path, { Type: type ?? '', RollingUpdate: shown }, "must be 'RollingUpdate' or 'OnDelete'")];
  }
}

/** The template as its pods will be: names and claims are the controller's, whatever the template says. */
function effectiveTemplate({ template, volumeClaimTemplates = [] }: StatefulSetSpec): PodTemplateSpec {
  const effective = deepClone(template);
  if (!effective.spec) return effective;
  delete effective.spec.subdomain;
  delete effective.spec.hostname;
  if (volumeClaimTemplates.length === 0) return effective;
  const claims = new Map(volumeClaimTemplates.map(({ metadata }) => [metadata.name, { name: metadata.name, persistentVolumeClaim: { claimName: metadata.name } } satisfies Volume]));
  effective.spec.volumes = [...claims.values(), ...(effective.spec.volumes ?? []).filter((volume) => !claims.has(volume.name))];
  return effective;
}

function specErrors({ spec }: StatefulSet, options: Options): FieldError[] {
  const policy = spec.podManagementPolicy;
  const retention = spec.persistentVolumeClaimRetentionPolicy;
  const errors: FieldError[] = [];
  if (policy !== 'OrderedReady' && policy !== 'Parallel') errors.push(invalid(SPEC.child('podManagementPolicy'), policy, "must be 'OrderedReady' or 'Parallel'"));
  errors.push(...updateStrategyErrors(spec));
  for (const when of ['whenDeleted', 'whenScaled'] as const) {
    const value = retention?.[when];
    if (value !== undefined && !RETENTION.includes(value)) errors.push(notSupported(SPEC.child('persistentVolumeClaimRetentionPolicy', when), value, RETENTION));
  }
  if (!options.existing) errors.push(...(spec.volumeClaimTemplates ?? []).flatMap((claim, i) => validateClaimSpec(claim.spec, SPEC.child('volumeClaimTemplates').index(i).child('spec'))));
  errors.push(
    ...validateNonNegative(spec.replicas, SPEC.child('replicas')),
    ...validateNonNegative(spec.minReadySeconds, SPEC.child('minReadySeconds')),
    ...validateNonNegative(spec.ordinals?.start, SPEC.child('ordinals.start')),
  );
  const { serviceName } = spec;
  if (!options.existing && serviceName) errors.push(...isDns1123Label(serviceName).map((text) => invalid(SPEC.child('serviceName'), serviceName, text)));
  errors.push(...selectorErrors(spec.selector, 'empty selector is invalid for statefulset', SPEC.child('selector')));
  const matcher = matcherOf(spec.selector);
  if (!matcher) errors.push(invalid(SPEC.child('selector'), goSelector(spec.selector), ''));
  else {
    const template = effectiveTemplate(spec);
    const { labels, annotations } = template.metadata ?? {};
    errors.push(
      ...templateLabelErrors(template, matcher, TEMPLATE),
      ...(options.skipTemplate ? [] : validatePodTemplate(template, TEMPLATE, options.pod)),
      // Kubernetes checks these twice.
      ...validateLabels(labels, TEMPLATE.child('labels')),
      ...validateAnnotations(annotations, TEMPLATE.child('annotations')),
      ...validatePodAnnotations(annotations, template.spec ?? { containers: [] }, TEMPLATE.child('annotations'), options.pod),
    );
  }
  const { restartPolicy, activeDeadlineSeconds } = spec.template.spec ?? {};
  if (restartPolicy !== 'Always') errors.push(notSupported(TEMPLATE.child('spec', 'restartPolicy'), restartPolicy ?? '', ['Always']));
  if (activeDeadlineSeconds !== undefined) errors.push(forbidden(TEMPLATE.child('spec', 'activeDeadlineSeconds'), 'activeDeadlineSeconds in StatefulSet is not Supported'));
  return errors;
}

/** The fields that may change. */
const MUTABLE = ['replicas', 'template', 'updateStrategy', 'minReadySeconds', 'ordinals', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy'] as const;

function fixedPart(spec: StatefulSetSpec): Partial<StatefulSetSpec> {
  const fixed: Partial<StatefulSetSpec> = { ...spec };
  for (const name of MUTABLE) delete fixed[name];
  return fixed;
}

function validateUpdate(set: StatefulSet, old: StatefulSet): FieldError[] {
  const pod = podTemplateValidationOptions(old.spec.template);
  const skipTemplate = specErrors(old, { pod, existing: true, skipTemplate: false }).length > 0;
  const errors = specErrors(set, { pod, existing: true, skipTemplate });
  if (!semanticEqual(fixedPart(set.spec), fixedPart(old.spec))) {
    errors.push(
      forbidden(
        SPEC,
        "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
      ),
    );
  }
  return errors;
}

function warnings(set: StatefulSet, old: StatefulSet | undefined): string[] {
  const { spec, metadata } = set;
  const list = old && metadata.generation === old.metadata.generation ? [] : templateWarnings(spec.template, TEMPLATE);
  (spec.volumeClaimTemplates ?? []).forEach((claim, i) => {
    const at = SPEC.child('volumeClaimTemplates').index(i);
    for (const which of ['requests', 'limits'] as const) {
      const amount = claim.spec.resources?.[which]?.['storage'];
      if (amount === undefined || isWholeNumber(amount)) continue;
      const path = (old ? at.child('Spec') : at).child('resources', which).key('storage');
      list.push(`${String(path)}: fractional byte value ${JSON.stringify(Quantity.parse(amount).toString())} is invalid, must be an integer`);
    }
  });
  if ((spec.revisionHistoryLimit ?? 0) < 0) list.push('spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended');
  return list;
}

const statusErrors = ({ status = { replicas: 0 } }: StatefulSet, old: StatefulSet): FieldError[] =>
  new CountChecks<StatefulSetStatus>(status, Path.of('status'))
    .nonNegative('replicas', 'readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas', 'observedGeneration', 'collisionCount')
    .atMost('replicas', 'status.replicas', 'readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas')
    .atMost('readyReplicas', 'status.readyReplicas', 'availableReplicas')
    .notDecremented('collisionCount', old.status).errors;

const strategy: Strategy<StatefulSet> = {
  nameErrors: nameIsDnsLabel,
  generation: 'spec',
  defaults,
  prepareForCreate(set) {
    prepareTemplate(set.spec.template);
    // MaxUnavailableStatefulSet is off in v1.36.
    delete set.spec.updateStrategy?.rollingUpdate?.maxUnavailable;
    set.status = { replicas: 0 };
  },
  prepareForUpdate(set, old) {
    prepareTemplate(set.spec.template, old.spec.template);
    if (old.spec.updateStrategy?.rollingUpdate?.maxUnavailable === undefined) delete set.spec.updateStrategy?.rollingUpdate?.maxUnavailable;
  },
  validate: (set) => specErrors(set, { pod: podTemplateValidationOptions(), existing: false, skipTemplate: false }),
  validateUpdate,
  warnings,
  resetFields: [['status']],
};

/** StatefulSets: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/ */
export const statefulSetKind = defineKind<StatefulSet>(
  { group: 'apps', version: 'v1', kind: 'StatefulSet' },
  {
    strategy,
    subresources: {
      status: { type: 'object', strategy: statusStrategy(strategy, { validateUpdate: statusErrors }) as Strategy },
      scale: replicasScale(strategy, ({ spec }) => matcherOf(spec.selector)?.toString() ?? ''),
    },
    cells: ({ metadata, spec, status }, nowMs) => [
      metadata.name,
      `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
      age(metadata.creationTimestamp, nowMs),
      ...containerCells(spec.template.spec?.containers),
    ],
  },
);
