import { forbidden, invalid, type Path, required, type FieldError } from '../../api/field.js';
import { Quantity } from '../../api/quantity.js';
import type { CapacityRequestPolicy, CapacityRequestPolicyRange, DeviceCapacity } from '../../api/types/resource-v1.js';
import type { Quantity as QuantityText } from '../../api/types/resource.js';
import { setErrors } from './collections.js';

const MAX_OPTIONS = 10;

/** Errors of how the capacity of a device may be shared out (KEP-5075). */
export function capacityErrors({ value, requestPolicy }: DeviceCapacity, shared: boolean, path: Path): FieldError[] {
  const at = path.child('requestPolicy');
  if (!requestPolicy) return [];
  return shared ? policyErrors(requestPolicy, Quantity.parse(value), at) : [forbidden(at, 'allowMultipleAllocations must be true')];
}

function policyErrors(policy: CapacityRequestPolicy, capacity: Quantity, path: Path): FieldError[] {
  const { validValues = [], validRange } = policy;
  // Null where it was left out, as Go prints a pointer that is nil.
  const usual = policy.default as QuantityText | null | undefined;
  if (validValues.length > 0 && validRange) return [forbidden(path, 'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time')];
  const field = validValues.length > 0 ? 'validValues' : validRange ? 'validRange' : undefined;
  if (!field) return [];
  if (usual === undefined || usual === null) return [required(path.child('default'), `required when ${field} is defined`)];
  const at = path.child(field);
  return validRange ? rangeErrors(Quantity.parse(usual), capacity, validRange, at) : valuesErrors(Quantity.parse(usual), capacity, validValues.map((value) => Quantity.parse(value)), at);
}

function valuesErrors(usual: Quantity, capacity: Quantity, values: readonly Quantity[], path: Path): FieldError[] {
  const errors = values.flatMap((value, i) => {
    const previous = values[i - 1];
    return previous && previous.compare(value) > 0 ? [invalid(path.index(i), String(value), 'values must be sorted in ascending order')] : [];
  });
  const check = (value: Quantity, at: Path): FieldError[] => (value.compare(capacity) > 0 ? [invalid(at, String(value), `option is larger than capacity value: ${String(capacity)}`)] : []);
  errors.push(...setErrors(values, MAX_OPTIONS, check, (value) => String(value.value()), path));
  const looked = values.length <= MAX_OPTIONS && values.some((value) => value.equals(usual));
  return looked ? errors : [...errors, invalid(path, String(usual), 'default value is not valid according to the requestPolicy')];
}

function rangeErrors(usual: Quantity, capacity: Quantity, range: CapacityRequestPolicyRange, path: Path): FieldError[] {
  const parsed = (value: QuantityText | null | undefined): Quantity | undefined => (value === undefined || value === null ? undefined : Quantity.parse(value));
  const [min, max, step] = [parsed(range.min), parsed(range.max), parsed(range.step)];
  const [minPath, maxPath, stepPath] = [path.child('min'), path.child('max'), path.child('step')];
  if (!min) return [required(minPath, 'required when validRange is defined')];
  const errors: FieldError[] = [];
  const over = (low: Quantity, high: Quantity, at: Path, text: string, shown = low): void => {
    if (low.compare(high) > 0) errors.push(invalid(at, String(shown), `${text}: ${String(high)}`));
  };
  over(min, capacity, minPath, 'min is larger than capacity value');
  if (usual.compare(min) < 0) errors.push(invalid(minPath, String(usual), `default is less than min: ${String(min)}`));
  if (max) {
    over(min, max, maxPath, 'min is larger than max');
    over(max, capacity, maxPath, 'max is larger than capacity value');
    over(usual, max, maxPath, 'default is more than max');
  }
  if (step) {
    const first = min.add(step);
    over(first, capacity, stepPath, `one step ${String(first)} is larger than capacity value`, step);
    for (const value of max ? [usual, max] : [usual]) {
      const misses = step.value() !== 0n && (value.value() - min.value()) % step.value() !== 0n;
      if (misses) errors.push(invalid(stepPath, String(value), `value is not a multiple of a given step (${String(step)}) from (${String(min)})`));
    }
  }
  return errors;
}
