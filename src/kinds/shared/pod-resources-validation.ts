import { forbidden, invalid, type FieldError, type Path } from '../../api/field.js';
import { containerResources } from '../../api/pod-resources.js';
import { isHugePages } from '../../api/resource-names.js';
import type { PodSpec } from '../../api/types/core-v1.js';
import { canonicalQuantity, compareQuantities, sortedEntries } from './resource-list.js';
import { validatePodResourceName } from './resource-names.js';
import { validateRequirements } from './resource-requirements-validation.js';
import type { PodValidationOptions } from './validation-options.js';

/** Requests and limits of the pod as a whole (KEP-2837): valid by themselves and no less than what containers ask for. */
export function validatePodResources(spec: PodSpec, specPath: Path, claimNames: ReadonlySet<string>, options: PodValidationOptions): FieldError[] {
  const { resources } = spec;
  if (!resources) return [];
  const path = specPath.child('resources');
  if (spec.os?.name === 'windows') return [forbidden(path, 'may not be set for a windows pod')];
  const errors: FieldError[] = [];
  if (resources.claims) errors.push(forbidden(path.child('claims'), 'claims may not be set for Resources at pod-level'));
  errors.push(...validateRequirements(resources, { nameErrors: validatePodResourceName, claimNames, options }, path));
  for (const [name, needed] of sortedEntries(containerResources(spec, 'requests'))) {
    const request = resources.requests?.[name];
    if (request !== undefined && compareQuantities(needed, request) > 0) {
      errors.push(invalid(path.child('requests').key(name), canonicalQuantity(request), `must be greater than or equal to aggregate container requests of ${canonicalQuantity(needed)}`));
    }
  }
  for (const [name, needed] of sortedEntries(containerResources(spec, 'limits'))) {
    const limit = resources.limits?.[name];
    if (isHugePages(name) && limit !== undefined && compareQuantities(needed, limit) > 0) {
      errors.push(invalid(path.child('limits').key(name), canonicalQuantity(limit), `must be greater than or equal to aggregate container limits of ${canonicalQuantity(needed)}`));
    }
  }
  (spec.containers ?? []).forEach((container, i) => {
    for (const [name, limit] of sortedEntries(container.resources?.limits)) {
      const most = resources.limits?.[name];
      if (most !== undefined && compareQuantities(limit, most) > 0) {
        errors.push(invalid(path.child('containers').index(i).key(name).child('limits'), canonicalQuantity(limit), `must be less than or equal to pod limits of ${canonicalQuantity(most)}`));
      }
    }
  });
  return errors;
}
