import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { EncodedResponse } from '../pipeline/request.js';
import { acceptsGzip, gzipBody } from './compression.js';
import type { Exchange } from './exchange.js';
import { LIMITS } from './limits.js';

type HeaderValues = Readonly<Record<string, string | readonly string[]>>;

/** Replies below this size go out as one piece: every write is a TLS record of its own, at least. */
const JOIN_BELOW = 256 * 1024;

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
    await sendBuffers(exchange, encoded.code, { ...headers, 'content-encoding': 'gzip', vary: 'Accept-Encoding' }, [packed], packed.length);
  } else {
    const sent = sendBuffers(exchange, encoded.code, headers, chunks, size);
    if (sent) await sent;
  }
}

/** A text as Go's http.Error writes it. */
export function sendText(exchange: Exchange, code: number, text: string, common: HeaderValues): void {
  const body = Buffer.from(text);
    void sendBuffers(exchange, code, { ...common, 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' }, [body], body.length);
}

/** Adds the length to `headers`, which must be the caller's own. Gives a promise only where it has to wait for the client. */
function sendBuffers(exchange: Exchange, code: number, headers: Record<string, string | readonly string[]>, chunks: readonly Buffer[], size: number): Promise<void> | undefined {
  const { response } = exchange;
  if (response.headersSent || response.destroyed) return undefined;
  headers['content-length'] = String(size);
  response.writeHead(code, headers as Record<string, string | string[]>);
  if (size >= JOIN_BELOW) return sendPieces(exchange, chunks);
  response.end(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, size));
  return undefined;
}

/** Piece by piece as the client takes them: what is not sent yet is the encoder's memory, not the socket's. */
async function sendPieces(exchange: Exchange, pieces: readonly Buffer[]): Promise<void> {
  const { response } = exchange;
  for (const piece of pieces) {
    if (response.destroyed) return;
    if (!response.write(piece)) await drained(response, exchange.signal);
    // Half a reply cannot become an error any more.
    if (exchange.aborted) return void response.destroy();
  }
  response.end();
}

async function sendStream(exchange: Exchange, code: number, headers: HeaderValues, chunks: AsyncIterable<Buffer>): Promise<void> {
  const { response } = exchange;
  response.writeHead(code, headers as Record<string, string | string[]>);
  // A watcher learns that it is watching before the first event comes.
  response.flushHeaders();
  for await (const chunk of chunks) {
    const { socket } = response;
    if (response.destroyed) return;
    if (chunk.length === 0) continue;
    if (response.chunkedEncoding && socket && response.writableLength === socket.writableLength) {
      if (!socket.write(framed(chunk))) await drained(socket, exchange.signal);
    } else if (!response.write(chunk)) await drained(response, exchange.signal);
  }
  response.end();
}

/** Chunks in HTTP's chunked framing. Watchers of the same objects share chunks, and so do what is made of them. */
const frames = new WeakMap<Buffer, Buffer>();

function framed(chunk: Buffer): Buffer {
  let frame = frames.get(chunk);
  if (!frame) {
    const head = `${chunk.length.toString(16)}\r\n`;
    frame = Buffer.allocUnsafeSlow(head.length + chunk.length + 2);
    frame.write(head, 'latin1');
    frame.set(chunk, head.length);
    frame.write('\r\n', head.length + chunk.length, 'latin1');
    frames.set(chunk, frame);
  }
  return frame;
}

/** Waits until a slow client has taken what was written; also ends when it has gone. */
async function drained(writable: Writable, signal: AbortSignal): Promise<void> {
  try {
    await once(writable, 'drain', { signal });
  } catch {
    // Aborted: the source of the chunks sees the same signal and ends.
  }
}
