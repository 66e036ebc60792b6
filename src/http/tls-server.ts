import { ServerResponse, type IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { DEFAULT_CIPHERS } from 'node:tls';
import type { Connection, Connections } from './connections.js';
import type { UpgradeSocket } from './exchange.js';
import { LIMITS } from './limits.js';
import { originForm, refusalOf } from './request-target.js';

/** PEM; `ca` is what client certificates are checked against. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

type Accept = (request: IncomingMessage, response: ServerResponse, upgrade?: UpgradeSocket) => void;

/** Go's order: 128 bits first, which take fewer rounds. The rest is Node's default. */
const CIPHERS = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', ...DEFAULT_CIPHERS.split(':').filter((name) => !name.startsWith('TLS_'))].join(':');

/** What Go's server says to those who forget the "s". */
const NOT_TLS = 'HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n';

/** node:https as the API server wants it. Every connection is entered in `sockets`, every request goes to `accept`, those to leave HTTP too. */
export function createTlsServer(tls: TlsFiles, sockets: Connections, accept: Accept): Server {
  const server = createServer({
    ...tls,
    ciphers: CIPHERS,
    requestCert: true,
    // Who shows a certificate of another CA may still have a token.
    rejectUnauthorized: false,
    handshakeTimeout: LIMITS.tlsHandshakeMs,
    maxHeaderSize: LIMITS.headerBytes,
    headersTimeout: LIMITS.headersMs,
    requestTimeout: 0,
    // Said in Go's words, see refusalOf.
    requireHostHeader: false,
    keepAliveTimeout: LIMITS.idleMs,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: LIMITS.keepAliveMs,
  });
  server.on('connection', (socket: Connection) => sockets.add(socket));
  const admit: Accept = (request, response, upgrade) => {
    const refusal = refusalOf(request);
    if (refusal !== undefined) return refuse(request.socket, refusal);
    // Whether the server is there, is all that this asks.
    if (request.method === 'OPTIONS' && request.url === '*') return void response.writeHead(200, { 'content-length': '0' }).end();
    request.url = originForm(request.url ?? '/');
    accept(request, response, upgrade);
  };
  server.on('request', admit);
  server.on('upgrade', (request, socket, head) => acceptUpgrade(request, socket, head, admit));
  // Nobody is connected to anything here: it is a method as all others.
  server.on('connect', (request, socket, head) => acceptUpgrade(request, socket, head, admit));
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => rejectGarbage(error, socket));
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ERR_SSL_HTTP_REQUEST') sockets.of(socket)?.end(NOT_TLS);
  });
  return server;
}

/** Until the protocol changes, an upgrade request is one like all others: it may be refused with a Status. */
function acceptUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, accept: Accept): void {
  socket.on('error', () => socket.destroy());
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  // Stays assigned: when the socket closes the response does, whoever speaks on the socket by then.
  response.assignSocket(socket as Socket);
  socket.on('drain', () => response.emit('drain'));
  response.once('finish', () => socket.end());
  accept(request, response, { socket, head });
}

function rejectGarbage(error: NodeJS.ErrnoException, socket: Duplex): void {
  // Who has a connection and asks nothing is not answered: to Go's client that would be an unsolicited response, and a line in its log.
  if (error.code === 'ECONNRESET' || error.code === 'ERR_HTTP_REQUEST_TIMEOUT' || !socket.writable) return void socket.destroy();
  const reason = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request';
  refuse(socket, reason);
}

/** Ends a connection whose request cannot be made out, as Go's server does. */
function refuse(socket: Duplex, reason: string): void {
  socket.end(`HTTP/1.1 ${reason}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${reason}`);
}
