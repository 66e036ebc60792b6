import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { SystemClock, type Clock, type Timer } from '../base/clock.js';
import { connectionPair } from '../base/memory-socket.js';
import { Connections } from './connections.js';
import { Door, type DoorOptions } from './door.js';
import type { Exchange, UpgradeSocket } from './exchange.js';
import type { HealthChecks } from './health.js';
import type { InProcessRequest } from './in-process.js';
import { LIMITS } from './limits.js';
import { createTlsServer, type TlsFiles } from './tls-server.js';

export type { DoorOptions } from './door.js';

export interface HttpServerOptions extends DoorOptions {
  readonly tls: TlsFiles;
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

/** The front of a cluster that shares a server. */
export interface MountedFront extends Front {
  readonly url: string;
  /** Opens a connection in this process behind which there is this cluster alone, without a path before it: TLS, as with all others. */
  connect(): Duplex;
}

export interface HttpServer extends Front {
  /** Binds; port 0 picks a free one. Rejects when the port is taken. */
  listen(port: number, host: string): Promise<{ readonly port: number; readonly url: string }>;
  /** Serves another cluster under `/clusters/NAME`, at this server's URL with that path. Throws when the name is taken. */
  mount(name: string, options: DoorOptions): MountedFront;
  /** Open TCP connections. */
  readonly connections: number;
}

/** Where clusters that share the server are found. */
export const MOUNT_PREFIX = '/clusters/';

/** The ends of a connection that never leaves the process. */
const POD = { address: '127.0.0.1', port: 0 };
const API_SERVER = { address: '127.0.0.1', port: 443 };

/** How often requests are looked at for having taken too long, while there are any. */
const SWEEP_MS = 1000;

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
    this.server = createTlsServer(options.tls, this.sockets, (request, response, upgrade) => this.accept(request, response, upgrade));
    if (options.unref) this.server.on('connection', (socket: Socket) => socket.unref());
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
    const door = this.doorOf(path);
    return door.request(door === this.own ? path : door.below(path), request);
  }

  mount(name: string, options: DoorOptions): MountedFront {
    if (this.mounted.has(name)) throw new Error(`there is a cluster ${JSON.stringify(name)} already`);
    const prefix = MOUNT_PREFIX + name;
    const door = new Door(options, () => this.url + prefix, () => this.startSweep(), prefix);
    this.mounted.set(name, door);
    const { health } = door;
    const sockets = new Connections();
    // It listens nowhere: connections are handed to it. Most clusters never need it.
    let server: Server | undefined;
    const connect = (): Duplex => {
      server ??= createTlsServer(this.options.tls, sockets, (request, response, upgrade) => door.accept(request, response, upgrade));
      const [mine, theirs] = connectionPair(POD, API_SERVER);
      // A broken connection is the business of those who speak on it, and must not end the process.
      for (const end of [mine, theirs]) end.on('error', () => {});
      server.emit('connection', theirs);
      return mine;
    };
    const stop = async (): Promise<void> => {
      if (this.mounted.get(name) === door) this.mounted.delete(name);
      await door.stop();
      await sockets.destroyAll();
    };
    return { health, url: this.url + prefix, connect, stop, active: () => door.corridor.active, request: (path, request) => door.request(path, request) };
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

  private accept(request: IncomingMessage, response: ServerResponse, upgrade?: UpgradeSocket): void {
    const url = request.url ?? '/';
    const door = this.doorOf(url);
    if (door !== this.own) request.url = door.below(url);
    door.accept(request, response, upgrade);
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
