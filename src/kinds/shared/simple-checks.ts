import { invalid, notSupported, required, type FieldError, type Path } from '../../api/field.js';
import { isDns1123Label, isDns1123Subdomain, isPortName, isPortNumber, isQualifiedName, nameIsDnsSubdomain } from '../../api/names.js';

/** Checks of single values that many fields share (pkg/apis/core/validation). */

const all = (check: (value: string) => string[]) => (value: string, path: Path): FieldError[] => check(value).map((text) => invalid(path, value, text));

export const validateDnsLabel = all(isDns1123Label);
export const validateDnsSubdomain = all(isDns1123Subdomain);
export const validateQualifiedName = all(isQualifiedName);

/** A name of another object, most kinds'. */
export const validateObjectName = (name: string, path: Path, prefix = false): FieldError[] => nameIsDnsSubdomain(name, prefix).map((text) => invalid(path, name, text));

export const validateRequired = (value: string | undefined, path: Path): FieldError[] => (value ? [] : [required(path)]);

export const NEGATIVE_TEXT = 'must be greater than or equal to 0';
export const NOT_POSITIVE_TEXT = 'must be greater than zero';

export const validateNonNegative = (value: number | undefined, path: Path): FieldError[] => ((value ?? 0) < 0 ? [invalid(path, value, NEGATIVE_TEXT)] : []);
export const validatePositive = (value: number | undefined, path: Path): FieldError[] => ((value ?? 0) <= 0 ? [invalid(path, value ?? 0, NOT_POSITIVE_TEXT)] : []);

/** Errors unless the value is one of `supported`, which must be sorted as the real server shows them. An absent value is ''. */
export const validateOneOf = (value: string | undefined, supported: readonly string[], path: Path): FieldError[] =>
  supported.includes(value ?? '') ? [] : [notSupported(path, value ?? '', supported)];

/** The same where '' is told to be required. */
export const validateRequiredOneOf = (value: string | undefined, supported: readonly string[], path: Path): FieldError[] =>
  value ? validateOneOf(value, supported, path) : [required(path)];

/** The port of a probe or a Service: a number, or the name of a container's port. */
export function validatePort(port: number | string | undefined, path: Path): FieldError[] {
  if (typeof port === 'string') return isPortName(port).map((text) => invalid(path, port, text));
  return isPortNumber(port ?? 0).map((text) => invalid(path, port ?? 0, text));
}

/** Permission bits of a file. */
export const validateFileMode = (mode: number | undefined, path: Path): FieldError[] =>
  mode !== undefined && (mode < 0 || mode > 0o777) ? [invalid(path, mode, 'must be a number between 0 and 0777 (octal), both inclusive')] : [];

export function validateNoBacksteps(text: string, path: Path): FieldError[] {
  return text.split('/').includes('..') ? [invalid(path, text, "must not contain '..'")] : [];
}

/** A path inside something: relative, and it does not climb out. */
export function validateLocalPath(text: string, path: Path): FieldError[] {
  return [...(text.startsWith('/') ? [invalid(path, text, 'must be a relative path')] : []), ...validateNoBacksteps(text, path)];
}

/** The same, and it does not begin with two dots, which atomic writers of volumes use. */
export function validateLocalNonReservedPath(text: string, path: Path): FieldError[] {
  return [...validateLocalPath(text, path), ...(text.startsWith('..') && !text.startsWith('../') ? [invalid(path, text, "must not start with '..'")] : [])];
}
