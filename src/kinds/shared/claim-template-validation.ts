import { forbidden, type FieldError, type Path } from '../../api/field.js';
import type { ObjectMeta } from '../../api/object.js';
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

/** A pointer's zero is a value. */
const isSet = (value: unknown, field: (typeof FORBIDDEN_METADATA)[number]): boolean => (field === 'deletionGracePeriodSeconds' ? value !== undefined : Boolean(value));

/** Metadata of a claim's template, of which only labels and annotations are used: nothing else may be there, not even an empty list. */
export function validateTemplateMetadata(metadata: ObjectMeta | undefined, path: Path): FieldError[] {
  return [
    ...validateAnnotations(metadata?.annotations, path.child('annotations')),
    ...validateLabels(metadata?.labels, path.child('labels')),
    ...FORBIDDEN_METADATA.flatMap((field) => (isSet(metadata?.[field], field) ? [forbidden(path.child(field === 'uid' ? 'uID' : field), 'cannot be set')] : [])),
  ];
}

/** The template of an ephemeral volume's claim. */
export function validateClaimTemplate({ metadata, spec }: PersistentVolumeClaimTemplate, path: Path): FieldError[] {
  return [...validateTemplateMetadata(metadata, path.child('metadata')), ...validateClaimSpec(spec ?? {}, path.child('spec'))];
}
