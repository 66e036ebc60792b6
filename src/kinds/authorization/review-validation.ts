import { forbidden, invalid, Path, required, type FieldError } from '../../api/field.js';
import type { FieldSelectorAttributes, LabelSelectorAttributes, LocalSubjectAccessReview, NonResourceAttributes, SelfSubjectAccessReview, SubjectAccessReview } from '../../api/types/authorization-v1.js';
import type { FieldSelectorRequirement, ObjectMeta } from '../../api/types/meta-v1.js';
import { validateLabelRequirement } from '../shared/label-validation.js';

/** Errors of access reviews (k8s.io/kubernetes/pkg/apis/authorization/validation). */

type Review = SubjectAccessReview | LocalSubjectAccessReview | SelfSubjectAccessReview;

const METADATA = Path.of('metadata');
const SPEC = Path.of('spec');
const RESOURCE = Path.of('spec', 'resourceAttributes');
const NON_RESOURCE = SPEC.child('nonResourceAttributes');

export function reviewErrors(review: Review): FieldError[] {
  return [...attributesErrors(review), ...metadataErrors(review.metadata, ['managedFields'], 'must be empty')];
}

export function localReviewErrors(review: LocalSubjectAccessReview): FieldError[] {
  const { metadata, spec } = review;
  const { resourceAttributes, nonResourceAttributes } = spec;
  const errors = [...attributesErrors(review), ...metadataErrors(metadata, ['managedFields', 'namespace'], 'must be empty except for namespace')];
  if (resourceAttributes && (resourceAttributes.namespace ?? '') !== (metadata.namespace ?? '')) {
    errors.push(invalid(RESOURCE.child('namespace'), resourceAttributes.namespace ?? '', 'must match metadata.namespace'));
  }
  if (nonResourceAttributes) errors.push(invalid(NON_RESOURCE, goAttributes(nonResourceAttributes), 'disallowed on this kind of request'));
  return errors;
}

function attributesErrors({ kind, spec }: Review): FieldError[] {
  const { resourceAttributes: resource, nonResourceAttributes: other } = spec;
  const errors: FieldError[] = [];
  if (resource && other) errors.push(invalid(NON_RESOURCE, goAttributes(other), 'cannot be specified in combination with resourceAttributes'));
  if (!resource && !other) errors.push(invalid(RESOURCE, null, 'exactly one of nonResourceAttributes or resourceAttributes must be specified'));
  if (kind !== 'SelfSubjectAccessReview') {
    const { user, groups } = (spec as SubjectAccessReview['spec']) ?? {};
    if (!user && !groups?.length) errors.push(invalid(SPEC.child('user'), '', 'at least one of user or group must be specified'));
  }
  return [...errors, ...fieldSelectorErrors(resource?.fieldSelector, RESOURCE.child('fieldSelector')), ...labelSelectorErrors(resource?.labelSelector, RESOURCE.child('labelSelector'))];
}

function metadataErrors(metadata: ObjectMeta, allowed: ReadonlyArray<keyof ObjectMeta>, why: string): FieldError[] {
  const others = Object.keys(metadata).filter((field) => !(allowed as readonly string[]).includes(field));
  return others.length > 0 ? [invalid(METADATA, metadata, why)] : [];
}

function fieldSelectorErrors(selector: FieldSelectorAttributes | undefined, path: Path): FieldError[] {
  if (!selector) return [];
  return [...shapeErrors(selector, path), ...(selector.requirements ?? []).flatMap((requirement, i) => fieldRequirementErrors(requirement, path.child('requirements').index(i)))];
}

function labelSelectorErrors(selector: LabelSelectorAttributes | undefined, path: Path): FieldError[] {
  if (!selector) return [];
  const requirements = selector.requirements ?? [];
  return [...shapeErrors(selector, path), ...requirements.flatMap((requirement, i) => validateLabelRequirement(requirement, path.child('requirements').index(i), { allowUnknownOperator: true }))];
}

function shapeErrors({ rawSelector, requirements = [] }: FieldSelectorAttributes | LabelSelectorAttributes, path: Path): FieldError[] {
  if (rawSelector) return requirements.length > 0 ? [invalid(path.child('rawSelector'), rawSelector, 'may not specified at the same time as requirements')] : [];
  return requirements.length > 0 ? [] : [required(path.child('requirements'), `when ${String(path)} is specified, requirements or rawSelector is required`)];
}

function fieldRequirementErrors({ key, operator, values = [] }: FieldSelectorRequirement, path: Path): FieldError[] {
  const errors = key ? [] : [required(path.child('key'), 'must be specified')];
  const at = path.child('values');
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) errors.push(required(at, "must be specified when `operator` is 'In' or 'NotIn'"));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) errors.push(forbidden(at, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
  }
  return errors;
}

/** The internal struct, as Go shows it. */
const goAttributes = ({ path = '', verb = '' }: NonResourceAttributes): object => ({ Path: path, Verb: verb });
