import { invalid, type Path, required, tooLong, type FieldError } from '../../api/field.js';
import type { DeviceSelector, OpaqueDeviceConfiguration } from '../../api/types/resource-v1.js';
import type { ExpressionCompiler } from '../common/expressions.js';
import { validateCsiDriverName } from '../shared/volume-source-validation.js';
import { listErrors } from './collections.js';

const MAX_SELECTORS = 32;
const MAX_EXPRESSION = 10 * 1024;
const MAX_PARAMETERS = 10 * 1024;

/** Errors of the expressions that choose devices. */
export function selectorErrors(selectors: readonly DeviceSelector[] | undefined, compiler: ExpressionCompiler, path: Path): FieldError[] {
  return listErrors(
    selectors,
    MAX_SELECTORS,
    ({ cel }, at) => {
      const expressionPath = at.child('cel', 'expression');
      if (!cel) return [required(at.child('cel'))];
      if (Buffer.byteLength(cel.expression) > MAX_EXPRESSION) return [tooLong(expressionPath, MAX_EXPRESSION)];
      const problem = compiler.problem(cel.expression, { about: 'device', hasParams: false, hasAuthorizer: false, result: 'bool' });
      return problem === undefined ? [] : [invalid(expressionPath, cel.expression, problem)];
    },
    path,
  );
}

/** Errors of parameters that only a driver understands. */
export function configurationErrors({ opaque }: { readonly opaque?: OpaqueDeviceConfiguration | undefined }, path: Path): FieldError[] {
  const at = path.child('opaque');
  if (!opaque) return [required(at)];
  return [...validateCsiDriverName(opaque.driver, at.child('driver')), ...rawErrors(opaque.parameters, MAX_PARAMETERS, at.child('parameters'))];
}

/** Errors of a JSON object whose content is its owner's business. */
export function rawErrors(value: unknown, longest: number, path: Path): FieldError[] {
  if (value === undefined || value === null) return [required(path)];
  if (Buffer.byteLength(JSON.stringify(value)) > longest) return [tooLong(path, longest)];
  return typeof value === 'object' && !Array.isArray(value) ? [] : [invalid(path, '<value omitted>', 'must be a valid JSON object')];
}
