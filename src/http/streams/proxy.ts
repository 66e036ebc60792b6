import { once } from 'node:events';
import { request as httpRequest, type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { connect as tlsConnect } from 'node:tls';
import { ApiError, serviceUnavailable } from '../../api/errors.js';
import type { Connection } from '../../registry/subresource.js';
import type { StreamContext } from './context.js';
import { isHtml, rewriteHtml } from './proxy-html.js';
import { forwardedHeaders, replyHeaders } from './proxy-headers.js';
import { rewriteUrl } from './proxy-url.js';

export type ProxyConnection = Extract<Connection, { type: 'proxy' }>;

/**
 * Passes an HTTP request on to a pod, service or node, upgrades included (k8s.io/apimachinery/pkg/util/proxy).
 * Links and redirects in the reply are led back through the proxy.
 */
export async function serveProxy(context: StreamContext, connection: ProxyConnection): Promise<void> {
  const { exchange, headers } = context;
  const { info, method, response, incoming, signal } = exchange;
  if (!exchange.upgrade && info.isResource && info.rest === '' && (method === 'GET' || method === 'HEAD')) {
    response.writeHead(301, { ...headers, location: withSlash(incoming.url ?? ''), 'content-length': '0' }).end();
    return;
  }
  const backend = await dial(connection, signal);
  const drop = (): void => void backend.destroy();
  signal.addEventListener('abort', drop, { once: true });
  try {
    const outgoing = httpRequest({
      createConnection: () => backend,
      method,
      path: connection.path,
      headers: forwardedHeaders(incoming, connection, exchange.upgrade !== undefined) as OutgoingHttpHeaders,
      setHost: false,
    });
    if (exchange.upgrade) await passUpgrade(context, connection, outgoing);
    else await passRequest(context, connection, outgoing);
  } finally {
    signal.removeEventListener('abort', drop);
    backend.destroy();
  }
}

/** Backends with relative links need a path that ends so. */
function withSlash(url: string): string {
  const mark = url.indexOf('?');
  return mark < 0 ? `${url}/` : `${url.slice(0, mark)}/${url.slice(mark)}`;
}

async function dial(connection: ProxyConnection, signal: AbortSignal): Promise<Duplex> {
  let socket: Duplex;
  try {
    socket = await connection.connect(signal);
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw serviceUnavailable(`error trying to reach service: dial tcp ${addressOf(error, connection)}: ${dialText(error)}`);
  }
  if (!connection.secure) return socket;
  const secured = tlsConnect({ socket, rejectUnauthorized: false });
  try {
    await once(secured, 'secureConnect', { signal });
  } catch (error) {
    secured.destroy();
    throw unreachable(error);
  }
  return secured;
}

async function passRequest(context: StreamContext, connection: ProxyConnection, outgoing: ClientRequest): Promise<void> {
  const { exchange } = context;
  // The backend may answer before it has read everything, and close: that is no failure of the exchange.
  const sent = pipeline(exchange.incoming, outgoing).catch(() => {});
  const reply = await answerOf(outgoing);
  await passReply(context, connection, reply);
  exchange.incoming.unpipe(outgoing);
  outgoing.destroy();
  await sent;
}

async function passReply({ exchange, headers: common }: StreamContext, connection: ProxyConnection, reply: IncomingMessage): Promise<void> {
  const { response } = exchange;
  const headers = replyHeaders(reply, common);
  const rewrite = (url: string): string => rewriteUrl(url, connection, exchange.headers['host'] ?? '');
  const { location } = reply.headers;
  if (location !== undefined) headers['location'] = rewrite(location);
  const code = reply.statusCode ?? 502;
  if (location === undefined && isHtml(reply) && exchange.method !== 'HEAD') {
    const page = await rewriteHtml(reply, rewrite);
    if (page) {
      delete headers['transfer-encoding'];
      response.writeHead(code, { ...headers, 'content-length': String(page.length) }).end(page);
      return;
    }
  }
  response.writeHead(code, headers);
  response.flushHeaders();
  await pipeline(reply, response);
}

async function passUpgrade(context: StreamContext, connection: ProxyConnection, outgoing: ClientRequest): Promise<void> {
  const { exchange } = context;
  const upgrade = exchange.upgrade;
  if (!upgrade) return;
  outgoing.end();
  const outcome = await Promise.race([
    once(outgoing, 'upgrade').then(([reply, socket, head]) => ({ reply: reply as IncomingMessage, socket: socket as Duplex, head: head as Buffer })),
    answerOf(outgoing).then((reply) => ({ reply, socket: undefined, head: undefined })),
  ]);
  const code = outcome.reply.statusCode ?? 502;
  if (!outcome.socket) {
    if (code < 400) throw new ApiError(500, '', `invalid upgrade response: status code ${code}`);
    return passReply(context, connection, outcome.reply);
  }
  const { socket: backend, head } = outcome;
  const lines = [`HTTP/1.1 101 ${outcome.reply.statusMessage ?? 'Switching Protocols'}`];
  const raw = outcome.reply.rawHeaders;
  for (let i = 0; i < raw.length; i += 2) lines.push(`${raw[i]}: ${raw[i + 1]}`);
  exchange.upgraded = true;
  upgrade.socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  if (head.length > 0) upgrade.socket.write(head);
  if (upgrade.head.length > 0) backend.write(upgrade.head);
  await join(backend, upgrade.socket);
}

/** Until one side is through and what it said has been written to the other. */
async function join(one: Duplex, other: Duplex): Promise<void> {
  await new Promise<void>((resolve) => {
    for (const side of [one, other]) for (const event of ['finish', 'close', 'error']) side.once(event, () => resolve());
    one.pipe(other);
    other.pipe(one);
  });
  one.destroy();
  other.destroy();
}

/** The backend's reply, or the 503 that tells why there is none. */
async function answerOf(outgoing: ClientRequest): Promise<IncomingMessage> {
  try {
    const [reply] = (await once(outgoing, 'response')) as [IncomingMessage];
    outgoing.on('error', () => {});
    return reply;
  } catch (error) {
    throw unreachable(error);
  }
}

function unreachable(error: unknown): ApiError {
  const code = (error as NodeJS.ErrnoException).code;
  const text = code === 'ECONNRESET' || code === 'EPIPE' ? 'EOF' : error instanceof Error ? error.message : String(error);
  return serviceUnavailable(`error trying to reach service: ${text}`);
}

function addressOf(error: unknown, { host }: ProxyConnection): string {
  const { address, port } = error as { address?: unknown; port?: unknown };
  return typeof address === 'string' && typeof port === 'number' ? `${address}:${port}` : host;
}

/** As Go's net package words it. */
function dialText(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ECONNREFUSED':
      return 'connect: connection refused';
    case 'EHOSTUNREACH':
      return 'connect: no route to host';
    case 'ETIMEDOUT':
      return 'i/o timeout';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
