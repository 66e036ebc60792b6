import { invalid, type Path, required, type FieldError } from '../../api/field.js';
import { isDns1123Subdomain, isPathSegmentName } from '../../api/names.js';

/** Errors of a value that must be there and could be a segment of a URL path. */
export function segmentErrors(value: string | undefined, path: Path): FieldError[] {
  return value ? isPathSegmentName(value).map((text) => invalid(path, value, text)) : [required(path)];
}

/** Errors of a reference to an object by group, kind and name. */
export function typedReferenceErrors({ apiGroup, kind, name }: { apiGroup?: string | null | undefined; kind: string; name: string }, path: Path): FieldError[] {
  const group = apiGroup ?? undefined;
  return [
    ...(group === undefined ? [] : isDns1123Subdomain(group).map((text) => invalid(path.child('apiGroup'), group, text))),
    ...segmentErrors(kind, path.child('kind')),
    ...segmentErrors(name, path.child('name')),
  ];
}
