import { invalid, notSupported, type FieldError, type Path } from '../../api/field.js';
import { isLabelValue } from '../../api/names.js';
import type { Toleration } from '../../api/types/core-v1.js';
import { validateLabelKey } from './label-validation.js';
import type { PodValidationOptions } from './validation-options.js';

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

export function validateTolerations(tolerations: readonly Toleration[] | undefined, path: Path, options: PodValidationOptions): FieldError[] {
  return (tolerations ?? []).flatMap(({ key, operator = '', value = '', effect = '', tolerationSeconds }, i) => {
    const at = path.index(i);
    const errors = key ? validateLabelKey(key, at.child('key')) : [];
    if (!key && operator !== 'Exists') errors.push(invalid(at.child('operator'), operator, 'operator must be Exists when `key` is empty, which means "match all values and all keys"'));
    if (tolerationSeconds !== undefined && effect !== 'NoExecute') errors.push(invalid(at.child('effect'), effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
    errors.push(...validateOperator(operator, value, at, options));
    if (effect && !EFFECTS.includes(effect)) errors.push(notSupported(at.child('effect'), effect, EFFECTS));
    return errors;
  });
}

function validateOperator(operator: string, value: string, path: Path, options: PodValidationOptions): FieldError[] {
  const at = path.child('operator');
  switch (operator) {
    case '':
    case 'Equal': {
      const problems = isLabelValue(value);
      return problems.length > 0 ? [invalid(at, value, problems.join(';'))] : [];
    }
    case 'Exists':
      return value ? [invalid(at, value, "value must be empty when `operator` is 'Exists'")] : [];
    case 'Lt':
    case 'Gt':
      // The gate TaintTolerationComparisonOperators is off in v1.36.
      return options.allowTolerationComparison ? [] : [notSupported(at, operator, ['Equal', 'Exists', 'Lt', 'Gt'])];
    default:
      return [notSupported(at, operator, ['Equal', 'Exists'])];
  }
}
