import { ServerResponse, type IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { DEFAULT_CIPHERS } from 'node:tls';
import type { OidcDocuments } from '../authn/oidc-documents.js';
import { SystemClock, type Clock, type Timer } from '../base/clock.js';
import { RandomIds, type Ids } from '../base/ids.js';
import type { Logger } from '../base/logger.js';
import { Connections } from './connections.js';
import { Corridor, type CorridorOptions } from './corridor.js';
import { HealthChecks } from './health.js';
import { InFlight } from './in-flight.js';
import { LIMITS } from './limits.js';
import { ServerMetrics, type MetricSource } from './metrics.js';
import { OwnRoutes } from './own-routes.js';

export interface HttpServerOptions extends Pick<CorridorOptions, 'pipeline' | 'authenticator' | 'authorize' | 'flowControl'> {
  /** PEM; `ca` is what client certificates are checked against. */
  readonly tls: { readonly cert: string; readonly key: string; readonly ca: string };
  readonly logger: Logger;
  readonly health?: HealthChecks;
  /** Asked once the server's URL is known, when the first client wants the documents. */
  readonly oidc?: ((serverUrl: string) => OidcDocuments) | undefined;
  readonly metrics?: readonly MetricSource[];
  readonly ids?: Ids;
  /** Real time: clients and sockets know no other. */
  readonly clock?: Clock;
  readonly inFlight?: number;
  readonly requestTimeoutMs?: number;
}

export interface HttpServer {
  readonly health: HealthChecks;
  /** Binds; port 0 picks a free one. Rejects when the port is taken. */
  listen(port: number, host: string): Promise<{ readonly port: number; readonly url: string }>;
  /**
   * Takes no more connections, ends streams, lets requests finish for a while and closes what is left.
   * Nothing of the server is open when it resolves. May be called again, and before `listen`.
   */
  stop(): Promise<void>;
  /** Open TCP connections. */
  readonly connections: number;
}

/** Go's order: 128 bits first, which take fewer rounds. The rest is Node's default. */
const CIPHERS = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', ...DEFAULT_CIPHERS.split(':').filter((name) => !name.startsWith('TLS_'))].join(':');

/** How often requests are looked at for having taken too long, while there are any. */
const SWEEP_MS = 1000;

/** What Go's server says to those who forget the "s". */
const NOT_TLS = 'HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n';

/** The API server's front door: HTTPS with HTTP/1.1, streams included. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  return new KubeHttpServer(options);
}

class KubeHttpServer implements HttpServer {
  readonly health: HealthChecks;
  private readonly server: Server;
  private readonly sockets = new Connections();
  private readonly corridor: Corridor;
  private readonly clock: Clock;
  private url = '';
  private sweep: Timer | undefined;
  private stopped: Promise<void> | undefined;

  constructor(options: HttpServerOptions) {
    const { logger, health = new HealthChecks(), clock = new SystemClock(), ids = new RandomIds(), oidc } = options;
    this.health = health;
    this.clock = clock;
    const inFlight = new InFlight(options.inFlight ?? LIMITS.inFlight);
    const metrics = new ServerMetrics(() => inFlight.current, options.metrics ?? [], () => clock.now());
    let documents: OidcDocuments | undefined;
    const ownRoutes = new OwnRoutes({ health, metrics, logger, oidc: () => (documents ??= oidc?.(this.url)) });
    const { pipeline, authenticator, authorize, flowControl, requestTimeoutMs = LIMITS.requestTimeoutMs } = options;
    this.corridor = new Corridor({ pipeline, authenticator, authorize, flowControl, ownRoutes, inFlight, metrics, requestTimeoutMs, ids, clock, logger });
    this.server = createServer({
      ...options.tls,
      ciphers: CIPHERS,
      requestCert: true,
      // Who shows a certificate of another CA may still have a token.
      rejectUnauthorized: false,
      handshakeTimeout: LIMITS.tlsHandshakeMs,
      maxHeaderSize: LIMITS.headerBytes,
      headersTimeout: LIMITS.headersMs,
      requestTimeout: 0,
      keepAliveTimeout: LIMITS.idleMs,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: LIMITS.keepAliveMs,
    });
    this.attach();
  }

  get connections(): number {
    return this.sockets.size;
  }

  async listen(port: number, host: string): Promise<{ port: number; url: string }> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
    const bound = (this.server.address() as AddressInfo).port;
    const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
    this.url = `https://${name.includes(':') ? `[${name}]` : name}:${bound}`;
    return { port: bound, url: this.url };
  }

  stop(): Promise<void> {
    return (this.stopped ??= this.shutDown());
  }

  private async shutDown(): Promise<void> {
    this.health.startShutdown();
    this.corridor.stopping = true;
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeIdleConnections();
    for (const exchange of this.corridor.active) if (exchange.isStream) exchange.abort(new Error('the server is shutting down'));
    const timer = this.clock.after(LIMITS.stopMs, () => void this.sockets.destroyAll());
    // Connections whose last reply is out are idle, but node:http closes them only when asked.
    const drain = (): void => {
      this.server.closeIdleConnections();
      if (this.corridor.active.size === 0) void this.sockets.destroyAll();
    };
    for (const exchange of this.corridor.active) exchange.response.once('close', () => setImmediate(drain));
    drain();
    await closed;
    timer.cancel();
    await this.sockets.destroyAll();
    this.sweep?.cancel();
    this.sweep = undefined;
  }

  private attach(): void {
    this.server.on('connection', (socket: Socket) => this.sockets.add(socket));
    this.server.on('request', (request, response) => this.accept(request, response));
    this.server.on('upgrade', (request, socket, head) => this.acceptUpgrade(request, socket, head));
    this.server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => rejectGarbage(error, socket));
    this.server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
      if (error.code === 'ERR_SSL_HTTP_REQUEST') this.sockets.of(socket)?.end(NOT_TLS);
    });
  }

  private accept(request: IncomingMessage, response: ServerResponse, upgrade?: { socket: Duplex; head: Buffer }): void {
    this.corridor.accept(request, response, upgrade);
    if (!this.sweep && !this.stopped) this.sweep = this.clock.after(SWEEP_MS, () => this.expireOverdue());
  }

  /** Until the protocol changes, an upgrade request is one like all others: it may be refused with a Status. */
  private acceptUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    // Stays assigned: when the socket closes the response does, whoever speaks on the socket by then.
    response.assignSocket(socket as Socket);
    socket.on('drain', () => response.emit('drain'));
    response.once('finish', () => socket.end());
    this.accept(request, response, { socket, head });
  }

  private expireOverdue(): void {
    const now = this.clock.monotonic();
    for (const exchange of this.corridor.active) if (exchange.deadline <= now && !exchange.aborted) this.corridor.expire(exchange);
    // Watches have no deadline: with nothing but them the server sleeps.
    const waiting = [...this.corridor.active].some(({ deadline, aborted }) => deadline < Number.POSITIVE_INFINITY && !aborted);
    this.sweep = waiting && !this.stopped ? this.clock.after(SWEEP_MS, () => this.expireOverdue()) : undefined;
  }
}

function rejectGarbage(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const reason = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request';
  socket.end(`HTTP/1.1 ${reason}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${reason}`);
}
