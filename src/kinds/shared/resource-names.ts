import { invalid, notSupported, type FieldError, type Path } from '../../api/field.js';
import { isQualifiedName } from '../../api/names.js';
import { HUGE_PAGES_PREFIX, isExtendedResource, isHugePages, isNativeResource, REQUESTS_PREFIX } from '../../api/resource-names.js';

/** What the names of compute resources allow, and their errors (pkg/apis/core/validation, validateResourceName and relatives). */

const STANDARD_CONTAINER_RESOURCES = new Set(['cpu', 'memory', 'ephemeral-storage']);
const STANDARD_RESOURCES = new Set([
  'cpu',
  'memory',
  'ephemeral-storage',
  'requests.cpu',
  'requests.memory',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'storage',
  'requests.storage',
  'services.nodeports',
  'services.loadbalancers',
]);
const INTEGER_RESOURCES = new Set(['pods', 'resourcequotas', 'services', 'replicationcontrollers', 'secrets', 'configmaps', 'persistentvolumeclaims', 'services.nodeports', 'services.loadbalancers']);

/** Whether requests may be lower than limits. */
export const isOvercommitAllowed = (name: string): boolean => isNativeResource(name) && !isHugePages(name);

/** Resources that are counted in whole numbers. */
export const isIntegerResource = (name: string): boolean => INTEGER_RESOURCES.has(name) || isExtendedResource(name);

/** Resources that `spec.resources` of a pod may set. */
export const isPodLevelResource = (name: string): boolean => name === 'cpu' || name === 'memory' || isHugePages(name);

const isStandardResource = (name: string): boolean => STANDARD_RESOURCES.has(name) || isHugePages(name) || name.startsWith(`${REQUESTS_PREFIX}${HUGE_PAGES_PREFIX}`);

/** Errors of any resource's name. */
export function validateResourceName(name: string, path: Path): FieldError[] {
  const errors = isQualifiedName(name).map((text) => invalid(path, name, text));
  if (errors.length === 0 && !name.includes('/') && !isStandardResource(name)) errors.push(invalid(path, name, 'must be a standard resource type or fully qualified'));
  return errors;
}

/** Errors of the name of a resource in a container's requests and limits. */
export function validateContainerResourceName(name: string, path: Path): FieldError[] {
  const errors = validateResourceName(name, path);
  if (!name.includes('/')) {
    if (!STANDARD_CONTAINER_RESOURCES.has(name) && !isHugePages(name)) errors.push(invalid(path, name, 'must be a standard resource for containers'));
  } else if (!isNativeResource(name) && !isExtendedResource(name)) {
    errors.push(invalid(path, name, "doesn't follow extended resource name standard"));
  }
  return errors;
}

/** Errors of the name of a resource in a pod's own requests and limits. */
export function validatePodResourceName(name: string, path: Path): FieldError[] {
  const errors = validateResourceName(name, path);
  if (errors.length === 0 && !isPodLevelResource(name)) errors.push(notSupported(path, name, ['cpu', 'hugepages-', 'memory']));
  return errors;
}
