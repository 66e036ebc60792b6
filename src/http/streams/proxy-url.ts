import type { ProxyConnection } from './proxy.js';

/**
 * A link or redirect of a proxied page, led back through the proxy when it points to the same host with an absolute path.
 * `requestHost` is the Host header of the client's request.
 */
export function rewriteUrl(url: string, { host, prefix }: Pick<ProxyConnection, 'host' | 'prefix'>, requestHost: string): string {
  const match = /^(?:([a-zA-Z][-+.a-zA-Z0-9]*):)?(?:\/\/([^/?#]*))?([^?#]*)(.*)$/s.exec(url);
  if (!match) return url;
  const [, scheme, urlHost = '', path = '', rest = ''] = match;
  if ((scheme !== undefined && urlHost === '') || (urlHost !== '' && urlHost !== host && urlHost !== requestHost) || !path.startsWith('/')) return url;
  const base = prefix.replace(/\/$/, '');
  // Only a link to the very host the client sees may keep its host.
  const origin = urlHost !== '' && urlHost === requestHost ? `${scheme === undefined ? '' : `${scheme}:`}//${urlHost}` : '';
  return path === base || path.startsWith(`${base}/`) ? origin + path + rest : origin + base + path + rest;
}
