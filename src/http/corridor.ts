import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError, badRequest, internalError } from '../api/errors.js';
import type { RequestInfo } from '../api/request-info.js';
import type { UserInfo } from '../api/user.js';
import { accessDenied, type Authorize } from '../authn/access.js';
import type { Authenticator } from '../authn/authenticator.js';
import { hasImpersonation, impersonate, readImpersonation } from '../authn/impersonation.js';
import type { Clock } from '../base/clock.js';
import type { Ids } from '../base/ids.js';
import type { Logger } from '../base/logger.js';
import type { EncodedResponse, Pipeline } from '../pipeline/request.js';
import { Exchange, type UpgradeSocket } from './exchange.js';
import { parseGoDuration } from '../base/go-duration.js';
import { inProcessUser } from './in-process.js';
import type { InFlight } from './in-flight.js';
import type { ServerMetrics } from './metrics.js';
import type { OwnRoutes } from './own-routes.js';
import { sendReply, sendText } from './reply.js';
import { parseRequestInfo, UnclearPathError } from './request-info.js';
import type { StreamContext } from './streams/context.js';
import { serveConnection } from './streams/index.js';

export interface CorridorOptions {
  readonly pipeline: Pipeline;
  readonly authenticator: Authenticator;
  /** For impersonation, and for the routes that are not the pipeline's. */
  readonly authorize: Authorize;
  readonly ownRoutes: OwnRoutes;
  readonly inFlight: InFlight;
  readonly metrics: ServerMetrics;
  /** Uids of the FlowSchema and priority level that a request falls under, told in headers. */
  readonly flowControl?: ((user: UserInfo, info: RequestInfo) => { readonly flowSchemaUid: string; readonly priorityLevelUid: string } | undefined) | undefined;
  readonly requestTimeoutMs: number;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Longer ones of clients are cut off, as k8s.io/apiserver does. */
const MAX_AUDIT_ID = 64;

const ALLOTTED_TIME_UP = new ApiError(504, 'Timeout', 'Timeout: request did not complete within the allotted timeout', {});

/** Leads requests from the socket through authentication to the pipeline, and its answers back. */
export class Corridor {
  /** Everything that is not answered yet. */
  readonly active = new Set<Exchange>();
  stopping = false;

  constructor(private readonly options: CorridorOptions) {}

  /** Never rejects and never throws: whatever goes wrong is answered, or ends this connection alone. */
  accept(incoming: IncomingMessage, response: ServerResponse, upgrade?: UpgradeSocket): void {
    const url = incoming.url ?? '/';
    const mark = url.indexOf('?');
    const path = decodePath(mark < 0 ? url : url.slice(0, mark));
    const exchange = new Exchange(incoming, response, upgrade, this.options.clock.monotonic(), path ?? url, mark < 0 ? '' : url.slice(mark + 1));
    this.active.add(exchange);
    exchange.auditId = exchange.headers['audit-id']?.slice(0, MAX_AUDIT_ID) || this.options.ids.uid();
    response.on('error', () => {});
    // Go's server says nothing about keeping a connection that it keeps.
    response.removeHeader('connection');
    response.once('close', () => {
      this.active.delete(exchange);
      if (!response.writableFinished) exchange.abort(new Error('the client has gone'));
      this.options.metrics.requestEnded(exchange, response.statusCode, this.options.clock.monotonic() - exchange.startedAt);
    });
    if (path === undefined) return void response.writeHead(400, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' }).end('400 Bad Request');
    void this.serve(exchange)
      .catch((error: unknown) => this.fail(exchange, error))
      .catch((error: unknown) => this.drop(exchange, error));
  }

  /** Answers 504 to a request that has taken too long, and makes everyone stop working for it. */
  expire(exchange: Exchange): void {
    exchange.abort(new Error('the request has taken too long'));
    // Half a reply cannot become an error: who has not taken it by now is cut off.
    if (exchange.response.headersSent || exchange.upgraded) return void exchange.response.destroy();
    // What Go's timeout handler writes knows neither its kind nor its media type.
    const { kind: _kind, apiVersion: _apiVersion, ...status } = ALLOTTED_TIME_UP.toStatus();
    const body = Buffer.from(`${JSON.stringify(status)}\n`);
    void sendReply(exchange, { code: ALLOTTED_TIME_UP.code, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: [body] }, this.commonHeaders(exchange)).catch((error: unknown) => this.drop(exchange, error));
  }

  private async serve(exchange: Exchange): Promise<void> {
    const { options } = this;
    try {
      exchange.info = parseRequestInfo(exchange.method, exchange.path, () => exchange.query);
    } catch (error) {
      if (!(error instanceof UnclearPathError)) throw error;
      return sendText(exchange, 400, `Internal Server Error: ${JSON.stringify(exchange.incoming.url)}: failed to create RequestInfo: ${error.message}\n`, this.commonHeaders(exchange));
    }
    const stream = exchange.isStream;
    if (!stream) exchange.deadline = exchange.startedAt + this.timeoutOf(exchange);
    const { headers, socket } = exchange.incoming;
    const user = inProcessUser(socket) ?? options.authenticator.authenticate({ headers, socket, path: exchange.path });
    exchange.user = user instanceof Promise ? await user : user;
    if (hasImpersonation(exchange.headers)) await this.impersonate(exchange);
    exchange.identified = true;

    if (!stream && !options.inFlight.enter(exchange.user, exchange.method)) {
      options.metrics.requestRejected();
      return sendText(exchange, 429, 'Too many requests, please try again later.\n', { ...this.commonHeaders(exchange), 'retry-after': '1' });
    }
    const streamEnded = stream ? options.metrics.streamStarted(exchange) : undefined;
    try {
      await this.answer(exchange);
    } finally {
      if (streamEnded) streamEnded();
      else options.inFlight.leave(exchange.method);
    }
  }

  private async answer(exchange: Exchange): Promise<void> {
    const { pipeline, ownRoutes } = this.options;
    const { info } = exchange;
    if (!info.isResource && ownRoutes.owns(exchange.path)) return this.answerOwn(exchange);
    const response = await pipeline.handle(exchange);
    if (exchange.response.headersSent) return;
    const headers = this.commonHeaders(exchange);
    if (response.type === 'connect') return serveConnection(this.streamContext(exchange, headers), response.connection);
    const encoded = pipeline.encode(exchange, response);
    if (response.type === 'watch' && exchange.upgrade && Symbol.asyncIterator in encoded.body) {
      const { serveWatchSocket } = await import('./streams/watch-socket.js');
      return serveWatchSocket(this.streamContext(exchange, headers), { text: encoded.headers['content-type'] === 'application/json', chunks: encoded.body });
    }
    await sendReply(exchange, encoded, headers);
  }

  private streamContext(exchange: Exchange, headers: Readonly<Record<string, string>>): StreamContext {
    const { clock, logger } = this.options;
    return { exchange, headers, clock, logger };
  }

  private async answerOwn(exchange: Exchange): Promise<void> {
    const { user, info, incoming, response } = exchange;
    const { allowed, reason } = await this.options.authorize(user, info);
    if (!allowed) throw accessDenied(user, info, reason);
    for (const [name, value] of Object.entries(this.commonHeaders(exchange))) response.setHeader(name, value);
    await this.options.ownRoutes.handle(incoming, response);
  }

  private async impersonate(exchange: Exchange): Promise<void> {
    const wanted = readImpersonation(exchange.incoming.headersDistinct);
    // Nobody behind this stage is to know, and proxies must not pass the headers on.
    for (const name of Object.keys(exchange.incoming.headers)) if (name.startsWith('impersonate-')) delete exchange.incoming.headers[name];
    if (!wanted) return;
    exchange.impersonator = exchange.user;
    exchange.user = await impersonate(exchange.user, wanted, exchange.info, this.options.authorize);
  }

  private timeoutOf(exchange: Exchange): number {
    const maximum = this.options.requestTimeoutMs;
    if (!exchange.queryText.includes('timeout=')) return maximum;
    const text = exchange.query.get('timeout') ?? '';
    if (text === '') return maximum;
    let asked: number;
    try {
      asked = parseGoDuration(text);
    } catch (error) {
      throw badRequest(`invalid timeout specified in the request URL - ${(error as Error).message}`);
    }
    return asked > 0 && asked < maximum ? asked : maximum;
  }

  private commonHeaders(exchange: Exchange): Record<string, string> {
    const { user, info, identified } = exchange;
    const common: Record<string, string> = {
      'audit-id': exchange.auditId,
      'cache-control': 'no-cache, private',
    };
    const flow = identified ? this.options.flowControl?.(user, info) : undefined;
    if (flow) {
      common['x-kubernetes-pf-flowschema-uid'] = flow.flowSchemaUid;
      common['x-kubernetes-pf-prioritylevel-uid'] = flow.priorityLevelUid;
    }
    if (this.stopping) common['connection'] = 'close';
    return common;
  }

  private async fail(exchange: Exchange, error: unknown): Promise<void> {
    const { logger } = this.options;
    // A stream that just ended would look complete.
    if (exchange.response.headersSent || exchange.upgraded) return this.drop(exchange, error);
    if (exchange.aborted && exchange.response.destroyed) return;
    if (!(error instanceof ApiError)) logger.error({ error, method: exchange.method, path: exchange.path }, 'a request met a bug');
    await this.sendError(exchange, error instanceof ApiError ? error : internalError('the server met an unexpected condition'));
  }

  /** Ends the connection of an exchange that can no longer be answered. */
  private drop(exchange: Exchange, error: unknown): void {
    if (!exchange.aborted) this.options.logger.error({ error, path: exchange.path }, 'a reply broke off');
    exchange.response.destroy();
    exchange.upgrade?.socket.destroy();
  }

  private async sendError(exchange: Exchange, error: ApiError): Promise<void> {
    const status = error.toStatus();
    let encoded: EncodedResponse;
    try {
      encoded = this.options.pipeline.encode(exchange, { type: 'status', warnings: [], code: error.code, status });
    } catch (cause) {
      if (!(cause instanceof ApiError)) this.options.logger.error({ error: cause }, 'a Status could not be encoded');
      encoded = { code: error.code, headers: { 'content-type': 'application/json' }, body: [Buffer.from(JSON.stringify(status))] };
    }
    await sendReply(exchange, encoded, this.commonHeaders(exchange));
  }
}

/** Undefined when an escape is broken; bytes that are no UTF-8 are kept as replacement characters. */
function decodePath(path: string): string | undefined {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    if (/%(?![0-9A-Fa-f]{2})/.test(path)) return undefined;
    const bytes = path.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
    return Buffer.from(bytes, 'latin1').toString('utf8');
  }
}
