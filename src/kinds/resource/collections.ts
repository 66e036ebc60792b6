import { duplicate, invalid, type Path, required, tooLong, tooMany, type FieldError } from '../../api/field.js';
import { DNS_SUBDOMAIN_MAX, isCIdentifier, isDns1123Subdomain } from '../../api/names.js';
import { validateCsiDriverName } from '../shared/volume-source-validation.js';

/** Rules that all kinds of dynamic resource allocation share (pkg/apis/resource/validation). */

export type Check<T> = (item: T, path: Path) => FieldError[];

const NO_LIMIT = Number.POSITIVE_INFINITY;

/** Errors of a list: too long, which hides all else, or those of its items. */
export function listErrors<T>(items: readonly T[] | undefined, limit: number, check: Check<T>, path: Path): FieldError[] {
  const list = items ?? [];
  return list.length > limit ? [tooMany(path, list.length, limit)] : list.flatMap((item, i) => check(item, path.index(i)));
}

/** The same for a list whose items differ by a key. `show`: the key as messages have it. */
export function setErrors<T>(items: readonly T[] | undefined, limit: number | undefined, check: Check<T>, keyOf: (item: T) => string, path: Path, show: (item: T) => unknown = keyOf): FieldError[] {
  const list = items ?? [];
  const most = limit ?? NO_LIMIT;
  const errors = listErrors(list, most, check, path);
  if (list.length > most) return errors;
  const seen = new Set<string>();
  for (const [i, item] of list.entries()) {
    const key = keyOf(item);
    if (seen.has(key)) errors.push(duplicate(path.index(i), show(item)));
    seen.add(key);
  }
  return errors;
}

/** Errors of a map, its keys in order. Long keys are shortened in paths. */
export function mapErrors<T>(map: Readonly<Record<string, T>> | undefined, limit: number | undefined, longestKey: number, checkKey: Check<string>, check: Check<T>, path: Path): FieldError[] {
  const keys = Object.keys(map ?? {}).sort();
  if (keys.length > (limit ?? NO_LIMIT)) return [tooMany(path, keys.length, limit ?? NO_LIMIT)];
  return keys.flatMap((key) => [...checkKey(key, path), ...check((map ?? {})[key] as T, path.key(shortened(key, longestKey)))]);
}

function shortened(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const left = longest - 3;
  return `${text.slice(0, Math.ceil(left / 2))}...${text.slice(text.length - Math.floor(left / 2))}`;
}

const IDENTIFIER_MAX = 32;
export const DOMAIN_MAX = 63;
/** Of a domain, a slash and an identifier. */
export const QUALIFIED_NAME_MAX = DOMAIN_MAX + 1 + IDENTIFIER_MAX;

function identifierErrors(id: string, path: Path): FieldError[] {
  return [...(Buffer.byteLength(id) > IDENTIFIER_MAX ? [tooLong(path, IDENTIFIER_MAX)] : []), ...isCIdentifier(id).map((text) => invalid(path, id, text))];
}

/** Errors of the name of an attribute or capacity: an identifier, with or without a domain. */
export function qualifiedNameErrors(name: string, path: Path): FieldError[] {
  const parts = name.split('/');
  // Kubernetes does not look at names with more than one slash.
  if (parts.length > 2) return [];
  const [domain, id] = parts.length === 2 ? (parts as [string, string]) : [undefined, name];
  if (domain === undefined) return identifierErrors(id, path);
  return [
    ...(domain ? validateCsiDriverName(domain, path) : [invalid(path, '', 'the domain must not be empty')]),
    ...(id ? identifierErrors(id, path) : [invalid(path, '', 'the name must not be empty')]),
  ];
}

export function fullyQualifiedAttributeErrors(name: string, path: Path): FieldError[] {
  const errors = qualifiedNameErrors(name, path);
  return name.includes('/') ? errors : [...errors, invalid(path, name, 'a fully qualified name must be a domain and a name separated by a slash')];
}

export function poolNameErrors(name: string, path: Path): FieldError[] {
  if (!name) return [required(path)];
  const errors = Buffer.byteLength(name) > DNS_SUBDOMAIN_MAX ? [tooLong(path, DNS_SUBDOMAIN_MAX)] : [];
  return [...errors, ...name.split('/').flatMap((part) => isDns1123Subdomain(part).map((text) => invalid(path, part, text)))];
}
