import { duplicate, invalid, type Path, type FieldError } from '../../api/field.js';
import { validateQualifiedName } from '../shared/simple-checks.js';
import { listErrors } from './collections.js';

const MAX_CONDITIONS = 4;

interface Bindings {
  readonly bindingConditions?: readonly string[] | undefined;
  readonly bindingFailureConditions?: readonly string[] | undefined;
}

/** Errors of what must and must not come true before a pod is bound to a device's node (KEP-5007). */
export function bindingErrors({ bindingConditions: good = [], bindingFailureConditions: bad = [] }: Bindings, path: Path): FieldError[] {
  const [goodPath, badPath] = [path.child('bindingConditions'), path.child('bindingFailureConditions')];
  const errors = [...listErrors(good, MAX_CONDITIONS, validateQualifiedName, goodPath), ...listErrors(bad, MAX_CONDITIONS, validateQualifiedName, badPath)];
  for (const [i, condition] of good.entries()) if (good.indexOf(condition) < i) errors.push(duplicate(goodPath.index(i), condition));
  for (const [i, condition] of bad.entries()) {
    if (bad.indexOf(condition) < i) errors.push(duplicate(badPath.index(i), condition));
    if (good.includes(condition)) errors.push(invalid(badPath.index(i), condition, 'bindingFailureConditions must not overlap with bindingConditions'));
  }
  if (good.length === 0 && bad.length > 0) errors.push(invalid(goodPath, null, 'bindingConditions are required to use bindingFailureConditions'));
  if (bad.length === 0 && good.length > 0) errors.push(invalid(badPath, null, 'bindingFailureConditions are required to use bindingConditions'));
  return errors;
}
