import type { KubeObject } from '../api/object.js';
import type { RequestInfo } from '../api/request-info.js';
import type { UserInfo } from '../api/user.js';
import type { Status } from '../api/types/meta-v1.js';
import type { Connection } from '../registry/subresource.js';
import type { Kind, Printer } from '../registry/kind.js';
import type { Change, Entry } from '../storage/types.js';
import type { GroupVersionKind } from '../api/gvk.js';

/**
 * One request in the corridor, the same for strangers (http/) and residents (client/local.ts).
 * http/ builds it after authentication; nothing of a socket is in it.
 */
export interface ApiRequest {
  readonly method: string;
  readonly info: RequestInfo;
  readonly user: UserInfo;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Reads the body; only after authorization. The same again for whoever asks twice. Throws ApiError 413 when it is too large. */
  readonly body: () => Promise<RequestBody>;
  /** Aborts when the client has gone, the request's time is up or the server stops. */
  readonly signal: AbortSignal;
  /** What `body` gave, once it has been read. */
  readonly sent?: RequestBody | undefined;
  /** What else is known of a stranger's request; residents have none. */
  readonly origin?: RequestOrigin | undefined;
}

/** Where a request came from. */
export interface RequestOrigin {
  /** Path and query as they came. */
  readonly uri: string;
  /** The client's address behind those that proxies have named. */
  readonly sourceIps: readonly string[];
  /** Told to the client in the header Audit-Id. */
  readonly auditId: string;
  /** Who really asked, where `user` is somebody else who is impersonated. */
  readonly impersonator: UserInfo | undefined;
  /** Ends the connection without an answer. */
  hangUp(): void;
  /** Calls back when everything has been answered or the client has gone. */
  onClose(callback: () => void): void;
}

/**
 * Stands before the corridor's first stage: passes a request on to `next` and may look at it, at the answer, or answer
 * in its place. Must not reject.
 */
export type Interceptor = (request: ApiRequest, next: (request: ApiRequest) => Promise<ApiResponse>) => Promise<ApiResponse>;

/** Bytes from a stranger, or an object from a resident (who has no use for bytes). */
export type RequestBody = { readonly bytes: Buffer } | { readonly object: KubeObject | object };

/** What the corridor answers; `encode` turns it into bytes for strangers. */
export type ApiResponse = { readonly warnings: readonly string[] } & (
  | ObjectResponse
  | ListResponse
  | WatchResponse
  | { readonly type: 'status'; readonly code: number; readonly status: Status }
  | { readonly type: 'connect'; readonly connection: Connection }
  | DocumentResponse
);

export interface ObjectResponse {
  readonly type: 'object';
  readonly code: number;
  readonly object: KubeObject;
  /** The stored version, where the reply is exactly that: its bytes are sent as they are. */
  readonly entry?: Entry | undefined;
  /** Undefined for replies that have no kind of their own (a review, a Scale). */
  readonly kind: Kind | undefined;
  /** Prints replies without a kind as a Table. */
  readonly printer?: Printer | undefined;
}

export interface ListResponse {
  readonly type: 'list';
  readonly kind: Kind;
  readonly entries: readonly Entry[];
  /** '' for a list that is of no time. */
  readonly resourceVersion: string;
  readonly continue?: string | undefined;
  readonly remainingItemCount?: number | undefined;
}

export interface WatchResponse {
  readonly type: 'watch';
  readonly kind: Kind;
  /** Batches in order of revision; ends when the client has gone or time is up. */
  readonly events: AsyncIterable<readonly WatchEvent[]>;
}

export type WatchEvent =
  | {
      readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
      /** What is shown: the new state, or for DELETED the last one that matched (at the revision of the deletion). */
      readonly entry: Entry;
      /** Shared by all watchers of the change: encoders keep bytes by it. Absent for initial events. */
      readonly change?: Change | undefined;
    }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string; readonly initialEventsEnd: boolean }
  | { readonly type: 'ERROR'; readonly status: Status };

/** Discovery, OpenAPI, version, health: bytes that are made (and cached) elsewhere. */
export interface DocumentResponse {
  readonly type: 'document';
  readonly code: number;
  /** '' for an answer that says nothing. */
  readonly contentType: string;
  readonly body: Buffer | string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

/** A reply as bytes. An iterable body is a stream whose headers must be sent before its first chunk is there. */
export interface EncodedResponse {
  readonly code: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: readonly Buffer[] | Pieces | AsyncIterable<Buffer>;
}

/** A long body that is made as the client takes it, from its beginning whenever it is iterated. */
export interface Pieces extends Iterable<Buffer> {
  /** Bytes of all together, where they are known before. */
  readonly size?: number | undefined;
}

/** The corridor's two operations. `handle` never rejects: what goes wrong is a 'status' response. */
export interface Pipeline {
  handle(request: ApiRequest): Promise<ApiResponse>;
  /** For every response but 'connect', which http/ frames itself. Negotiates by the request's Accept header. */
  encode(request: ApiRequest, response: Exclude<ApiResponse, { type: 'connect' }>): EncodedResponse;
}

export type { GroupVersionKind };
