import type { Duplex } from 'node:stream';
import type { GroupVersionKind, GroupVersionResource } from '../../api/gvk.js';
import type { KubeObject } from '../../api/object.js';

/** What webhooks and policies need of the server around them. */
export interface WebhookEnvironment {
  /** The resource itself first, then those of other versions and groups that show the same objects. */
  equivalents(resource: GroupVersionResource): readonly EquivalentResource[];
  /** JSON data as an object of its kind: typed, with defaults. Throws an Error with Go's text for what does not fit; if `strict` also for unknown fields. */
  decode(kind: GroupVersionKind, data: object, strict?: boolean): KubeObject;
  /** An object with its fields in Kubernetes' order. */
  inOrder(kind: GroupVersionKind, object: KubeObject): KubeObject;
  /** Where objects of a kind are, for policies that have parameters; undefined for a kind that is not served. */
  params(kind: GroupVersionKind): ParamSource | undefined;
  /** An object with a configuration merged into it as server-side apply does. Throws an Error with structured-merge-diff's text. */
  merge(kind: GroupVersionKind, object: KubeObject, configuration: object): KubeObject;
  /** A connection to a Service, by the cluster's network. Rejects with an Error with Go's text. */
  connect(service: ServicePort, signal: AbortSignal): Promise<Duplex>;
}

export interface ParamSource {
  /** Of their keys, up to the namespace where there is one. */
  readonly prefix: string;
  readonly namespaced: boolean;
  /** A stored object as clients read it. */
  show(stored: KubeObject): KubeObject;
}

export interface ServicePort {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
}

/** A resource, the kind of its objects, and how they are converted from and to the version of a request. */
export interface EquivalentResource {
  readonly resource: GroupVersionResource;
  readonly kind: GroupVersionKind;
  fromRequest(object: KubeObject): KubeObject;
  toRequest(object: KubeObject): KubeObject;
}
