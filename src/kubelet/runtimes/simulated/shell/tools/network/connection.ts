import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Timer } from '../../../../../../base/clock.js';
import type { Task } from '../../task.js';

/** Why a connection could not be made or used. */
export type NetworkProblem = 'unresolved' | 'refused' | 'unreachable' | 'timeout' | 'tls' | 'empty' | 'other';

export class NetworkFailure extends Error {
  constructor(readonly problem: NetworkProblem, readonly address: string, message: string) {
    super(message);
  }
}

/** The addresses of a host: itself when it is one. Fails with 'unresolved'. */
export async function resolveHost(task: Task, host: string): Promise<string> {
  if (isIP(host)) return host;
  if (host === 'localhost') return '127.0.0.1';
  const [address] = [...await hostsFile(task, host), ...await task.container.network.resolve(host).catch(() => [])];
  if (!address) throw new NetworkFailure('unresolved', '', `Could not resolve host: ${host}`);
  return address;
}

async function hostsFile(task: Task, host: string): Promise<string[]> {
  const text = await task.fs.readFile('/etc/hosts').catch(() => '');
  return text.split('\n').map((line) => line.replace(/#.*/, '').trim().split(/\s+/)).filter(([address, ...names]) => names.includes(host) && isIP(address ?? '') === 4).map(([address = '']) => address);
}

/** Connects, giving up after `timeoutMs` of cluster time. */
export async function connect(task: Task, address: string, port: number, timeoutMs?: number): Promise<Duplex> {
  const controller = new AbortController();
  const timer: Timer | undefined = timeoutMs === undefined ? undefined : task.container.clock.after(timeoutMs, () => controller.abort(new NetworkFailure('timeout', address, 'Connection timed out')));
  try {
    const attempt = task.container.network.connect(address, port, AbortSignal.any([task.signal, controller.signal]));
    // The network may take its time to notice the signal.
    const stopped = new Promise<never>((_, reject) => {
      controller.signal.addEventListener('abort', () => reject(controller.signal.reason as Error), { once: true });
      task.signal.addEventListener('abort', () => reject(task.signal.reason as Error), { once: true });
    });
    stopped.catch(() => {});
    attempt.then((stream) => { if (controller.signal.aborted) stream.destroy(); }, () => {});
    return await Promise.race([attempt, stopped]);
  } catch (error) {
    if (task.signal.aborted) throw task.signal.reason;
    throw asFailure(error, address);
  } finally {
    timer?.cancel();
  }
}

export function asFailure(error: unknown, address: string): NetworkFailure {
  if (error instanceof NetworkFailure) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const message = error instanceof Error ? error.message : String(error);
  if (code === 'ECONNREFUSED') return new NetworkFailure('refused', address, 'Connection refused');
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return new NetworkFailure('unresolved', address, message);
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH') return new NetworkFailure('unreachable', address, code === 'EHOSTUNREACH' ? 'No route to host' : 'Network is unreachable');
  if (code === 'ETIMEDOUT') return new NetworkFailure('timeout', address, 'Connection timed out');
  if (code === 'ECONNRESET' || code === 'EPIPE') return new NetworkFailure('empty', address, 'Connection reset by peer');
  if (/CERT|SELF_SIGNED|ALTNAME|UNABLE_TO|ERR_TLS|EPROTO|ERR_SSL/.test(code)) return new NetworkFailure('tls', address, message);
  return new NetworkFailure('other', address, message);
}
