/** Group, version and kind of an object. The core group is ''. */
export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** Group, version and plural of a resource: what a REST path names. */
export interface GroupVersionResource {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
}

export interface GroupResource {
  readonly group: string;
  readonly resource: string;
}

/** 'v1' for the core group, 'apps/v1' for others: the form of an object's apiVersion. */
export function apiVersionOf({ group, version }: { group: string; version: string }): string {
  return group ? `${group}/${version}` : version;
}

/** The parts of an apiVersion; 'v1' has the group ''. */
export function parseApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? { group: '', version: apiVersion } : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

/** 'deployments.apps', or 'pods' in the core group: how error messages name a resource. */
export function groupResourceText({ group, resource }: GroupResource): string {
  return group ? `${resource}.${group}` : resource;
}

/** 'Deployment.apps', or 'Pod' in the core group: how error messages name a kind. */
export function groupKindText({ group, kind }: { group: string; kind: string }): string {
  return group ? `${kind}.${group}` : kind;
}
