import { invalid, notSupported, required, type FieldError, type Path } from '../../api/field.js';
import { isQualifiedName } from '../../api/names.js';
import type { ObjectFieldSelector, ResourceFieldSelector } from '../../api/types/core-v1.js';
import { canonicalQuantity, isZero } from './resource-list.js';

/** Fields of the pod that its containers may see (pkg/apis/core/validation validateObjectFieldSelector). */

/** In environment variables. */
export const ENV_FIELD_PATHS = ['metadata.name', 'metadata.namespace', 'metadata.uid', 'spec.nodeName', 'spec.serviceAccountName', 'status.hostIP', 'status.hostIPs', 'status.podIP', 'status.podIPs'];
/** In files of downward API volumes. */
export const VOLUME_FIELD_PATHS = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid'];

/** Fields that have a name at all; whether they may be used is another question. */
const KNOWN_FIELDS = new Set([...ENV_FIELD_PATHS, ...VOLUME_FIELD_PATHS, 'spec.restartPolicy', 'spec.schedulerName', 'status.phase']);

/** `metadata.labels['app']` in its two parts; a path without subscript has no second. */
export function splitSubscript(fieldPath: string): { path: string; subscript: string | undefined } {
  const match = /^([^]+?)\['([^]*)'\]$/.exec(fieldPath);
  return match ? { path: match[1] as string, subscript: match[2] as string } : { path: fieldPath, subscript: undefined };
}

export function validateFieldRef(ref: ObjectFieldSelector, allowed: readonly string[], path: Path): FieldError[] {
  if (!ref.apiVersion) return [required(path.child('apiVersion'))];
  if (!ref.fieldPath) return [required(path.child('fieldPath'))];
  const convertError = (text: string): FieldError[] => [invalid(path.child('fieldPath'), ref.fieldPath, `error converting fieldPath: ${text}`)];
  if (ref.apiVersion !== 'v1') return convertError(`unsupported pod version: ${ref.apiVersion}`);
  const { path: field, subscript } = splitSubscript(ref.fieldPath);
  if (subscript !== undefined) {
    if (field !== 'metadata.annotations' && field !== 'metadata.labels') return convertError(`field label does not support subscript: ${ref.fieldPath}`);
    const key = field === 'metadata.annotations' ? subscript.toLowerCase() : subscript;
    return isQualifiedName(key).map((text) => invalid(path, key, text));
  }
  const name = field === 'spec.host' ? 'spec.nodeName' : field;
  if (!KNOWN_FIELDS.has(name)) return convertError(`field label not supported: ${field}`);
  return allowed.includes(name) ? [] : [notSupported(path.child('fieldPath'), name, allowed)];
}

const RESOURCES = ['limits.cpu', 'limits.ephemeral-storage', 'limits.memory', 'requests.cpu', 'requests.ephemeral-storage', 'requests.memory'];
const HUGE_PAGES_RE = /^(requests|limits)\.hugepages-/;
const CPU_DIVISORS = new Set(['1m', '1']);
const BYTE_DIVISORS = new Set(['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei']);

/** A resource of a container; in a volume the container must be named. */
export function validateResourceFieldRef(ref: ResourceFieldSelector, path: Path, volume: boolean): FieldError[] {
  const resource = ref.resource ?? '';
  const errors: FieldError[] = [];
  if (volume && !ref.containerName) errors.push(required(path.child('containerName')));
  else if (!resource) errors.push(required(path.child('resource')));
  else if (!RESOURCES.includes(resource) && !HUGE_PAGES_RE.test(resource)) errors.push(notSupported(path.child('resource'), resource, RESOURCES));
  return [...errors, ...validateDivisor(resource, ref.divisor, path.child('divisor'))];
}

function validateDivisor(resource: string, divisor: string | number | undefined, path: Path): FieldError[] {
  if (divisor === undefined || isZero(divisor)) return [];
  const text = canonicalQuantity(divisor);
  const what = resource.replace(/^(requests|limits)\./, '');
  if (what === 'cpu') return CPU_DIVISORS.has(text) ? [] : [invalid(path, resource, "only divisor's values 1m and 1 are supported with the cpu resource")];
  const name = what === 'memory' ? 'memory' : what === 'ephemeral-storage' ? 'local ephemeral storage' : HUGE_PAGES_RE.test(resource) ? 'hugepages' : undefined;
  if (name === undefined || BYTE_DIVISORS.has(text)) return [];

  return [invalid(path, resource, `only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the ${name} resource`)];
}
