import type { StreamContext } from './context.js';
import { acceptWebSocket, offeredProtocols } from './upgrade.js';

/** A watch as messages of a WebSocket, one event each: for browsers, and fabric8's client. */
export async function serveWatchSocket(context: StreamContext, frames: AsyncIterable<Buffer>): Promise<void> {
  const [protocol = ''] = offeredProtocols(context.exchange.headers['sec-websocket-protocol']);
  const socket = await acceptWebSocket(context, protocol);
  const send = (text: string): Promise<void> => new Promise((resolve) => socket.send(text, () => resolve()));
  // Clients have nothing to say; reading on notices when they close.
  socket.on('message', () => {});
  for await (const frame of frames) {
    for (const line of frame.toString().split('\n')) {
      if (socket.readyState !== socket.OPEN) return;
      if (line !== '') await send(line);
    }
  }
  socket.close(1000);
}
