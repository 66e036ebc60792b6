import { invalid, type FieldError, type Path } from '../../api/field.js';
import { isPercent } from '../../api/names.js';
import type { IntOrString } from '../../api/types/intstr.js';
import { validateNonNegative } from '../shared/simple-checks.js';

/** Values that are a number or a percentage, such as maxUnavailable (pkg/apis/apps/validation). */

export function intOrPercentErrors(value: IntOrString, path: Path): FieldError[] {
  return typeof value === 'string' ? isPercent(value).map((text) => invalid(path, value, text)) : validateNonNegative(value, path);
}

function percentOf(value: IntOrString): number | undefined {
  return typeof value === 'string' && isPercent(value).length === 0 ? Number.parseInt(value, 10) : undefined;
}

/** The number, of a percentage too; 0 for a text that is neither. */
export function numberOf(value: IntOrString | undefined): number {
  if (value === undefined) return 0;
  if (typeof value === 'number') return value;
  return percentOf(value) ?? (/^[+-]?\d+$/.test(value) ? Number(value) : 0);
}

export function overHundredErrors(value: IntOrString, path: Path): FieldError[] {
  return (percentOf(value) ?? 0) > 100 ? [invalid(path, value, 'must not be greater than 100%')] : [];
}
