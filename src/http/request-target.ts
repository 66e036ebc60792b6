import type { IncomingMessage } from 'node:http';

/** Characters of a Host header, as golang.org/x/net/http/httpguts has them. */
const HOST = /^[A-Za-z0-9!$%&'()*+,\-.:;=[\]_~]*$/;

/**
 * Why Go's server refuses a request before anybody looks at what it is for, as status and reason; undefined when it does not.
 * node:http leaves these checks to us.
 */
export function refusalOf({ httpVersionMajor, httpVersionMinor, headers, rawHeaders }: Pick<IncomingMessage, 'httpVersionMajor' | 'httpVersionMinor' | 'headers' | 'rawHeaders'>): string | undefined {
  if (httpVersionMajor === 0) return '400 Bad Request';
  if (httpVersionMajor > 1) return '505 HTTP Version Not Supported: unsupported protocol version';
  const { host } = headers;
  if (host === undefined) return httpVersionMinor > 0 ? '400 Bad Request: missing required Host header' : undefined;
  if (!HOST.test(host)) return '400 Bad Request: malformed Host header';
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) if (rawHeaders[i]?.length === 4 && rawHeaders[i]?.toLowerCase() === 'host') hosts++;
  return hosts > 1 ? '400 Bad Request' : undefined;
}

/** The path and query of a request target: what is sent to a proxy names the server too (RFC 9112, section 3.2.2). */
export function originForm(target: string): string {
  if (target.startsWith('/') || target === '*') return target;
  const authority = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(target);
  if (!authority) return target;
  const rest = target.slice(authority[0].length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}
