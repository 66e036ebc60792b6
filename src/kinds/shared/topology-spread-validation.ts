import { duplicate, invalid, required, type FieldError, type Path } from '../../api/field.js';
import type { TopologySpreadConstraint } from '../../api/types/core-v1.js';
import { validateLabelSelector } from './label-validation.js';
import { validateMatchLabelKeys, validateMatchLabelKeysLegacy } from './match-label-keys.js';
import { validateOneOf, validatePositive } from './simple-checks.js';
import type { PodValidationOptions } from './validation-options.js';

const ACTIONS = ['DoNotSchedule', 'ScheduleAnyway'];
const POLICIES = ['Honor', 'Ignore'];

export function validateTopologySpread(constraints: readonly TopologySpreadConstraint[] | undefined, path: Path, options: PodValidationOptions): FieldError[] {
  return (constraints ?? []).flatMap((constraint, i) => {
    const at = path.index(i);
    const topologyKey = constraint.topologyKey ?? '';
    const whenUnsatisfiable = constraint.whenUnsatisfiable ?? '';
    const { minDomains, nodeAffinityPolicy, nodeTaintsPolicy, labelSelector, matchLabelKeys } = constraint;
    const errors = validatePositive(constraint.maxSkew, at.child('maxSkew'));
    if (!topologyKey) errors.push(required(at.child('topologyKey'), 'can not be empty'));
    errors.push(...validateOneOf(whenUnsatisfiable, ACTIONS, at.child('whenUnsatisfiable')));
    if ((constraints ?? []).slice(i + 1).some((other) => (other.topologyKey ?? '') === topologyKey && (other.whenUnsatisfiable ?? '') === whenUnsatisfiable)) {
      errors.push(duplicate(at.child('{topologyKey, whenUnsatisfiable}'), `{${topologyKey}, ${whenUnsatisfiable}}`));
    }
    if (minDomains !== undefined) {
      errors.push(...validatePositive(minDomains, at.child('minDomains')));
      if (whenUnsatisfiable !== 'DoNotSchedule') {
        errors.push(invalid(at.child('minDomains'), minDomains, `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`));
      }
    }
    if (nodeAffinityPolicy !== undefined) errors.push(...validateOneOf(nodeAffinityPolicy, POLICIES, at.child('nodeAffinityPolicy')));
    if (nodeTaintsPolicy !== undefined) errors.push(...validateOneOf(nodeTaintsPolicy, POLICIES, at.child('nodeTaintsPolicy')));
    errors.push(
      ...(options.oldSpreadMatchLabelKeys
        ? validateMatchLabelKeysLegacy(at.child('matchLabelKeys'), matchLabelKeys, labelSelector)
        : validateMatchLabelKeys(at, matchLabelKeys, undefined, labelSelector)),
    );
    if (!options.allowInvalidSpreadSelector) errors.push(...validateLabelSelector(labelSelector, at.child('labelSelector')));
    return errors;
  });
}
