/** Why a connection failed, by the names of errno(3). */
export type NetworkErrorCode = 'ECONNREFUSED' | 'EHOSTUNREACH' | 'ETIMEDOUT' | 'EADDRINUSE' | 'ENOTFOUND' | 'EACCES' | 'ECONNRESET';

const TEXTS: Readonly<Record<NetworkErrorCode, string>> = {
  ECONNREFUSED: 'connection refused',
  EHOSTUNREACH: 'no route to host',
  ETIMEDOUT: 'i/o timeout',
  EADDRINUSE: 'address already in use',
  ENOTFOUND: 'no such host',
  EACCES: 'permission denied',
  ECONNRESET: 'connection reset by peer',
};

/** A failed connection or listen, with the text that Go programs (and so Kubernetes' events) show. */
export class NetworkError extends Error {
  constructor(
    readonly code: NetworkErrorCode,
    readonly address: string,
    readonly port: number,
  ) {
    super(`${code === 'EADDRINUSE' || code === 'EACCES' ? 'listen' : 'connect'} ${code} ${address}:${port}`);
    this.name = 'NetworkError';
  }

  /** `connection refused`, `no route to host`, … */
  get text(): string {
    return TEXTS[this.code];
  }
}
