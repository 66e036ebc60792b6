import { createServer, request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Readable, type Duplex } from 'node:stream';
import type { UserInfo } from '../api/user.js';
import { connectionPair } from '../base/memory-socket.js';
import { LIMITS } from './limits.js';
import type { UpgradeSocket } from './exchange.js';

type Accept = (request: IncomingMessage, response: ServerResponse, upgrade?: UpgradeSocket) => void;

const users = new WeakMap<Duplex, UserInfo>();

/** Who speaks on a connection that never left this process; undefined for all others. */
export function inProcessUser(socket: Duplex): UserInfo | undefined {
  return users.get(socket);
}

export interface InProcessRequest {
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string | readonly string[]>> | undefined;
  readonly body?: string | Uint8Array | undefined;
  /** Aborting it is what hanging up is to a client with a socket. */
  readonly signal?: AbortSignal | undefined;
  readonly user: UserInfo;
}

const CLIENT = { address: '127.0.0.1', port: 0 };
const SERVER = { address: '127.0.0.1', port: 443 };
/** Replies that have no body by definition: the Fetch standard refuses to make one of them with a body. */
const NULL_BODY = new Set([101, 204, 205, 304]);

/**
 * A way into the server without sockets and TLS: the same HTTP, over a pair of streams in memory, for callers in this
 * process whose identity needs no proof. Everything behind the socket is as for all other clients.
 */
export class InProcessDoor {
  private server: Server | undefined;

  constructor(private readonly accept: Accept) {}

  /** Resolves with the reply once its headers are there; the body is read as it comes. Rejects when the connection breaks first. */
  request(path: string, { method = 'GET', headers = {}, body, signal, user }: InProcessRequest): Promise<Response> {
    this.server ??= this.createServer();
    const [mine, theirs] = connectionPair(CLIENT, SERVER);
    users.set(theirs, user);
    this.server.emit('connection', theirs);
    return new Promise((resolve, reject) => {
      const outgoing = httpRequest({ createConnection: () => mine, method, path, headers: { host: 'localhost', ...headers } as Record<string, string | string[]>, ...(signal ? { signal } : {}) }, (incoming) => resolve(toResponse(incoming)));
      outgoing.on('error', (error) => reject(signal?.aborted ? (signal.reason as Error) : error));
      outgoing.end(body);
    });
  }

  private createServer(): Server {
    const server = createServer({ maxHeaderSize: LIMITS.headerBytes, requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 });
    server.on('request', (request, response) => this.accept(request, response));
    return server;
  }
}

function toResponse(incoming: IncomingMessage): Response {
  const headers = new Headers();
  for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2) headers.append(incoming.rawHeaders[i] as string, incoming.rawHeaders[i + 1] as string);
  const status = incoming.statusCode ?? 500;
  if (NULL_BODY.has(status)) {
    incoming.resume();
    return new Response(null, { status, headers });
  }
  return new Response(Readable.toWeb(incoming) as ReadableStream<Uint8Array>, { status, headers });
}
