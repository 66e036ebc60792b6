import { forbidden, Path, quote, type FieldError } from '../../../api/field.js';
import type { Pod } from '../../../api/types/core-v1.js';
import { goJson, goValue } from '../../shared/go-value.js';
import { MIRROR_POD, validatePodAnnotationUpdate } from '../../shared/pod-annotation-validation.js';
import { semanticEqual } from '../../shared/semantic-equal.js';
import { unifiedDiff } from '../../shared/unified-diff.js';
import { podValidationOptions } from '../../shared/validation-options.js';
import { SPEC, validatePodSpecAndAnnotations } from './pod-validation.js';

/** Errors of a write to pods/NAME/ephemeralcontainers: containers may only be added (ValidatePodEphemeralContainersUpdate). */
export function validateEphemeralUpdate(pod: Pod, old: Pod): FieldError[] {
  if (old.metadata.annotations?.[MIRROR_POD] !== undefined) return [{ type: 'FieldValueForbidden', field: '[]', value: '', detail: 'static pods do not support ephemeral containers' }];
  const errors = [
    ...validatePodSpecAndAnnotations(pod, podValidationOptions(true, old.spec, old.metadata.annotations)),
    ...validatePodAnnotationUpdate(pod.metadata.annotations, old.metadata.annotations, Path.of('metadata', 'annotations')),
  ];
  const path = SPEC.child('ephemeralContainers');
  const byName = new Map((pod.spec.ephemeralContainers ?? []).map((container) => [container.name, container]));
  for (const before of old.spec.ephemeralContainers ?? []) {
    const after = byName.get(before.name);
    if (!after) {
      errors.push(forbidden(path, `existing ephemeral containers ${quote(before.name)} may not be removed\n`));
    } else if (!semanticEqual(before, after)) {
      const diff = unifiedDiff(goJson(goValue('EphemeralContainer', before)), goJson(goValue('EphemeralContainer', after)));
      errors.push(forbidden(path, `existing ephemeral containers ${quote(before.name)} may not be changed\n${diff}`));
    }
  }
  return errors;
}
