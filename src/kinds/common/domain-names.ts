import { invalid, required, type FieldError, type Path } from '../../api/field.js';
import { isDns1123Label, isDns1123Subdomain } from '../../api/names.js';

/** Errors of a domain with at least two labels; a dot at the end is fine. */
export function fullyQualifiedDomainErrors(text: string, path: Path): FieldError[] {
  if (text === '') return [required(path)];
  const name = text.endsWith('.') ? text.slice(0, -1) : text;
  const malformed = isDns1123Subdomain(name);
  if (malformed.length > 0) return [invalid(path, name, malformed.join(','))];
  const labels = name.split('.');
  if (labels.length < 2) return [invalid(path, name, 'should be a domain with at least two segments separated by dots')];
  for (const label of labels) {
    const errors = isDns1123Label(label);
    if (errors.length > 0) return [invalid(path, label, errors.join(','))];
  }
  return [];
}

/** Errors of a name with at least three labels, as webhooks and schemas have. */
export function fullyQualifiedNameErrors(name: string, path: Path): FieldError[] {
  if (name === '') return [required(path)];
  const malformed = isDns1123Subdomain(name);
  if (malformed.length > 0) return [invalid(path, name, malformed.join(','))];
  return name.split('.').length < 3 ? [invalid(path, name, 'should be a domain with at least three segments separated by dots')] : [];
}
