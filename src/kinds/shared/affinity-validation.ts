import { forbidden, invalid, required, type FieldError, type Path } from '../../api/field.js';
import { isLabelValue, nameIsDnsLabel, nameIsDnsSubdomain } from '../../api/names.js';
import type { Affinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, PodAffinity, PodAffinityTerm } from '../../api/types/core-v1.js';
import { validateLabelKey, validateLabelSelector } from './label-validation.js';
import { validateMatchLabelKeys } from './match-label-keys.js';
import type { PodValidationOptions } from './validation-options.js';

/** Errors of a pod's affinity (pkg/apis/core/validation validateAffinity). */
export function validateAffinity(affinity: Affinity | undefined, path: Path, options: PodValidationOptions): FieldError[] {
  const errors: FieldError[] = [];
  const node = affinity?.nodeAffinity;
  if (node) {
    const at = path.child('nodeAffinity');
    const hard = node.requiredDuringSchedulingIgnoredDuringExecution;
    if (hard) errors.push(...validateNodeSelector(hard, at.child('requiredDuringSchedulingIgnoredDuringExecution'), options.allowInvalidNodeAffinityValues));
    (node.preferredDuringSchedulingIgnoredDuringExecution ?? []).forEach(({ weight, preference }, i) => {
      const termPath = at.child('preferredDuringSchedulingIgnoredDuringExecution').index(i);
      errors.push(...validateWeight(weight, termPath), ...validateNodeSelectorTerm(preference, termPath.child('preference'), true));
    });
  }
  for (const side of ['podAffinity', 'podAntiAffinity'] as const) errors.push(...validatePodAffinity(affinity?.[side], path.child(side), options));
  return errors;
}

const validateWeight = (weight: number | undefined, path: Path): FieldError[] => ((weight ?? 0) <= 0 || (weight ?? 0) > 100 ? [invalid(path.child('weight'), weight ?? 0, 'must be in the range 1-100')] : []);

/** Also of PersistentVolumes and of resource slices. */
export function validateNodeSelector(selector: NodeSelector, path: Path, allowInvalidValues: boolean): FieldError[] {
  const at = path.child('nodeSelectorTerms');
  const nodeSelectorTerms = selector.nodeSelectorTerms ?? [];
  if (nodeSelectorTerms.length === 0) return [required(at, 'must have at least one node selector term')];
  return nodeSelectorTerms.flatMap((term, i) => validateNodeSelectorTerm(term, at.index(i), allowInvalidValues));
}

export function validateNodeSelectorTerm(term: NodeSelectorTerm | undefined, path: Path, allowInvalidValues: boolean): FieldError[] {
  return [
    ...(term?.matchExpressions ?? []).flatMap((requirement, i) => validateNodeRequirement(requirement, path.child('matchExpressions').index(i), allowInvalidValues)),
    ...(term?.matchFields ?? []).flatMap((requirement, i) => validateNodeFieldRequirement(requirement, path.child('matchFields').index(i))),
  ];
}

function validateNodeRequirement({ key, operator, values = [] }: NodeSelectorRequirement, path: Path, allowInvalidValues: boolean): FieldError[] {
  const at = path.child('values');
  const errors: FieldError[] = [];
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) errors.push(required(at, "must be specified when `operator` is 'In' or 'NotIn'"));
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) errors.push(forbidden(at, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
      break;
    case 'Gt':
    case 'Lt':
      if (values.length !== 1) errors.push(required(at, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
      break;
    default:
      errors.push(invalid(path.child('operator'), operator ?? '', 'not a valid selector operator'));
  }
  errors.push(...validateLabelKey(key ?? '', path.child('key')));
  if (!allowInvalidValues) values.forEach((value, i) => errors.push(...isLabelValue(value).map((text) => invalid(at.index(i), value, text))));
  return errors;
}

function validateNodeFieldRequirement({ key, operator, values = [] }: NodeSelectorRequirement, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length !== 1) errors.push(required(path.child('values'), "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"));
  } else {
    errors.push(invalid(path.child('operator'), operator ?? '', 'not a valid selector operator'));
  }
  if (key !== 'metadata.name') errors.push(invalid(path.child('key'), key ?? '', 'not a valid field selector key'));
  else values.forEach((value, i) => errors.push(...nameIsDnsSubdomain(value, false).map((text) => invalid(path.child('values').index(i), value, text))));
  return errors;
}

function validatePodAffinity(affinity: PodAffinity | undefined, path: Path, options: PodValidationOptions): FieldError[] {
  return [
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).flatMap((term, i) => validatePodAffinityTerm(term, path.child('requiredDuringSchedulingIgnoredDuringExecution').index(i), options)),
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(({ weight, podAffinityTerm }, i) => {
      const at = path.child('preferredDuringSchedulingIgnoredDuringExecution').index(i);
      return [...validateWeight(weight, at), ...validatePodAffinityTerm(podAffinityTerm, at.child('podAffinityTerm'), options)];
    }),
  ];
}

function validatePodAffinityTerm(term: PodAffinityTerm | undefined, path: Path, options: PodValidationOptions): FieldError[] {
  const selectorOptions = { allowInvalidValues: options.allowInvalidAffinityValues };
  const topologyKey = term?.topologyKey ?? '';
  return [
    ...validateLabelSelector(term?.labelSelector, path.child('labelSelector'), selectorOptions),
    ...validateLabelSelector(term?.namespaceSelector, path.child('namespaceSelector'), selectorOptions),
    ...(term?.namespaces ?? []).flatMap((name) => nameIsDnsLabel(name, false).map((text) => invalid(path.child('namespace'), name, text))),
    ...validateMatchLabelKeys(path, term?.matchLabelKeys, term?.mismatchLabelKeys, term?.labelSelector),
    ...(topologyKey ? [] : [required(path.child('topologyKey'), 'can not be empty')]),
    ...validateLabelKey(topologyKey, path.child('topologyKey')),
  ];
}
