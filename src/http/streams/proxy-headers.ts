import type { IncomingMessage } from 'node:http';
import type { ProxyConnection } from './proxy.js';

type HeaderValues = Record<string, string | string[]>;

/** Headers that belong to one connection, not to the message (RFC 9110, section 7.6.1). */
const HOP_BY_HOP = new Set(['connection', 'proxy-connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer', 'transfer-encoding', 'upgrade']);
/** Who the API server's client is, is not the backend's business. */
const PRIVATE = new Set(['authorization', 'x-remote-user', 'x-remote-uid', 'x-remote-group']);
const CORS = new Set(['access-control-allow-credentials', 'access-control-allow-headers', 'access-control-allow-methods', 'access-control-allow-origin']);

/** The client's headers as the backend gets them. */
export function forwardedHeaders(request: IncomingMessage, { host, prefix, path }: ProxyConnection, upgrade: boolean): HeaderValues {
  const headers: HeaderValues = {};
  const named = namedByConnection(request);
  for (const [name, values] of Object.entries(request.headersDistinct)) {
    if (values && !HOP_BY_HOP.has(name) && !named.has(name) && !PRIVATE.has(name) && !name.startsWith('x-remote-extra-') && !name.startsWith('impersonate-')) headers[name] = values;
  }
  headers['host'] = host;
  const client = request.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '';
  headers['x-forwarded-for'] = [...(request.headersDistinct['x-forwarded-for'] ?? []), client].filter((part) => part !== '').join(', ');
  headers['x-forwarded-uri'] = prefix.replace(/\/$/, '') + path.split('?', 1)[0];
  if (upgrade) {
    headers['connection'] = 'Upgrade';
    headers['upgrade'] = request.headers.upgrade ?? '';
  } else if (request.headers['transfer-encoding'] !== undefined) {
    headers['transfer-encoding'] = 'chunked';
  }
  return headers;
}

/** The backend's headers as the client gets them, behind those of the API server. */
export function replyHeaders(reply: IncomingMessage, common: Readonly<Record<string, string>>): HeaderValues {
  const headers: HeaderValues = { ...common };
  const named = namedByConnection(reply);
  for (const [name, values] of Object.entries(reply.headersDistinct)) {
    if (!values || HOP_BY_HOP.has(name) || named.has(name) || CORS.has(name)) continue;
    const own = common[name];
    headers[name] = own === undefined ? values : [own, ...values];
  }
  return headers;
}

function namedByConnection({ headers }: IncomingMessage): Set<string> {
  return new Set((headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
}
