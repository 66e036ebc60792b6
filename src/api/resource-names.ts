import { isQualifiedName } from './names.js';

/** Kinds of compute resources by their names (pkg/apis/core/helper). */

export const HUGE_PAGES_PREFIX = 'hugepages-';
/** Stands before a resource's name where a quota limits requests for it. */
export const REQUESTS_PREFIX = 'requests.';

export const isHugePages = (name: string): boolean => name.startsWith(HUGE_PAGES_PREFIX);

/** Resources of Kubernetes itself: names without a domain, or below kubernetes.io. */
export const isNativeResource = (name: string): boolean => !name.includes('/') || name.includes('kubernetes.io/');

/** Resources of device plugins: `example.com/gpu`. */
export function isExtendedResource(name: string): boolean {
  return !isNativeResource(name) && !name.startsWith(REQUESTS_PREFIX) && isQualifiedName(`${REQUESTS_PREFIX}${name}`).length === 0;
}
