import { invalid, Path, required, type FieldError } from '../../api/field.js';
import { isDns1123Label } from '../../api/names.js';
import { humanDuration, timeMs } from '../../api/time.js';
import type { Job, JobSpec } from '../../api/types/batch-v1.js';
import type { PodTemplateSpec } from '../../api/types/core-v1.js';
import { deepClone } from '../../base/freeze.js';
import type { Strategy } from '../../registry/kind.js';
import { immutableField, IMMUTABLE_TEXT, semanticEqual } from '../common/equality.js';
import { goMap, goSelector } from '../common/go-map.js';
import { goTemplate } from '../common/go-template.js';
import { age, containerCells, selectorCell } from '../common/printing.js';
import { immutableSelector, matcherOf, podNameWarnings, prepareTemplate, templateWarnings } from '../common/workload.js';
import { defineKind, statusStrategy } from '../define-kind.js';
import { goValue } from '../shared/go-value.js';
import { validateLabelSelector } from '../shared/label-validation.js';
import { podTemplateValidationOptions } from '../shared/validation-options.js';
import { goFailurePolicy, goSuccessPolicy, jobSpecErrors, jobTemplateDefaults } from './job-spec.js';
import { hasCondition, jobStatusErrors } from './job-status.js';

const SPEC = Path.of('spec');
const MAX_INT32 = 2 ** 31 - 1;
const UID_LABELS = ['controller-uid', 'batch.kubernetes.io/controller-uid'] as const;
const NAME_LABELS = ['job-name', 'batch.kubernetes.io/job-name'] as const;

const isEmpty = (map: object | undefined): boolean => Object.keys(map ?? {}).length === 0;

function defaults(job: Job): void {
  job.spec ??= {} as JobSpec;
  const { spec } = job;
  jobTemplateDefaults(spec);
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : MAX_INT32;
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed';
  spec.manualSelector ??= false;
  // As in Go the map is shared, so that labels that are generated for the template show here as well.
  const labels = spec.template.metadata?.labels;
  if (isEmpty(job.metadata.labels) && labels && !isEmpty(labels)) job.metadata.labels = labels;
}

/** Pods of a Job are told apart by the Job's uid, so that no two Jobs share them. */
function generateSelector(job: Job): void {
  const { spec, metadata } = job;
  if (spec.manualSelector) return;
  const given = spec.template.metadata?.labels;
  const labels: Record<string, string> = { ...given };
  for (const key of NAME_LABELS) labels[key] ??= metadata.name;
  for (const key of UID_LABELS) labels[key] ??= metadata.uid ?? '';
  // Read back, a Job without labels has those of its template, too.
  if (isEmpty(metadata.labels) || metadata.labels === given) metadata.labels = { ...labels };
  spec.template.metadata = { ...spec.template.metadata, labels } as PodTemplateSpec['metadata'];
  spec.selector = { ...spec.selector, matchLabels: { 'batch.kubernetes.io/controller-uid': metadata.uid ?? '', ...spec.selector?.matchLabels } };
}

function generatedSelectorErrors({ spec, metadata }: Job, prefixed: boolean): FieldError[] {
  if (spec.manualSelector || !spec.selector) return [];
  const uid = metadata.uid ?? '';
  const errors: FieldError[] = uid === '' ? [required(Path.of('metadata', 'uid'))] : [];
  const labels = spec.template.metadata?.labels ?? {};
  const check = (key: string, expected: string): void => {
    const path = SPEC.child('template', 'metadata', 'labels').key(key);
    const text = `must be '${expected}'`;
    if (labels[key] === undefined) errors.push(required(path, text));
    else if (labels[key] !== expected) errors.push(invalid(path, goMap(labels), text));
  };
  const expected: Record<string, string> = {};
  for (const i of prefixed ? ([0, 1] as const) : ([0] as const)) {
    check(UID_LABELS[i], uid);
    check(NAME_LABELS[i], metadata.name);
    expected[UID_LABELS[i]] = uid;
    expected[NAME_LABELS[i]] = metadata.name;
  }
  if (matcherOf(spec.selector)?.matches(expected) === false) errors.push(invalid(SPEC.child('selector'), goSelector(spec.selector), '`selector` not auto-generated'));
  return errors;
}

function specErrors({ spec }: Job, old?: Job): FieldError[] {
  const before = old?.spec.template;
  const errors = jobSpecErrors(spec, SPEC, podTemplateValidationOptions(before));
  const allowInvalidValues = old !== undefined && validateLabelSelector(old.spec.selector, SPEC).length > 0;
  errors.push(...(spec.selector ? validateLabelSelector(spec.selector, SPEC.child('selector'), { allowInvalidValues }) : [required(SPEC.child('selector'))]));
  const labels = spec.template.metadata?.labels;
  if (matcherOf(spec.selector)?.matches(labels) === false) errors.push(invalid(SPEC.child('template', 'metadata', 'labels'), goMap(labels), '`selector` does not match template `labels`'));
  return errors;
}

function jobErrors(job: Job, old?: Job): FieldError[] {
  const oldLabels = old?.spec.template.metadata?.labels ?? {};
  const prefixed = !old || (oldLabels[NAME_LABELS[1]] !== undefined && oldLabels[UID_LABELS[1]] !== undefined);
  const errors = [...generatedSelectorErrors(job, prefixed), ...specErrors(job, old)];
  const { completionMode, completions = 0 } = job.spec;
  const hostname = `${job.metadata.name}-${completions - 1}`;
  if (completionMode === 'Indexed' && completions > 0 && isDns1123Label(hostname).length > 0) {
    errors.push(invalid(Path.of('metadata', 'name'), job.metadata.name, `will not able to create pod with invalid DNS label: ${hostname}`));
  }
  return errors;
}

/** While a Job is suspended and none of its pods runs, queueing systems may say where its pods go and what they get. */
function templateErrors(job: Job, old: Job): FieldError[] {
  const path = SPEC.child('template');
  const mutable = old.spec.suspend === true && (!old.status?.startTime || hasCondition(old, 'Suspended')) && (old.status?.active ?? 0) === 0;
  const next = job.spec.template;
  const before = deepClone(old.spec.template);
  if (!mutable) return semanticEqual(next, before) ? [] : [invalid(path, goTemplate(next), IMMUTABLE_TEXT)];
  const [spec, oldSpec] = [next.spec, before.spec];
  if (!spec || !oldSpec) return [];
  const nodeAffinity = spec.affinity?.nodeAffinity;
  if (spec.affinity || oldSpec.affinity) {
    const { nodeAffinity: _own, ...rest } = oldSpec.affinity ?? {};
    const affinity = { ...rest, ...(nodeAffinity ? { nodeAffinity } : {}) };
    if (!spec.affinity && Object.keys(affinity).length === 0) delete oldSpec.affinity;
    else oldSpec.affinity = affinity;
  }
  const replaced = { ...oldSpec, nodeSelector: spec.nodeSelector, tolerations: spec.tolerations, schedulingGates: spec.schedulingGates };
  for (const list of ['containers', 'initContainers'] as const) {
    const [containers, oldContainers] = [spec[list] ?? [], replaced[list] ?? []];
    if (containers.length !== oldContainers.length) continue;
    oldContainers.forEach((container, i) => {
      const twin = containers[i];
      if (twin && twin.name === container.name) container.resources = twin.resources;
    });
  }
  return semanticEqual(spec, replaced) ? [] : [invalid(Path.of('spec', 'template.spec'), goValue('PodSpec', spec), IMMUTABLE_TEXT)];
}

function updateErrors(job: Job, old: Job): FieldError[] {
  const { spec } = job;
  const errors = specErrors(job, old);
  const completionsPath = SPEC.child('completions');
  if (spec.completionMode !== 'Indexed') errors.push(...immutableField(spec.completions ?? null, old.spec.completions, completionsPath));
  else if (spec.completions !== undefined && spec.completions !== old.spec.completions && spec.completions !== spec.parallelism) {
    errors.push(invalid(completionsPath, spec.completions, 'can only be modified in tandem with spec.parallelism'));
  }
  errors.push(...immutableSelector(spec.selector, old.spec.selector, SPEC.child('selector')), ...templateErrors(job, old));
  errors.push(...immutableField(spec.completionMode, old.spec.completionMode, SPEC.child('completionMode')));
  if (!semanticEqual(spec.podFailurePolicy, old.spec.podFailurePolicy)) errors.push(invalid(SPEC.child('podFailurePolicy'), goFailurePolicy(spec.podFailurePolicy), IMMUTABLE_TEXT));
  errors.push(...immutableField(spec.backoffLimitPerIndex, old.spec.backoffLimitPerIndex, SPEC.child('backoffLimitPerIndex')), ...immutableField(spec.managedBy, old.spec.managedBy, SPEC.child('managedBy')));
  if (!semanticEqual(spec.successPolicy, old.spec.successPolicy)) errors.push(invalid(SPEC.child('successPolicy'), goSuccessPolicy(spec.successPolicy), IMMUTABLE_TEXT));
  return errors;
}

/** Warnings that a Job's spec gets, also inside a CronJob. */
export function jobSpecWarnings({ completionMode, completions = 0, parallelism = 0, template }: JobSpec, path: Path): string[] {
  const huge = completionMode === 'Indexed' && completions > 100_000 && parallelism > 10_000;
  return [
    ...(huge
      ? [
          `${String(path)}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail`,
        ]
      : []),
    ...templateWarnings(template, path.child('template')),
  ];
}

const strategy: Strategy<Job> = {
  generation: 'spec',
  garbageCollection: 'orphan',
  deletionWarning: 'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning',
  defaults,
  prepareForCreate(job) {
    job.status = {};
    generateSelector(job);
    prepareTemplate(job.spec.template);
  },
  prepareForUpdate(job, old) {
    prepareTemplate(job.spec.template, old.spec.template);
  },
  validate: (job) => jobErrors(job),
  validateUpdate: (job, old) => [...jobErrors(job, old), ...updateErrors(job, old)],
  warnings(job, old) {
    if (!old) return [...podNameWarnings(job), ...jobSpecWarnings(job.spec, SPEC)];
    return job.metadata.generation === old.metadata.generation ? [] : jobSpecWarnings(job.spec, SPEC);
  },
  resetFields: [['status']],
};

function statusCell(job: Job): string {
  if (hasCondition(job, 'Complete')) return 'Complete';
  if (hasCondition(job, 'Failed')) return 'Failed';
  if (job.metadata.deletionTimestamp) return 'Terminating';
  return (['Suspended', 'FailureTarget', 'SuccessCriteriaMet'] as const).find((type) => hasCondition(job, type)) ?? 'Running';
}

function completionsCell({ spec, status }: Job): string {
  const succeeded = status?.succeeded ?? 0;
  if (spec.completions !== undefined) return `${succeeded}/${spec.completions}`;
  return (spec.parallelism ?? 0) > 1 ? `${succeeded}/1 of ${spec.parallelism}` : `${succeeded}/1`;
}

function durationCell({ status }: Job, nowMs: number): string {
  const start = timeMs(status?.startTime);
  return start === undefined ? '' : humanDuration((timeMs(status?.completionTime) ?? nowMs) - start);
}

/** Jobs: https://kubernetes.io/docs/concepts/workloads/controllers/job/ */
export const jobKind = defineKind<Job>(
  { group: 'batch', version: 'v1', kind: 'Job' },
  {
    strategy,
    subresources: { status: { type: 'object', strategy: statusStrategy(strategy, { validateUpdate: jobStatusErrors }) as Strategy } },
    unknownFieldText: (field) => `field label ${JSON.stringify(field)} not supported for Job`,
    selectableFields: { 'status.successful': ({ status }) => String(status?.succeeded ?? 0) },
    cells: (job, nowMs) => [
      job.metadata.name,
      statusCell(job),
      completionsCell(job),
      durationCell(job, nowMs),
      age(job.metadata.creationTimestamp, nowMs),
      ...containerCells(job.spec.template.spec?.containers),
      selectorCell(job.spec.selector),
    ],
  },
);
