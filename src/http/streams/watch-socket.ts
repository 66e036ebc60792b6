import type { StreamContext } from './context.js';
import { acceptWebSocket, offeredProtocols, refuseUpgrade } from './upgrade.js';

/** Frames of a watch as they come: text that ends in line feeds, or binary frames behind their length. */
export interface WatchFrames {
  readonly text: boolean;
  readonly chunks: AsyncIterable<Buffer>;
}

/** A watch as messages of a WebSocket, one event each: for browsers, and fabric8's client. */
export async function serveWatchSocket(context: StreamContext, frames: WatchFrames): Promise<void> {
  const { headers } = context.exchange;
  const protocols = offeredProtocols(headers['sec-websocket-protocol']);
  // As golang.org/x/net/websocket: browsers say where they come from, and nobody chooses among protocols.
  if (!isOrigin(headers['origin'])) return refuseUpgrade(context, '403 Forbidden');
  if (protocols.length > 1) return refuseUpgrade(context, '400 Bad Request');
  const socket = await acceptWebSocket(context, protocols[0] ?? '');
  const send = (message: string | Buffer): Promise<void> => new Promise((resolve) => socket.send(message, () => resolve()));
  // Clients have nothing to say; reading on notices when they close.
  socket.on('message', () => {});
  for await (const chunk of frames.chunks) {
    for (const message of frames.text ? lines(chunk) : binaryFrames(chunk)) {
      if (socket.readyState !== socket.OPEN) return;
      await send(message);
    }
  }
  socket.close(1000);
}

function isOrigin(text: string | undefined): boolean {
  return text !== undefined && (text.startsWith('/') || URL.canParse(text));
}

function* lines(chunk: Buffer): Generator<string, void, undefined> {
  for (let start = 0; start < chunk.length; ) {
    const end = chunk.indexOf(0x0a, start) + 1 || chunk.length;
    yield chunk.toString('utf8', start, end);
    start = end;
  }
}

/** Messages need no length in front. */
function* binaryFrames(chunk: Buffer): Generator<Buffer, void, undefined> {
  for (let start = 0; start + 4 <= chunk.length; ) {
    const end = start + 4 + chunk.readUInt32BE(start);
    yield chunk.subarray(start + 4, end);
    start = end;
  }
}
