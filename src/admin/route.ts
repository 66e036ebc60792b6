import type { ApiRequest, DocumentResponse } from '../pipeline/request.js';

/** One route of kubette's own. `rest` is what follows its first segment: '' or '/…'. Undefined: no such path. */
export type Route = (call: Call) => Reply | undefined | Promise<Reply | undefined>;

export interface Call {
  readonly method: string;
  /** What follows the route's name, without a leading slash. */
  readonly rest: readonly string[];
  readonly query: URLSearchParams;
  /** The body as it came. */
  readonly body: () => Promise<Buffer>;
}

/** An object is sent as JSON, a text as text, bytes as they are. */
export interface Reply {
  readonly code?: number;
  readonly body: object | string | Buffer;
}

export const OK: Reply = { body: 'ok\n' };

/** What is wrong with a request, told to the client as text. */
export class RouteError extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

export function callOf(request: ApiRequest, rest: readonly string[]): Call {
  const body = async (): Promise<Buffer> => {
    const sent = await request.body();
    return 'bytes' in sent ? sent.bytes : Buffer.from(JSON.stringify(sent.object));
  };
  return { method: request.method, rest, query: request.query, body };
}

/** The body as JSON; an empty one is {}. Throws RouteError 400. */
export async function jsonBody(call: Call): Promise<Record<string, unknown>> {
  const text = (await call.body()).toString();
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Told below.
  }
  throw new RouteError(400, 'the body must be a JSON object');
}

export function toDocument({ code = 200, body }: Reply): DocumentResponse {
  if (Buffer.isBuffer(body)) return { type: 'document', code, contentType: 'application/octet-stream', body };
  if (typeof body === 'string') return { type: 'document', code, contentType: 'text/plain; charset=utf-8', body };
  return { type: 'document', code, contentType: 'application/json', body: `${JSON.stringify(body)}\n` };
}
