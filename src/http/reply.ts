import { once } from 'node:events';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { EncodedResponse, Pieces } from '../pipeline/request.js';
import { acceptsGzip, createPacker } from './compression.js';
import type { Exchange } from './exchange.js';
import { LIMITS } from './limits.js';

type HeaderValues = Readonly<Record<string, string | readonly string[]>>;

/** Replies below this size go out as one piece: every write is a TLS record of its own, at least. */
const JOIN_BELOW = 256 * 1024;

/** Sends a reply: as one write with its length where the bytes are there, else as the client takes it. Resolves when all is handed over. */
export async function sendReply(exchange: Exchange, encoded: EncodedResponse, common: HeaderValues): Promise<void> {
  const { response } = exchange;
  if (response.headersSent || response.destroyed) return;
  const { code, body } = encoded;
  const headers: Record<string, string | readonly string[]> = { ...common, ...encoded.headers };
  if (Symbol.asyncIterator in body) return sendStream(exchange, code, headers, body);
  const { pieces, size } = measured(body);
  const isLarge = size === undefined || size > LIMITS.compressFrom;
  if (isLarge && headers['content-encoding'] === undefined && acceptsGzip(exchange.headers['accept-encoding'])) return sendPacked(exchange, code, headers, pieces);
  if (size !== undefined && size < JOIN_BELOW) return sendJoined(exchange, code, headers, [...pieces], size);
  if (size !== undefined) headers['content-length'] = String(size);
  response.writeHead(code, headers as Record<string, string | string[]>);
  await sendPieces(exchange, pieces);
}

/** A body with its length, as far as that is known without making all of it: one of a single piece is as good as one that was there before. */
function measured(body: readonly Buffer[] | Pieces): { pieces: Iterable<Buffer>; size: number | undefined } {
  if (Array.isArray(body)) return { pieces: body as readonly Buffer[], size: lengthOf(body as readonly Buffer[]) };
  const { size } = body as Pieces;
  if (size !== undefined) return { pieces: body, size };
  const rest = body[Symbol.iterator]();
  const begun: Buffer[] = [];
  for (let next = rest.next(); !next.done; next = rest.next()) if (begun.push(next.value) === 2) return { pieces: continued(begun, rest), size: undefined };
  return { pieces: begun, size: lengthOf(begun) };
}

function* continued(begun: readonly Buffer[], rest: Iterator<Buffer>): Generator<Buffer, void, undefined> {
  yield* begun;
  for (let next = rest.next(); !next.done; next = rest.next()) yield next.value;
}

function lengthOf(chunks: readonly Buffer[]): number {
  let size = 0;
  for (const chunk of chunks) size += chunk.length;
  return size;
}

/** Compressed as the client takes it; how long it will be nobody knows then. */
async function sendPacked(exchange: Exchange, code: number, headers: HeaderValues, pieces: Iterable<Buffer>): Promise<void> {
  const { response } = exchange;
  response.writeHead(code, { ...headers, 'content-encoding': 'gzip', vary: 'Accept-Encoding' } as Record<string, string | string[]>);
  try {
    await pipeline(Readable.from(pieces, { highWaterMark: 1 }), createPacker(), response, { signal: exchange.signal });
  } catch (error) {
    if (!exchange.aborted) throw error;
  }
}

/** A text as Go's http.Error writes it. */
export function sendText(exchange: Exchange, code: number, text: string, common: HeaderValues): void {
  const body = Buffer.from(text);
  sendJoined(exchange, code, { ...common, 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' }, [body], body.length);
}

/** Adds the length to `headers`, which must be the caller's own. */
function sendJoined(exchange: Exchange, code: number, headers: Record<string, string | readonly string[]>, chunks: readonly Buffer[], size: number): void {
  const { response } = exchange;
  if (response.headersSent || response.destroyed) return;
  headers['content-length'] = String(size);
  response.writeHead(code, headers as Record<string, string | string[]>);
  response.end(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, size));
}

/** Piece by piece as the client takes them: what is not sent yet is the encoder's memory, not the socket's. */
async function sendPieces(exchange: Exchange, pieces: Iterable<Buffer>): Promise<void> {
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
