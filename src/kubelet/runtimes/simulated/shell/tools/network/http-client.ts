import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect as tlsConnect } from 'node:tls';
import type { Duplex } from 'node:stream';
import { abortable } from '../../io/condition.js';
import type { Task } from '../../task.js';
import { asFailure, connect, NetworkFailure, resolveHost } from './connection.js';

export interface HttpRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body?: Uint8Array | undefined;
  /** Milliseconds of cluster time for the connection and for everything. */
  readonly connectTimeout?: number | undefined;
  readonly timeout?: number | undefined;
  readonly insecure?: boolean | undefined;
  readonly ca?: Uint8Array | undefined;
  /** Connect there instead of to the URL's host (`curl --resolve`). */
  readonly address?: string | undefined;
  readonly onConnect?: ((address: string, port: number) => Promise<void>) | undefined;
}

export interface HttpResponse {
  readonly status: number;
  readonly statusText: string;
  readonly version: string;
  /** Names as they came, in order. */
  readonly headers: readonly (readonly [string, string])[];
  readonly address: string;
  readonly port: number;
  header(name: string): string | undefined;
  /** The body's chunks; fails when the time is over or the connection breaks. */
  body(): AsyncGenerator<Uint8Array>;
  close(): void;
}

/** One request through the pod's network. Fails with NetworkFailure; redirects are the caller's. */
export async function fetchHttp(task: Task, options: HttpRequest): Promise<HttpResponse> {
  const { url } = options;
  const secure = url.protocol === 'https:';
  const port = Number(url.port) || (secure ? 443 : 80);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const address = options.address ?? await resolveHost(task, host);
  const deadline = deadlineOf(task, options.timeout, address);
  try {
    const stream = await connect(task, address, port, Math.min(options.connectTimeout ?? Infinity, options.timeout ?? Infinity) === Infinity ? undefined : Math.min(options.connectTimeout ?? Infinity, options.timeout ?? Infinity));
    stream.on('error', () => {});
    await options.onConnect?.(address, port);
    const socket = secure ? tlsConnect({ socket: stream, servername: /^[\d.:]+$/.test(host) ? '' : host, rejectUnauthorized: !options.insecure, ...(options.ca ? { ca: Buffer.from(options.ca) } : {}) }) : stream;
    const message = await abortable(exchange(socket, options, host, secure), deadline.signal);
    return responseOf(task, message, { address, port, socket, deadline });
  } catch (error) {
    deadline.cancel();
    if (task.signal.aborted) throw task.signal.reason;
    throw asFailure(error, address);
  }
}

interface Deadline {
  readonly signal: AbortSignal;
  cancel(): void;
}

function deadlineOf(task: Task, timeout: number | undefined, address: string): Deadline {
  const controller = new AbortController();
  const kill = (): void => controller.abort(task.signal.reason);
  task.signal.addEventListener('abort', kill, { once: true });
  const timer = timeout === undefined ? undefined : task.container.clock.after(timeout, () => controller.abort(new NetworkFailure('timeout', address, 'Operation timed out')));
  return {
    signal: controller.signal,
    cancel: () => {
      timer?.cancel();
      task.signal.removeEventListener('abort', kill);
    },
  };
}

function exchange(socket: Duplex, options: HttpRequest, host: string, secure: boolean): Promise<IncomingMessage> {
  const { url, method, body } = options;
  return new Promise((resolve, reject) => {
    const defaultPort = secure ? '443' : '80';
    const request = httpRequest({
      method, host,
      path: `${url.pathname}${url.search}`,
      headers: {
        Host: url.port && url.port !== defaultPort ? `${url.hostname}:${url.port}` : url.hostname,
        ...options.headers,
        ...(body ? { 'Content-Length': String(body.length) } : {}),
      },
      createConnection: () => socket,
    });
    request.on('response', resolve);
    request.on('error', reject);
    socket.on('error', reject);
    request.end(body);
  });
}

function responseOf(task: Task, message: IncomingMessage, connection: { address: string; port: number; socket: Duplex; deadline: Deadline }): HttpResponse {
  const { address, port, socket, deadline } = connection;
  const headers = Array.from({ length: message.rawHeaders.length / 2 }, (_, i) => [message.rawHeaders[2 * i] ?? '', message.rawHeaders[2 * i + 1] ?? ''] as const);
  const close = (): void => {
    deadline.cancel();
    socket.destroy();
  };
  return {
    status: message.statusCode ?? 0,
    statusText: message.statusMessage ?? '',
    version: message.httpVersion,
    headers, address, port,
    header: (name) => headers.find(([known]) => known.toLowerCase() === name.toLowerCase())?.[1],
    close,
    async *body() {
      const chunks = message[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
      try {
        for (;;) {
          const next = await abortable(chunks.next(), deadline.signal);
          if (next.done) return;
          yield next.value;
        }
      } catch (error) {
        if (task.signal.aborted) throw task.signal.reason;
        throw asFailure(error, address);
      } finally {
        close();
      }
    },
  };
}
