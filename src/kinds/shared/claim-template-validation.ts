import { forbidden, type FieldError, type Path } from '../../api/field.js';
import type { PersistentVolumeClaimTemplate } from '../../api/types/core-v1.js';
import { validateAnnotations } from './annotations.js';
import { validateLabels } from './label-validation.js';
import { validateClaimSpec } from './claim-spec-validation.js';

/** What metadata of a template may not have, by Go's names in lower camel case as the errors show them. */
const FORBIDDEN_METADATA = [
  'name',
  'generateName',
  'namespace',
  'selfLink',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'ownerReferences',
  'finalizers',
  'managedFields',
] as const;

/** The template of an ephemeral volume's claim: only labels and annotations of its metadata are used. */
export function validateClaimTemplate({ metadata, spec }: PersistentVolumeClaimTemplate, path: Path): FieldError[] {
  const errors = [...validateAnnotations(metadata?.annotations, path.child('metadata', 'annotations')), ...validateLabels(metadata?.labels, path.child('metadata', 'labels'))];
  for (const field of FORBIDDEN_METADATA) {
    const value = metadata?.[field];
    const set = Array.isArray(value) ? value.length > 0 : Boolean(value);
    if (set) errors.push(forbidden(path.child('metadata').child(field === 'uid' ? 'uID' : field), 'cannot be set'));
  }
  return [...errors, ...validateClaimSpec(spec ?? {}, path.child('spec'))];
}
