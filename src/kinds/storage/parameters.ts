import { invalid, type Path, required, tooLong, type FieldError } from '../../api/field.js';
import { validateQualifiedName } from '../shared/simple-checks.js';

const MAX_PARAMETERS = 512;
const MAX_SIZE = 256 * 1024;

/** Errors of a driver's parameters in a class of volumes. */
export function parametersErrors(parameters: Readonly<Record<string, string>> | undefined, allowEmpty: boolean, path: Path): FieldError[] {
  const entries = Object.entries(parameters ?? {});
  if (entries.length > MAX_PARAMETERS) return [tooLong(path, MAX_PARAMETERS)];
  const errors = entries.filter(([key]) => key === '').map(([key]) => invalid(path, key, 'field can not be empty.'));
  const size = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  if (size > MAX_SIZE) errors.push(tooLong(path, MAX_SIZE));
  return allowEmpty || entries.length > 0 ? errors : [...errors, required(path, 'must contain at least one key/value pair')];
}

/** Errors of the name of who provisions volumes. */
export const provisionerErrors = (name: string, path: Path): FieldError[] => (name ? validateQualifiedName(name.toLowerCase(), path) : [required(path)]);
