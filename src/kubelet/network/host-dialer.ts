import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { NetworkError, type NetworkErrorCode } from './errors.js';

const CODES = new Set<string>(['ECONNREFUSED', 'EHOSTUNREACH', 'ETIMEDOUT', 'ECONNRESET', 'EACCES']);

/**
 * Lets pods reach sockets of the host, but only those that `allows` names: the API server's own, which stands behind
 * the Service `kubernetes`. For PodNetworkOptions.dialOutside.
 */
export function hostDialer(allows: (ip: string, port: number) => boolean): (ip: string, port: number, signal?: AbortSignal) => Promise<Duplex> | undefined {
  return (ip, port, signal) => {
    if (!allows(ip, port)) return undefined;
    return new Promise((resolve, reject) => {
      const socket = connect({ host: ip, port, ...(signal ? { signal } : {}) });
      const fail = (error: Error & { code?: string }): void => reject(CODES.has(error.code ?? '') ? new NetworkError(error.code as NetworkErrorCode, ip, port) : error);
      socket.once('error', fail);
      socket.once('connect', () => {
        socket.off('error', fail);
        resolve(socket);
      });
    });
  };
}
