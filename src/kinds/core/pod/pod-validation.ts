import { forbidden, Path, type FieldError } from '../../../api/field.js';
import type { Pod } from '../../../api/types/core-v1.js';
import { validateImageSpace } from '../../shared/container-validation.js';
import { validateAnnotationsMatchFields, validatePodAnnotations } from '../../shared/pod-annotation-validation.js';
import { validatePodSpec } from '../../shared/pod-spec-validation.js';
import { podValidationOptions, type PodValidationOptions } from '../../shared/validation-options.js';

const ANNOTATIONS = Path.of('metadata', 'annotations');
export const SPEC = Path.of('spec');

/** Errors of a new pod beyond its metadata (ValidatePodCreate). */
export function validatePodCreate(pod: Pod): FieldError[] {
  const { spec, metadata } = pod;
  const errors = validatePodSpecAndAnnotations(pod, podValidationOptions(true));
  if ((spec.ephemeralContainers ?? []).length > 0) errors.push(forbidden(SPEC.child('ephemeralContainers'), 'cannot be set on create'));
  if (spec.nodeName && (spec.schedulingGates ?? []).length > 0) errors.push(forbidden(SPEC.child('nodeName'), 'cannot be set until all schedulingGates have been cleared'));
  return [...errors, ...validateAnnotationsMatchFields(metadata.annotations, spec, SPEC)];
}

/** What holds for a pod at any time. */
export function validatePodSpecAndAnnotations(pod: Pod, options: PodValidationOptions): FieldError[] {
  const { spec, metadata } = pod;
  const errors = [
    ...validatePodAnnotations(metadata.annotations, spec, ANNOTATIONS, options),
    ...validatePodSpec(spec, { name: metadata.name, annotations: metadata.annotations }, SPEC, options),
  ];
  if (!spec.serviceAccountName) {
    (spec.volumes ?? []).forEach((volume, i) =>
      (volume.projected?.sources ?? []).forEach((source, j) => {
        const at = SPEC.child('volumes').index(i).child('projected', 'sources').index(j).child('serviceAccountToken');
        if (source.serviceAccountToken) errors.push(forbidden(at, 'must not be specified when serviceAccountName is not set'));
      }),
    );
  }
  for (const list of ['containers', 'initContainers'] as const) {
    (spec[list] ?? []).forEach((container, i) => errors.push(...validateImageSpace(container, SPEC.child(list).index(i))));
  }
  return errors;
}
