import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { EncodedResponse } from '../pipeline/request.js';
import { acceptsGzip, gzipBody } from './compression.js';
import type { Exchange } from './exchange.js';
import { LIMITS } from './limits.js';

type HeaderValues = Readonly<Record<string, string | readonly string[]>>;

/** Larger pieces go to the socket as they are, smaller ones are joined: every write is a TLS record of its own. */
const JOIN_BELOW = 512 * 1024;

/** Sends a reply: as one write with its length where the bytes are there, else as a stream. Resolves when all is handed over. */
export async function sendReply(exchange: Exchange, encoded: EncodedResponse, common: HeaderValues): Promise<void> {
  const { response } = exchange;
  if (response.headersSent || response.destroyed) return;
  if (!Array.isArray(encoded.body)) return sendStream(exchange, encoded.code, { ...common, ...encoded.headers }, encoded.body as AsyncIterable<Buffer>);
  const chunks = encoded.body as readonly Buffer[];
  let size = 0;
  for (const chunk of chunks) size += chunk.length;
  const headers: Record<string, string | readonly string[]> = { ...common, ...encoded.headers };
  if (size > LIMITS.compressFrom && headers['content-encoding'] === undefined && acceptsGzip(exchange.headers['accept-encoding'])) {
    const packed = await gzipBody(chunks);
    sendBuffers(exchange, encoded.code, { ...headers, 'content-encoding': 'gzip', vary: 'Accept-Encoding' }, [packed], packed.length);
  } else {
    sendBuffers(exchange, encoded.code, headers, chunks, size);
  }
}

/** A text as Go's http.Error writes it. */
export function sendText(exchange: Exchange, code: number, text: string, common: HeaderValues): void {
  const body = Buffer.from(text);
  sendBuffers(exchange, code, { ...common, 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' }, [body], body.length);
}

/** Adds the length to `headers`, which must be the caller's own. */
function sendBuffers(exchange: Exchange, code: number, headers: Record<string, string | readonly string[]>, chunks: readonly Buffer[], size: number): void {
  const { response } = exchange;
  if (response.headersSent || response.destroyed) return;
  headers['content-length'] = String(size);
  response.writeHead(code, headers as Record<string, string | string[]>);
  if (size < JOIN_BELOW) {
    response.end(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, size));
    return;
  }
  response.cork();
  for (const piece of joined(chunks)) response.write(piece);
  response.end();
}

function* joined(chunks: readonly Buffer[]): Generator<Buffer> {
  let small: Buffer[] = [];
  let size = 0;
  for (const chunk of chunks) {
    if (size + chunk.length > JOIN_BELOW && small.length > 0) {
      yield Buffer.concat(small, size);
      small = [];
      size = 0;
    }
    small.push(chunk);
    size += chunk.length;
  }
  if (size > 0) yield Buffer.concat(small, size);
}

async function sendStream(exchange: Exchange, code: number, headers: HeaderValues, chunks: AsyncIterable<Buffer>): Promise<void> {
  const { response } = exchange;
  response.writeHead(code, headers as Record<string, string | string[]>);
  // A watcher learns that it is watching before the first event comes.
  response.flushHeaders();
  for await (const chunk of chunks) {
    if (response.destroyed) return;
    if (chunk.length > 0 && !response.write(chunk)) await drained(response, exchange.signal);
  }
  response.end();
}

/** Waits until a slow client has taken what was written; also ends when it has gone. */
async function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  try {
    await once(response, 'drain', { signal });
  } catch {
    // Aborted: the source of the chunks sees the same signal and ends.
  }
}
