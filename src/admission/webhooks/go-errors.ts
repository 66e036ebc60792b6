import { getServers } from 'node:dns';

/** Errors of Node.js' sockets and TLS in the words of Go's net, net/http and crypto/x509, which clients of Kubernetes know. */

interface NodeError extends Error {
  readonly code?: string;
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
  readonly errors?: readonly NodeError[];
  readonly cert?: { readonly subjectaltname?: string };
}

const ERRNO: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network is unreachable',
  ETIMEDOUT: 'connection timed out',
  ECONNRESET: 'connection reset by peer',
};

const UNTRUSTED = new Set(['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'CERT_UNTRUSTED']);

/** Why a request to `host` failed. */
export function requestErrorText(error: unknown, host: string): string {
  const { code = '', message, errors, address, port, cert } = error as NodeError;
  // One for each address of the name: Go tells the first.
  if (errors?.[0]) return requestErrorText(errors[0], host);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `dial tcp: lookup ${host} on ${resolver()}: ${code === 'ENOTFOUND' ? 'no such host' : 'server misbehaving'}`;
  if (message === 'socket hang up') return 'EOF';
  if (UNTRUSTED.has(code)) return 'tls: failed to verify certificate: x509: certificate signed by unknown authority';
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') return 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `tls: failed to verify certificate: x509: ${wrongNameText(cert?.subjectaltname ?? '', host)}`;
  if (code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG') return 'http: server gave HTTP response to HTTPS client';
  if (address !== undefined && ERRNO[code] !== undefined) return `dial tcp ${address.includes(':') ? `[${address}]` : address}:${port}: connect: ${ERRNO[code]}`;
  return ERRNO[code] ?? message;
}

function resolver(): string {
  const [server = '127.0.0.1'] = getServers();
  return /:\d+$/.test(server) && !server.includes('::') ? server : `${server.includes(':') ? `[${server}]` : server}:53`;
}

function wrongNameText(names: string, host: string): string {
  const valid = names.split(', ').flatMap((name) => /^(?:DNS|IP Address):(.+)$/.exec(name)?.[1] ?? []);
  if (valid.length === 0) return 'certificate relies on legacy Common Name field, use SANs instead';
  const isAddress = /^[\d.]+$|:/.test(host);
  if (isAddress && !names.includes('IP Address:')) return `cannot validate certificate for ${host} because it doesn't contain any IP SANs`;
  return `certificate is valid for ${valid.join(', ')}, not ${host}`;
}

const TEXTS: Readonly<Record<number, string>> = {
  401: 'the server has asked for the client to provide credentials',
  404: 'the server could not find the requested resource',
  405: 'the server does not allow this method on the requested resource',
  406: 'the server was unable to respond with a content type that the client supports',
  409: 'the server reported a conflict',
  415: 'the body of the request was in an unknown format - accepted media types include: application/json',
  422: 'the server rejected our request due to an error in our request',
  429: 'the server has received too many requests and has asked us to try again later',
  503: 'the server is currently unable to handle the request',
  504: 'the server was unable to return a response in the time allotted, but may still be processing the request',
};

/** What client-go makes of an answer with an error code: the Status in it, or a text of its own. */
export function statusErrorText(code: number, body: string): string {
  try {
    const { kind, message } = JSON.parse(body) as { kind?: unknown; message?: unknown };
    if (kind === 'Status' && typeof message === 'string' && message !== '') return message;
  } catch {
    // No Status.
  }
  if (code === 403) return body.trim() || 'forbidden';
  const known = TEXTS[code];
  if (known !== undefined) return known;
  if (code === 400) return 'the server rejected our request for an unknown reason';
  if (code >= 500) return `an error on the server (${JSON.stringify(body.trim() || 'unknown')}) has prevented the request from succeeding`;
  return `the server responded with the status code ${code} but did not return more information`;
}
