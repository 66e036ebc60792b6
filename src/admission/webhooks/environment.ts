import type { Duplex } from 'node:stream';
import type { GroupVersionKind, GroupVersionResource } from '../../api/gvk.js';
import type { KubeObject } from '../../api/object.js';

/** What webhooks need of the server around them. */
export interface WebhookEnvironment {
  /** The resource itself first, then those of other versions and groups that show the same objects. */
  equivalents(resource: GroupVersionResource): readonly EquivalentResource[];
  /** JSON data as an object of its kind: typed, with defaults. Throws an Error with Go's text for what does not fit. */
  decode(kind: GroupVersionKind, data: object): KubeObject;
  /** An object with its fields in Kubernetes' order. */
  inOrder(kind: GroupVersionKind, object: KubeObject): KubeObject;
  /** A connection to a Service, by the cluster's network. Rejects with an Error with Go's text. */
  connect(service: ServicePort, signal: AbortSignal): Promise<Duplex>;
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
