import type { UserInfo } from '../api/user.js';
import type { Front } from '../http/server.js';

export interface RequestOptions {
  /** GET unless said otherwise; POST where there is a body. */
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** An object is sent as JSON. */
  readonly body?: string | Uint8Array | object | undefined;
  /** Who asks, with exactly these groups; the administrator unless said otherwise. */
  readonly user?: UserInfo | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** `cluster.request`: a request of this process to a cluster's front. */
export function request(front: Pick<Front, 'request'>, admin: UserInfo, path: string, options: RequestOptions): Promise<Response> {
  if (!path.startsWith('/')) throw new TypeError(`the path of a request starts with "/": ${JSON.stringify(path)}`);
  const { body, user = admin, signal } = options;
  const plain = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
  const method = options.method ?? (body === undefined ? 'GET' : 'POST');
  const headers: Record<string, string> = { 'user-agent': 'kubette', accept: 'application/json' };
  if (body !== undefined) headers['content-type'] = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  for (const [name, value] of Object.entries(options.headers ?? {})) headers[name.toLowerCase()] = value;
  return front.request(path, { method, headers, body: plain ? body : JSON.stringify(body), user, signal });
}
