import type { GroupVersionKind } from '../api/gvk.js';

/** Kinds that answer every request with a Warning header (API lifecycle: k8s.io/api, zz_generated.prerelease-lifecycle). */
const DEPRECATED: ReadonlyMap<string, string> = new Map([
  ['/v1/ComponentStatus', 'v1 ComponentStatus is deprecated in v1.19+'],
  ['/v1/Endpoints', 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice'],
]);

/** The warning that any request for the kind gets, reads too; undefined for kinds that are here to stay. */
export function deprecationWarning({ group, version, kind }: GroupVersionKind): string | undefined {
  return DEPRECATED.get(`${group}/${version}/${kind}`);
}
