import type { Connection } from '../../registry/subresource.js';
import { sendReply } from '../reply.js';
import type { StreamContext } from './context.js';
import { acceptWebSocket, chooseProtocol, offeredProtocols, upgradeKind } from './upgrade.js';

export type LogConnection = Extract<Connection, { type: 'log' }>;

/** How long a log that says nothing yet may still turn out to be an error before its headers are sent. */
const FIRST_CHUNK_MS = 50;

/** A container's log: chunked text that goes out as it comes, or messages of a WebSocket. */
export async function serveLog(context: StreamContext, { chunks }: LogConnection): Promise<void> {
  const { exchange, headers } = context;
  // A pod that has no node: no content, whatever the client would speak.
  if (!chunks) return void exchange.response.writeHead(204, headers).end();
  const log = await startReading(context, chunks);
  if (upgradeKind(exchange) === 'websocket') return sendOverWebSocket(context, log);
  await sendReply(exchange, { code: 200, headers: { 'content-type': 'text/plain' }, body: log }, headers);
}

/** Errors that come first thing (no such container) reject here, while they can still be answered with a Status. */
async function startReading({ clock }: StreamContext, chunks: AsyncIterable<Buffer>): Promise<AsyncIterable<Buffer>> {
  const iterator = chunks[Symbol.asyncIterator]();
  const first = iterator.next();
  let timer: { cancel(): void } | undefined;
  await Promise.race([first, new Promise<void>((resolve) => (timer = clock.after(FIRST_CHUNK_MS, resolve)))]);
  timer?.cancel();
  return (async function* () {
    try {
      for (let next = await first; !next.done; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  })();
}

async function sendOverWebSocket(context: StreamContext, log: AsyncIterable<Buffer>): Promise<void> {
  const protocol = chooseProtocol(offeredProtocols(context.exchange.headers['sec-websocket-protocol']), ['', 'binary.k8s.io', 'base64.binary.k8s.io']) ?? '';
  const socket = await acceptWebSocket(context, protocol);
  for await (const chunk of log) {
    if (socket.readyState !== socket.OPEN) break;
    await new Promise<void>((resolve) => socket.send(protocol.startsWith('base64') ? chunk.toString('base64') : chunk, () => resolve()));
  }
  socket.close(1000);
}
