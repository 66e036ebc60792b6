/** The verbs of RBAC and audit. Non-resource requests carry the HTTP method in lower case. */
export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/**
 * What a request's method and path mean (k8s.io/apiserver/pkg/endpoints/request/requestinfo.go).
 * A path is parsed once; nobody looks at URLs after that.
 */
export type RequestInfo = ResourceRequestInfo | NonResourceRequestInfo;

export interface ResourceRequestInfo {
  readonly isResource: true;
  readonly path: string;
  readonly verb: Verb;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  /** '' when the request is for the resource itself. */
  readonly subresource: string;
  /** '' for cluster-scoped resources and for all namespaces. */
  readonly namespace: string;
  /** '' for collections. */
  readonly name: string;
  /** What follows the subresource: the path that a proxy passes on. */
  readonly rest: string;
}

export interface NonResourceRequestInfo {
  readonly isResource: false;
  readonly path: string;
  readonly verb: string;
}
