import { forbidden, type ApiError } from '../api/errors.js';
import type { StatusCause } from '../api/types/meta-v1.js';
import type { AdmissionAttributes } from './types.js';

/** 403 `pods "x" is forbidden: WHY`, as admission.NewForbidden words it; an object without a name goes by its generateName. */
export function refuse(attributes: AdmissionAttributes, why: string, causes?: StatusCause[]): ApiError {
  const metadata = attributes.object?.metadata;
  const name = attributes.name || metadata?.name || metadata?.generateName || 'Unknown';
  return forbidden({ group: attributes.resource.group, resource: attributes.resource.resource }, name, why, causes);
}

/** Several reasons in one text, as Go's aggregates print them: once each, in brackets when there are more than one. */
export function aggregateText(reasons: readonly string[]): string {
  const unique = [...new Set(reasons)];
  return unique.length === 1 ? (unique[0] as string) : `[${unique.join(', ')}]`;
}

/** Whether a write is to this resource itself, not to a subresource. */
export function isResource({ resource, subresource }: AdmissionAttributes, group: string, name: string): boolean {
  return subresource === '' && resource.group === group && resource.resource === name;
}
