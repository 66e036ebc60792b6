import { ServerResponse, type IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { DEFAULT_CIPHERS } from 'node:tls';
import { SystemClock, type Clock, type Timer } from '../base/clock.js';
import { Connections } from './connections.js';
import { Door, type DoorOptions } from './door.js';
import type { Exchange } from './exchange.js';
import type { HealthChecks } from './health.js';
import type { InProcessRequest } from './in-process.js';
import { LIMITS } from './limits.js';

export type { DoorOptions } from './door.js';

export interface HttpServerOptions extends DoorOptions {
  /** PEM; `ca` is what client certificates are checked against. */
  readonly tls: { readonly cert: string; readonly key: string; readonly ca: string };
  /** Connections do not keep the process alive. */
  readonly unref?: boolean | undefined;
}

/** A cluster's way to its clients: the whole server, or a path of one that clusters share. */
export interface Front {
  readonly health: HealthChecks;
  /** Answers a request of this process, without a socket. `path` starts below the front's URL. */
  request(path: string, request: InProcessRequest): Promise<Response>;
  /** Requests that are not answered yet, and streams. */
  active(): Iterable<Exchange>;
  /** Ends streams, lets requests finish for a while, breaks off what is left. May be called again. */
  stop(): Promise<void>;
}

export interface HttpServer extends Front {
  /** Binds; port 0 picks a free one. Rejects when the port is taken. */
  listen(port: number, host: string): Promise<{ readonly port: number; readonly url: string }>;
  /** Serves another cluster under `/clusters/NAME`, at this server's URL with that path. Throws when the name is taken. */
  mount(name: string, options: DoorOptions): Front & { readonly url: string };
  /** Open TCP connections. */
  readonly connections: number;
}

/** Go's order: 128 bits first, which take fewer rounds. The rest is Node's default. */
const CIPHERS = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', ...DEFAULT_CIPHERS.split(':').filter((name) => !name.startsWith('TLS_'))].join(':');

/** Where clusters that share the server are found. */
export const MOUNT_PREFIX = '/clusters/';

/** How often requests are looked at for having taken too long, while there are any. */
const SWEEP_MS = 1000;

/** What Go's server says to those who forget the "s". */
const NOT_TLS = 'HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n';

/** The API server's front door: HTTPS with HTTP/1.1, streams included. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  return new KubeHttpServer(options);
}

class KubeHttpServer implements HttpServer {
  private readonly server: Server;
  private readonly sockets = new Connections();
  private readonly own: Door;
  private readonly mounted = new Map<string, Door>();
  private readonly clock: Clock;
  private url = '';
  private sweep: Timer | undefined;
  private stopped: Promise<void> | undefined;

  constructor(private readonly options: HttpServerOptions) {
    this.clock = options.clock ?? new SystemClock();
    this.own = new Door(options, () => this.url, () => this.startSweep());
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

  get health(): HealthChecks {
    return this.own.health;
  }

  get connections(): number {
    return this.sockets.size;
  }

  async listen(port: number, host: string): Promise<{ port: number; url: string }> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => {
        this.server.off('error', reject);
        if (this.options.unref) this.server.unref();
        resolve();
      });
    });
    const bound = (this.server.address() as AddressInfo).port;
    const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
    this.url = `https://${name.includes(':') ? `[${name}]` : name}:${bound}`;
    return { port: bound, url: this.url };
  }

  active(): Iterable<Exchange> {
    return this.own.corridor.active;
  }

  request(path: string, request: InProcessRequest): Promise<Response> {
    return this.doorOf(path).request(path, request);
  }

  mount(name: string, options: DoorOptions): Front & { url: string } {
    if (this.mounted.has(name)) throw new Error(`there is a cluster ${JSON.stringify(name)} already`);
    const prefix = MOUNT_PREFIX + name;
    const door = new Door(options, () => this.url + prefix, () => this.startSweep(), prefix);
    this.mounted.set(name, door);
    const { health } = door;
    const stop = async (): Promise<void> => {
      if (this.mounted.get(name) === door) this.mounted.delete(name);
      await door.stop();
    };
    return { health, url: this.url + prefix, stop, active: () => door.corridor.active, request: (path, request) => door.request(prefix + path, request) };
  }

  stop(): Promise<void> {
    return (this.stopped ??= this.shutDown());
  }

  private async shutDown(): Promise<void> {
    for (const door of this.doors()) door.startShutdown();
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeIdleConnections();
    const timer = this.clock.after(LIMITS.stopMs, () => void this.sockets.destroyAll());
    // Connections whose last reply is out are idle, but node:http closes them only when asked.
    const drain = (): void => {
      this.server.closeIdleConnections();
      if (this.allActive().length === 0) void this.sockets.destroyAll();
    };
    for (const exchange of this.allActive()) exchange.response.once('close', () => setImmediate(drain));
    drain();
    await closed;
    timer.cancel();
    await this.sockets.destroyAll();
    this.sweep?.cancel();
    this.sweep = undefined;
  }

  private attach(): void {
    this.server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      if (this.options.unref) socket.unref();
    });
    this.server.on('request', (request, response) => this.doorOf(request.url ?? '/').accept(request, response));
    this.server.on('upgrade', (request, socket, head) => this.acceptUpgrade(request, socket, head));
    this.server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => rejectGarbage(error, socket));
    this.server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
      if (error.code === 'ERR_SSL_HTTP_REQUEST') this.sockets.of(socket)?.end(NOT_TLS);
    });
  }

  /** Who answers to a path: the cluster that is mounted there, else this server's own. */
  private doorOf(url: string): Door {
    if (this.mounted.size === 0 || !url.startsWith(MOUNT_PREFIX)) return this.own;
    const name = /^[^/?]*/.exec(url.slice(MOUNT_PREFIX.length))?.[0] ?? '';
    return this.mounted.get(name) ?? this.own;
  }

  private allActive(): Exchange[] {
    return this.doors().flatMap(({ corridor }) => [...corridor.active]);
  }

  private doors(): Door[] {
    return [this.own, ...this.mounted.values()];
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
    this.doorOf(request.url ?? '/').accept(request, response, { socket, head });
  }

  private startSweep(): void {
    if (!this.sweep && !this.stopped) this.sweep = this.clock.after(SWEEP_MS, () => this.expireOverdue());
  }

  private expireOverdue(): void {
    const now = this.clock.monotonic();
    let waiting = false;
    for (const { corridor } of this.doors()) {
      for (const exchange of corridor.active) if (exchange.deadline <= now && !exchange.aborted) corridor.expire(exchange);
      // Watches have no deadline: with nothing but them the server sleeps.
      waiting ||= [...corridor.active].some(({ deadline, aborted }) => deadline < Number.POSITIVE_INFINITY && !aborted);
    }
    this.sweep = undefined;
    if (waiting) this.startSweep();
  }
}

function rejectGarbage(error: NodeJS.ErrnoException, socket: Duplex): void {
  // Who has a connection and asks nothing is not answered: to Go's client that would be an unsolicited response, and a line in its log.
  if (error.code === 'ECONNRESET' || error.code === 'ERR_HTTP_REQUEST_TIMEOUT' || !socket.writable) return void socket.destroy();
  const reason = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request';
  socket.end(`HTTP/1.1 ${reason}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${reason}`);
}
