import { forbidden, invalid, Path, required, type FieldError } from '../../../api/field.js';
import { isInRange } from '../../../api/names.js';
import type { Container, NodeAffinity, NodeSelectorTerm, Pod, PodSpec } from '../../../api/types/core-v1.js';
import { goJson, goValue } from '../../shared/go-value.js';
import { validatePodAnnotationUpdate } from '../../shared/pod-annotation-validation.js';
import { semanticEqual } from '../../shared/semantic-equal.js';
import { validateTolerations } from '../../shared/toleration-validation.js';
import { unifiedDiff } from '../../shared/unified-diff.js';
import { podValidationOptions, type PodValidationOptions } from '../../shared/validation-options.js';
import { SPEC, validatePodSpecAndAnnotations } from './pod-validation.js';

const INT32_MAX = 2 ** 31 - 1;
const UPDATABLE = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',');

/** Errors of an update through pods/NAME: little of a spec may change (ValidatePodUpdate). */
export function validatePodUpdate(pod: Pod, old: Pod): FieldError[] {
  const options = podValidationOptions(true, old.spec, old.metadata.annotations);
  const errors = [
    ...validatePodSpecAndAnnotations(pod, options),
    ...validatePodAnnotationUpdate(pod.metadata.annotations, old.metadata.annotations, Path.of('metadata', 'annotations')),
  ];
  for (const list of ['containers', 'initContainers'] as const) {
    const { errors: own, stop } = validateContainerUpdates(pod.spec[list] ?? [], old.spec[list] ?? [], SPEC.child(list));
    errors.push(...own);
    if (stop) return errors;
  }
  const deadline = validateDeadline(pod.spec.activeDeadlineSeconds, old.spec.activeDeadlineSeconds);
  errors.push(...deadline.errors);
  if (deadline.stop) return errors;
  errors.push(...validateAddedTolerations(pod.spec, old.spec, options));
  errors.push(...validateDeletedGates(pod.spec, old.spec));
  if (semanticEqual(pod.spec, old.spec)) return errors;

  const { munged, errors: gated } = undoAllowedChanges(pod.spec, old.spec);
  errors.push(...gated);
  if (!semanticEqual(munged, old.spec)) {
    const diff = unifiedDiff(goJson(goValue('PodSpec', old.spec)), goJson(goValue('PodSpec', munged)));
    errors.push(forbidden(SPEC, `pod updates may not change fields other than ${UPDATABLE}\n${diff}`));
  }
  return errors;
}

function validateContainerUpdates(containers: readonly Container[], old: readonly Container[], path: Path): { errors: FieldError[]; stop: boolean } {
  if (containers.length !== old.length) return { errors: [forbidden(path, 'pod updates may not add or remove containers')], stop: true };
  const errors = containers.flatMap(({ image = '' }, i) => {
    const at = path.index(i).child('image');
    return [...(image ? [] : [required(at)]), ...(image.trim() === image ? [] : [invalid(at, image, 'must not have leading or trailing whitespace')])];
  });
  return { errors, stop: false };
}

/** A deadline may be set once and come closer; it may not be taken away. */
function validateDeadline(deadline: number | undefined, old: number | undefined): { errors: FieldError[]; stop: boolean } {
  const path = SPEC.child('activeDeadlineSeconds');
  if (deadline === undefined) {
    return { errors: old === undefined ? [] : [invalid(path, null, 'must not update from a positive integer to nil value')], stop: false };
  }
  const range = isInRange(deadline, 0, INT32_MAX).map((text) => invalid(path, deadline, text));
  if (range.length > 0) return { errors: range, stop: true };
  if (old !== undefined && old < deadline) return { errors: [invalid(path, deadline, 'must be less than or equal to previous value')], stop: true };
  return { errors: [], stop: false };
}

function validateAddedTolerations(spec: PodSpec, old: PodSpec, options: PodValidationOptions): FieldError[] {
  const path = SPEC.child('tolerations');
  const kept = (old.tolerations ?? []).every((before) =>
    (spec.tolerations ?? []).some((after) => semanticEqual({ ...before, tolerationSeconds: undefined }, { ...after, tolerationSeconds: undefined })),
  );
  if (!kept) return [forbidden(path, 'existing toleration can not be modified except its tolerationSeconds')];
  return validateTolerations(spec.tolerations, path, options);
}

function validateDeletedGates(spec: PodSpec, old: PodSpec): FieldError[] {
  const before = new Set((old.schedulingGates ?? []).map(({ name }) => name));
  const added = new Map((spec.schedulingGates ?? []).map(({ name }, i) => [name, i]));
  return [...added]
    .filter(([name]) => !before.has(name))
    .map(([name, i]) => forbidden(SPEC.child('schedulingGates').index(i).child('name'), `only deletion is allowed, but found new scheduling gate '${name}'`));
}

/** The new spec with everything put back that an update may change: what is left over may not differ. */
function undoAllowedChanges(spec: PodSpec, old: PodSpec): { munged: PodSpec; errors: FieldError[] } {
  const munged: PodSpec = { ...spec };
  const errors: FieldError[] = [];
  for (const list of ['containers', 'initContainers'] as const) {
    const containers = spec[list]?.map((container, i) => ({ ...container, image: old[list]?.[i]?.image }));
    if (containers) munged[list] = containers;
  }
  for (const field of ['activeDeadlineSeconds', 'schedulingGates', 'tolerations'] as const) copyField(munged, old, field);
  if ((old.terminationGracePeriodSeconds ?? 0) < 0 && munged.terminationGracePeriodSeconds === 1) munged.terminationGracePeriodSeconds = old.terminationGracePeriodSeconds;
  if ((old.schedulingGates ?? []).length > 0) errors.push(...undoGatedChanges(munged, old));
  return { munged, errors };
}

function copyField<K extends keyof PodSpec>(to: PodSpec, from: PodSpec, field: K): void {
  if (from[field] === undefined) delete to[field];
  else to[field] = from[field];
}

/** A pod that waits for its scheduling gates may still be narrowed down to fewer nodes. */
function undoGatedChanges(munged: PodSpec, old: PodSpec): FieldError[] {
  const errors: FieldError[] = [];
  if (!semanticEqual(munged.nodeSelector, old.nodeSelector)) {
    if (Object.entries(old.nodeSelector ?? {}).some(([key, value]) => munged.nodeSelector?.[key] !== value)) {
      errors.push(invalid(SPEC.child('nodeSelector'), munged.nodeSelector ?? null, 'only additions to spec.nodeSelector are allowed (no mutations or deletions)'));
    }
    copyField(munged, old, 'nodeSelector');
  }
  const before = old.affinity?.nodeAffinity;
  const after = munged.affinity?.nodeAffinity;
  if (!semanticEqual(before, after)) {
    errors.push(...validateNodeAffinityMutation(after, before));
    const { nodeAffinity: _changed, ...rest } = munged.affinity ?? {};
    const affinity = { ...rest, ...(before ? { nodeAffinity: before } : {}) };
    if (Object.keys(affinity).length === 0 && !old.affinity) delete munged.affinity;
    else munged.affinity = affinity;
  }
  return errors;
}

function validateNodeAffinityMutation(affinity: NodeAffinity | undefined, old: NodeAffinity | undefined): FieldError[] {
  const before = old?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const after = affinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const path = SPEC.child('affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution', 'nodeSelectorTerms');
  const shown = (term: NodeSelectorTerm): object => goValue('NodeSelectorTerm', term);
  if (before.length > 0 && before.length !== after.length) {
    return [invalid(path, after.length > 0 ? after.map(shown) : null, 'no additions/deletions to non-empty NodeSelectorTerms list are allowed')];
  }
  return before.flatMap((term, i) => {
    const next = after[i] as NodeSelectorTerm;
    return onlyAdds(next, term) ? [] : [invalid(path.index(i), shown(next), 'only additions are allowed (no mutations or deletions)')];
  });
}

function onlyAdds(after: NodeSelectorTerm, before: NodeSelectorTerm): boolean {
  const lists = ['matchExpressions', 'matchFields'] as const;
  if (lists.every((list) => (before[list] ?? []).length === 0)) return lists.every((list) => (after[list] ?? []).length === 0);
  return lists.every((list) => {
    const start = before[list] ?? [];
    return start.length === 0 || semanticEqual((after[list] ?? []).slice(0, start.length), start);
  });
}
