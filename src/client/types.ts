import type { GroupVersionResource } from '../api/gvk.js';
import type { KubeObject } from '../api/object.js';

/**
 * The residents' client: controllers, scheduler and kubelet reach the API through it, by the same rules as kubectl
 * (authorization, admission, conflicts), without a socket and without encoding.
 * Objects that come back are frozen: copy before changing (`deepClone`). All methods reject with ApiError.
 */
export interface Client {
  /**
   * A client that acts as another user, e.g. `system:kube-scheduler`. `agent` is what managedFields call it
   * (`kube-controller-manager`); the user's name unless given.
   */
  as(user: { name: string; groups: readonly string[] }, agent?: string): Client;
  resource<T extends KubeObject = KubeObject>(resource: GroupVersionResource): ResourceClient<T>;
}

export interface ResourceClient<T extends KubeObject> {
  get(name: string, namespace?: string): Promise<T>;
  /** GET of a subresource that is an object: scale, status. */
  getSubresource<R extends KubeObject>(target: Target & { subresource: string }): Promise<R>;
  list(options?: ListOptions): Promise<{ resourceVersion: string; items: readonly T[] }>;
  /** Events after `resourceVersion`, in order; rejects with ApiError 410 when history is gone. Ends when the signal aborts. */
  watch(options: WatchOptions): AsyncIterable<readonly ClientEvent<T>[]>;
  /** The namespace is the object's own. */
  create(object: T, options?: WriteOptions): Promise<T>;
  update(object: T, options?: WriteOptions): Promise<T>;
  /** PUT on a subresource, 'status' mostly. */
  updateSubresource(object: T, subresource: string, options?: WriteOptions): Promise<T>;
  patch(target: Target, patch: Patch, options?: WriteOptions): Promise<T>;
  delete(target: Target, options?: DeleteRequest): Promise<void>;
  deleteCollection(options?: ListOptions, how?: DeleteRequest): Promise<void>;
  /** POST on a subresource: binding, eviction, token. */
  post<R extends KubeObject>(target: Target & { subresource: string }, body: KubeObject): Promise<R>;
}

export interface Target {
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly subresource?: string | undefined;
}

export interface Patch {
  readonly type: 'json' | 'merge' | 'strategic' | 'apply';
  readonly body: object;
  readonly force?: boolean | undefined;
}

export interface ListOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

export interface WatchOptions extends ListOptions {
  readonly resourceVersion: string;
  readonly signal: AbortSignal;
}

export interface ClientEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: T;
}

export interface WriteOptions {
  readonly fieldManager?: string | undefined;
  readonly dryRun?: boolean | undefined;
}

export interface DeleteRequest {
  readonly gracePeriodSeconds?: number | undefined;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan' | undefined;
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}
