import { forbidden, invalid, required, type FieldError, type Path } from '../../api/field.js';
import { isLabelKey, isLabelValue } from '../../api/names.js';
import type { LabelSelector, LabelSelectorRequirement } from '../../api/types/meta-v1.js';

/** Labels and label selectors inside specs (k8s.io/apimachinery/pkg/apis/meta/v1/validation). */

export const validateLabelKey = (key: string, path: Path): FieldError[] => isLabelKey(key).map((text) => invalid(path, key, text));

/** Errors of a map of labels, in order of the keys (Go's order is random). */
export function validateLabels(labels: Readonly<Record<string, string>> | undefined, path: Path): FieldError[] {
  return Object.entries(labels ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, value]) => [...validateLabelKey(key, path), ...isLabelValue(value).map((text) => invalid(path, value, text))]);
}

export interface LabelSelectorOptions {
  /** An object that has an invalid value already may keep it. */
  readonly allowInvalidValues?: boolean;
  /** Operators of a newer client are nobody's mistake (access reviews). */
  readonly allowUnknownOperator?: boolean;
}

export function validateLabelSelector(selector: LabelSelector | undefined | null, path: Path, options: LabelSelectorOptions = {}): FieldError[] {
  if (!selector) return [];
  return [
    ...validateLabels(selector.matchLabels, path.child('matchLabels')),
    ...(selector.matchExpressions ?? []).flatMap((requirement, i) => validateLabelRequirement(requirement, path.child('matchExpressions').index(i), options)),
  ];
}

export function validateLabelRequirement({ key, operator, values = [] }: LabelSelectorRequirement, path: Path, options: LabelSelectorOptions): FieldError[] {
  const errors: FieldError[] = [];
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) errors.push(required(path.child('values'), "must be specified when `operator` is 'In' or 'NotIn'"));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) errors.push(forbidden(path.child('values'), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
  } else if (!options.allowUnknownOperator) {
    errors.push(invalid(path.child('operator'), operator ?? '', 'not a valid selector operator'));
  }
  errors.push(...validateLabelKey(key ?? '', path.child('key')));
  if (!options.allowInvalidValues) {
    values.forEach((value, i) => errors.push(...isLabelValue(value).map((text) => invalid(path.child('values').index(i), value, text))));
  }
  return errors;
}
