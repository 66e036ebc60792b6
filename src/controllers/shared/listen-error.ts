/** Where the cluster is to be reached from outside. */
export const LISTEN_HOST = '127.0.0.1';
const TEXTS: Readonly<Record<string, string>> = { EADDRINUSE: 'address already in use', EACCES: 'permission denied', EADDRNOTAVAIL: 'cannot assign requested address' };

/** A port of localhost that could not be had; the message is Go's. */
export class ListenError extends Error {
  constructor(port: number, code: string | undefined) {
    super(`listen tcp ${LISTEN_HOST}:${port}: bind: ${TEXTS[code ?? ''] ?? code ?? 'failed'}`);
    this.name = 'ListenError';
  }
}
