import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import type { RequestInfo } from '../api/request-info.js';
import { ANONYMOUS, type UserInfo } from '../api/user.js';
import type { ApiRequest, RequestBody, RequestOrigin } from '../pipeline/request.js';
import { readBody } from './body.js';
import { LIMITS } from './limits.js';

/** The connection of a request that wants to leave HTTP (WebSocket, SPDY), as node:http hands it out. */
export interface UpgradeSocket {
  readonly socket: Duplex;
  /** Bytes that came behind the request. */
  readonly head: Buffer;
}

/** Paths of kubette's own, which only administrators reach: snapshots are sent to them. */
const OWN_PREFIX = '/kubette/';

const SUBRESOURCES_THAT_STREAM = new Set(['attach', 'exec', 'proxy', 'log', 'portforward']);

/**
 * A request on its way through http/, and the ApiRequest that the pipeline sees.
 * What many requests never need (the query, the abort signal) is made when it is asked for.
 */
export class Exchange implements ApiRequest, RequestOrigin {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  info: RequestInfo;
  user: UserInfo = ANONYMOUS;
  /** Whether `user` is who asks, and not just nobody yet. */
  identified = false;
  /** When the request is given up, in milliseconds of the monotonic clock; Infinity for streams. */
  deadline = Number.POSITIVE_INFINITY;
  /** The connection speaks another protocol by now: no HTTP reply can be sent any more. */
  upgraded = false;
  /** What the client is told in the header Audit-Id. */
  auditId = '';
  /** Who asked, where `user` is whom they impersonate. */
  impersonator: UserInfo | undefined;
  sent: RequestBody | undefined;
  private queryCache: URLSearchParams | undefined;
  private abortController: AbortController | undefined;
  private abortReason: Error | undefined;

  constructor(
    readonly incoming: IncomingMessage,
    readonly response: ServerResponse,
    readonly upgrade: UpgradeSocket | undefined,
    readonly startedAt: number,
    /** Percent-decoded. */
    readonly path: string,
    readonly queryText: string,
  ) {
    this.method = incoming.method ?? 'GET';
    // Only set-cookie can have an array as its value, and no request has that.
    this.headers = incoming.headers as Record<string, string | undefined>;
    this.info = { isResource: false, path, verb: this.method.toLowerCase() };
  }

  get query(): URLSearchParams {
    return (this.queryCache ??= new URLSearchParams(this.queryText));
  }

  get signal(): AbortSignal {
    if (!this.abortController) {
      this.abortController = new AbortController();
      if (this.abortReason) this.abortController.abort(this.abortReason);
    }
    return this.abortController.signal;
  }

  get aborted(): boolean {
    return this.abortReason !== undefined;
  }

  readonly body = async (): Promise<RequestBody> => (this.sent ??= await readBody(this.incoming, this.bodyLimit()));

  /** The request is its own origin: a socket stands behind it. */
  get origin(): RequestOrigin {
    return this;
  }

  get uri(): string {
    return this.incoming.url ?? '';
  }

  get sourceIps(): readonly string[] {
    const named = [...(this.headers['x-forwarded-for'] ?? '').split(','), this.headers['x-real-ip'] ?? ''].map((ip) => ip.trim()).filter((ip) => isIP(ip) !== 0);
    const own = this.incoming.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '';
    return [...new Set(own === '' ? named : [...named, own])];
  }

  hangUp(): void {
    this.abort(new Error('the connection was ended'));
    this.incoming.socket.destroy();
  }

  onClose(callback: () => void): void {
    this.response.once('close', callback);
  }

  private bodyLimit(): number {
    return this.path.startsWith(OWN_PREFIX) ? LIMITS.ownRequestBody : LIMITS.requestBody;
  }

  /** Tells everyone who works for this request to stop; the first reason counts. */
  abort(reason: Error): void {
    if (this.abortReason) return;
    this.abortReason = reason;
    this.abortController?.abort(reason);
  }

  /** Whether it may take as long as it likes and does not count as being in flight. */
  get isStream(): boolean {
    const { info } = this;
    return info.isResource && (info.verb === 'watch' || SUBRESOURCES_THAT_STREAM.has(info.subresource));
  }
}
