import { NetworkError } from '../network/errors.js';

/** `10.244.0.5:8080`, with brackets around an IPv6 address. */
export function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** A failed dial in Go's words: `dial tcp 10.244.0.5:8080: connect: connection refused`. */
export function dialText(error: unknown, host: string, port: number): string {
  const address = hostPort(host, port);
  if (!(error instanceof NetworkError)) return `dial tcp ${address}: ${error instanceof Error ? error.message : String(error)}`;
  if (error.code === 'ENOTFOUND') return `dial tcp: lookup ${host}: no such host`;
  return error.code === 'ETIMEDOUT' ? `dial tcp ${address}: i/o timeout` : `dial tcp ${address}: connect: ${error.text}`;
}
