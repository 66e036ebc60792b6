/** Limits that users set, kube-apiserver's flags of the same names. */
export interface RequestLimits {
  /** Reads that are worked on at a time, watches and other streams not counted; more are answered with 429. Default 400. */
  readonly maxRequestsInFlight?: number | undefined;
  /** The same for writes. Default 200. */
  readonly maxMutatingRequestsInFlight?: number | undefined;
  /** How long a request that is no stream may take, in milliseconds. Default 60,000. */
  readonly requestTimeoutMs?: number | undefined;
}

/** Limits that kube-apiserver has as defaults of flags (k8s.io/apiserver/pkg/server/config.go). */
export const LIMITS = {
  /** Largest request body, in bytes. */
  requestBody: 3 * 1024 * 1024,
  /** The same for routes of kubette's own: a snapshot is one body. */
  ownRequestBody: 1024 * 1024 * 1024,
  /** Time that a request which is no stream may take. */
  requestTimeoutMs: 60_000,
  /** Requests in flight, streams not counted: those that read and those that write. */
  readsInFlight: 400,
  writesInFlight: 200,
  /** Replies from this size on are compressed for clients that ask. */
  compressFrom: 128 * 1024,
  /** All headers of a request together, as Go's http.Server. */
  headerBytes: 1024 * 1024,
  /** How long a connection may be idle: longer than client-go keeps one, so that the client is the one to close it. */
  idleMs: 95_000,
  /** How long a client may take to send its headers. */
  headersMs: 32_000,
  /** After this much silence the kernel asks whether the peer is still there. */
  keepAliveMs: 15_000,
  tlsHandshakeMs: 10_000,
  /** How long requests may go on after the server was told to stop. */
  stopMs: 5_000,
} as const;
