import { createServer, request as httpRequest, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { SecureContext } from 'node:tls';
import type { ClusterNetwork } from '../../api/streams.js';
import { joinStreams } from '../../base/join-streams.js';
import { LISTEN_HOST, ListenError } from '../shared/listen-error.js';
import type { Target } from './endpoints.js';

/** Where a request goes: pods to try one after the other (none: 503), or nowhere (404). */
export type Resolve = (host: string, path: string) => readonly Target[] | undefined;

export interface ProxyOptions {
  readonly network: ClusterNetwork;
  readonly resolve: Resolve;
  /** The certificate for a name. */
  readonly certificate: (name: string) => SecureContext;
  /** The one for clients that name none. PEM. */
  readonly fallback: { readonly cert: string; readonly key: string };
}

const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade']);
const TEXTS: Readonly<Record<number, string>> = { 400: 'Bad Request', 404: 'Not Found', 502: 'Bad Gateway', 503: 'Service Temporarily Unavailable' };
/** Pods that are tried before a request is given up. */
const TRIES = 3;

type Scheme = 'http' | 'https';

/** A reverse proxy on localhost into the pods' network. Knows nothing of Ingresses: it asks `resolve` for each request. */
export class Proxy {
  private readonly servers = new Map<Scheme, Server>();
  private readonly sockets = new Set<Socket>();

  constructor(private readonly options: ProxyOptions) {}

  /** Listens for a scheme on the first port of the list that is to be had (0: any free one), and resolves with it. Rejects with the ListenError of the last one. */
  async listen(scheme: Scheme, ports: readonly number[]): Promise<number> {
    const server = this.createServer(scheme);
    for (const [i, port] of ports.entries()) {
      try {
        const bound = await listenOn(server, port);
        this.servers.set(scheme, server);
        return bound;
      } catch (error) {
        if (i === ports.length - 1) throw error;
      }
    }
    throw new RangeError('there is no port to listen on');
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    const closed = [...this.servers.values()].map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    this.servers.clear();
    for (const socket of this.sockets) socket.destroy();
    await Promise.all(closed);
  }

  private createServer(scheme: Scheme): Server {
    const { certificate, fallback } = this.options;
    const handle: RequestListener = (request, response) => void this.handle(scheme, request, response);
    const server =
      scheme === 'http'
        ? createServer(handle)
        : createSecureServer(
            {
              ...fallback,
              SNICallback: (name, done) => {
                try {
                  done(null, certificate(name));
                } catch (error) {
                  done(error as Error);
                }
              },
            },
            handle,
          );
    server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => void this.upgrade(scheme, request, socket, head));
    server.on('clientError', (_error, socket) => socket.destroy());
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    return server;
  }

  private async handle(scheme: Scheme, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const backend = await this.connect(request);
    if (typeof backend === 'number') {
      request.resume();
      response.writeHead(backend, { 'content-type': 'text/plain; charset=utf-8' }).end(`${backend} ${TEXTS[backend] ?? ''}\n`);
      return;
    }
    const chunked = request.headers['transfer-encoding'] === undefined ? [] : ['transfer-encoding', 'chunked'];
    const outgoing = httpRequest({ createConnection: () => backend, method: request.method, path: request.url, setHost: false, headers: [...passedOn(request.rawHeaders, isOurs), ...forwarded(scheme, request), ...chunked] });
    outgoing.on('response', (incoming) => {
      response.writeHead(incoming.statusCode ?? 502, incoming.statusMessage, passedOn(incoming.rawHeaders));
      pipeline(incoming, response).catch(() => response.destroy());
    });
    outgoing.on('error', () => {
      if (response.headersSent) response.destroy();
      else response.writeHead(502, { 'content-type': 'text/plain; charset=utf-8' }).end(`502 ${TEXTS[502]}\n`);
    });
    // Who hangs up is not waited for.
    response.once('close', () => outgoing.destroy());
    pipeline(request, outgoing).catch(() => {});
  }

  /** WebSockets and their like: the request goes on as it is, and from there the streams are one. */
  private async upgrade(scheme: Scheme, request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => {});
    const backend = await this.connect(request);
    if (typeof backend === 'number') {
      socket.end(`HTTP/1.1 ${backend} ${TEXTS[backend] ?? ''}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const headers = [...without(request.rawHeaders, isOurs), ...forwarded(scheme, request)];
    let text = `${request.method} ${request.url} HTTP/1.1\r\n`;
    for (let i = 0; i + 1 < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
    backend.write(Buffer.concat([Buffer.from(`${text}\r\n`, 'latin1'), head]));
    await joinStreams(socket, backend);
  }

  /** A connection to a pod, or the status that says why there is none. */
  private async connect(request: IncomingMessage): Promise<Duplex | number> {
    const target = targetOf(request);
    if (!target) return 400;
    const pods = this.options.resolve(target.host, target.path);
    if (!pods) return 404;
    if (pods.length === 0) return 503;
    for (const { ip, port } of pods.slice(0, TRIES)) {
      try {
        return await this.options.network.connect(ip, port, { from: LISTEN_HOST });
      } catch {
        // The next one may be well.
      }
    }
    return 502;
  }
}

function targetOf({ url = '/', headers }: IncomingMessage): { host: string; path: string } | undefined {
  if (url.startsWith('/')) return { host: headers.host ?? '', path: url.split('?', 1)[0] ?? '/' };
  // A client that takes us for its proxy.
  if (!URL.canParse(url)) return undefined;
  const { host, pathname } = new URL(url);
  return { host, path: pathname };
}

/** Headers, names and values in turn, that concern more than one connection. */
function passedOn(raw: readonly string[], also: (name: string) => boolean = () => false): string[] {
  return without(raw, (name) => HOP_BY_HOP.has(name) || also(name));
}

function without(raw: readonly string[], dropped: (name: string) => boolean): string[] {
  const headers: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) if (!dropped((raw[i] as string).toLowerCase())) headers.push(raw[i] as string, raw[i + 1] as string);
  return headers;
}

/** What clients may not say of themselves. */
function isOurs(name: string): boolean {
  return name === 'x-real-ip' || name.startsWith('x-forwarded-');
}

function forwarded(scheme: Scheme, { headers, socket }: IncomingMessage): string[] {
  const address = socket.remoteAddress ?? LISTEN_HOST;
  const host = headers.host ?? '';
  return ['X-Real-IP', address, 'X-Forwarded-For', address, 'X-Forwarded-Host', host, 'X-Forwarded-Port', String(socket.localPort ?? ''), 'X-Forwarded-Proto', scheme, 'X-Forwarded-Scheme', scheme];
}

function listenOn(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const refused = ({ code }: NodeJS.ErrnoException): void => reject(new ListenError(port, code));
    server.once('error', refused);
    server.listen(port, LISTEN_HOST, () => {
      server.off('error', refused);
      server.on('error', () => {});
      // The API server keeps the process alive, not this one.
      server.unref();
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}
