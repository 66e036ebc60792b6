import type { Duplex } from 'node:stream';
import type { ExecStreams, ExitStatus, LogOptions } from '../api/streams.js';
import type { GroupVersionKind } from '../api/gvk.js';
import type { KubeObject } from '../api/object.js';
import type { Printer, Strategy, StrategyContext } from './kind.js';

/** What stands behind the last segment of /api/v1/namespaces/NS/pods/NAME/SUBRESOURCE. */
export type Subresource = ObjectSubresource | ActionSubresource | ConnectSubresource;

/** A view of the same stored object with rules of its own: status, scale, resize, ephemeralcontainers, finalize, approval. */
export interface ObjectSubresource<T extends KubeObject = KubeObject> {
  readonly type: 'object';
  /** `prepareForUpdate` keeps what this route may not touch. */
  readonly strategy: Strategy<T>;
  /** Where the view is of another kind (Scale). */
  readonly projection?: Projection<T>;
}

export interface Projection<T extends KubeObject = KubeObject, V extends KubeObject = KubeObject> {
  readonly gvk: GroupVersionKind;
  /** Where the replicas of a Scale stand in the object; spec.replicas unless said otherwise. */
  readonly replicasPath?: readonly string[];
  read(object: T): V;
  /** Writes the view's changes into a mutable copy of the object. */
  write(object: T, view: V): void;
  /** Rows of the view as a Table. */
  readonly printer?: Printer<V>;
  /** Errors of the view itself, thrown as ApiError. */
  validate?(view: V): void;
}

/** A POST that does something to the object: binding, eviction, token. */
export interface ActionSubresource {
  readonly type: 'action';
  /** Kind of the body. */
  readonly gvk: GroupVersionKind;
  /** Fills in what the body leaves out. */
  readonly defaults?: (body: KubeObject) => void;
  /** The answer shows the body's metadata, so its managed fields name the sender. */
  readonly echoesBody?: boolean;
  /** The reply's object, and its code (201 unless said otherwise). */
  run(action: Action): Promise<ActionResult>;
}

export interface Action extends StrategyContext {
  readonly name: string;
  /** The decoded body with defaults. */
  readonly body: KubeObject;
  readonly query: URLSearchParams;
  readonly verbs: ObjectVerbs;
}

export interface ActionResult {
  readonly code?: number;
  readonly object: KubeObject;
}

/** The registry's verbs on stored objects, for subresources that act (with the caller's identity). */
export interface ObjectVerbs {
  get(resource: { group: string; resource: string }, namespace: string, name: string): KubeObject | undefined;
  /**
   * Read-modify-write with retries on conflict: `change` gets a mutable copy and may throw ApiError.
   * Runs as an update through `subresource`'s strategy.
   */
  modify<T extends KubeObject>(
    target: { group: string; resource: string; namespace: string; name: string; subresource: string },
    change: (object: T) => void,
  ): Promise<T>;
  delete(target: { group: string; resource: string; namespace: string; name: string }, options: DeleteOptions): Promise<void>;
}

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number | undefined;
  readonly propagationPolicy?: string | undefined;
  readonly preconditions?: { readonly uid?: string | undefined; readonly resourceVersion?: string | undefined } | undefined;
  readonly orphanDependents?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
}

/** A stream to the node or the pod: log, exec, attach, portforward, proxy. */
export interface ConnectSubresource {
  readonly type: 'connect';
  connect(request: ConnectRequest): Promise<Connection>;
}

export interface ConnectRequest {
  readonly namespace: string;
  readonly name: string;
  /** What follows the subresource in the path (proxy). */
  readonly rest: string;
  readonly query: URLSearchParams;
  readonly method: string;
  readonly signal: AbortSignal;
  readonly verbs: ObjectVerbs;
}

export type Connection =
  /** `chunks` undefined: there is no node that could have a log. */
  | { readonly type: 'log'; readonly options: LogOptions; readonly chunks: AsyncIterable<Buffer> | undefined }
  | { readonly type: 'exec'; readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean; readonly tty: boolean; run(streams: ExecStreams): Promise<ExitStatus> }
  | { readonly type: 'port-forward'; forward(port: number, stream: Duplex): Promise<void> }
  | {
      readonly type: 'proxy';
      /** Opens the connection that the HTTP request is passed on through. */
      connect(signal: AbortSignal): Promise<Duplex>;
      readonly secure: boolean;
      /** Host header and path with query of the request as passed on. */
      readonly host: string;
      readonly path: string;
      /** Prefix of the API server's own path: rewritten into Location headers and HTML links. */
      readonly prefix: string;
    };
