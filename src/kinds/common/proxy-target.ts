import { badRequest } from '../../api/errors.js';

export interface ProxyTarget {
  /** '', 'http' or 'https'. */
  readonly scheme: string;
  readonly name: string;
  /** '' where none is named. */
  readonly port: string;
}

/** Reads `NAME`, `NAME:PORT` or `SCHEME:NAME:PORT`, as proxy paths name what they go to. Throws ApiError 400. */
export function parseProxyTarget(id: string, what: string): ProxyTarget {
  const parts = id.split(':');
  const [scheme = '', name = '', port = ''] = parts.length === 3 ? parts : ['', ...parts];
  if (parts.length > 3 || name === '' || !['', 'http', 'https'].includes(scheme)) throw badRequest(`invalid ${what} request ${JSON.stringify(id)}`);
  return { scheme, name, port };
}

/** `host:port`, IPv6 addresses in brackets. */
export function joinHostPort(host: string, port: number | string): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The path of the proxied request, with its query but without parameters of the proxy itself. */
export function proxiedPath(rest: string, query: URLSearchParams): string {
  const path = rest.startsWith('/') ? rest : `/${rest}`;
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}
