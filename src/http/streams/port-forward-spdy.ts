import type { Duplex } from 'node:stream';
import { createWebSocketStream } from 'ws';
import type { Connection } from '../../registry/subresource.js';
import type { StreamContext } from './context.js';
import { isPort } from './port.js';
import { SpdyConnection } from './spdy/connection.js';
import type { SpdyStream } from './spdy/stream.js';
import { acceptSpdy, acceptWebSocket, spdyProtocol } from './upgrade.js';

export type PortForwardConnection = Extract<Connection, { type: 'port-forward' }>;

export const PORT_FORWARD_PROTOCOL = 'portforward.k8s.io';
/** SPDY frames in the binary messages of a WebSocket (KEP-4006): what kubectl speaks. */
export const TUNNEL_PROTOCOL = `SPDY/3.1+${PORT_FORWARD_PROTOCOL}`;

/** A stream whose partner never comes is dropped after this. */
const PAIRING_TIMEOUT_MS = 30_000;

export async function portForwardOverSpdy(context: StreamContext, connection: PortForwardConnection): Promise<void> {
  const protocol = spdyProtocol(context.exchange, [PORT_FORWARD_PROTOCOL, '']);
  await serve(context, connection, acceptSpdy(context, protocol));
}

export async function portForwardOverTunnel(context: StreamContext, connection: PortForwardConnection): Promise<void> {
  const socket = await acceptWebSocket(context, TUNNEL_PROTOCOL);
  await serve(context, connection, createWebSocketStream(socket));
}

/** The two streams of one forwarded connection, as far as they have come. */
interface Pair {
  error?: SpdyStream;
  data?: SpdyStream;
  cancel(): void;
}

function serve(context: StreamContext, connection: PortForwardConnection, transport: Duplex): Promise<void> {
  const pairs = new Map<string, Pair>();
  const { signal } = context.exchange;
  const spdy = new SpdyConnection(transport, (stream) => {
    const type = stream.headers.get('streamtype');
    const port = Number(stream.headers.get('port'));
    if ((type !== 'error' && type !== 'data') || !isPort(port)) return void stream.destroy(new Error('not a stream of a port-forward'));
    spdy.reply(stream);
    // Clients older than v1.3 send no request id: their streams come in pairs, error first.
    const id = stream.headers.get('requestid') ?? String(type === 'error' ? stream.id : stream.id - 2);
    let pair = pairs.get(id);
    if (!pair) {
      const timer = context.clock.after(PAIRING_TIMEOUT_MS, () => {
        pairs.delete(id);
        pair?.error?.destroy();
        pair?.data?.destroy();
      });
      pairs.set(id, (pair = { cancel: () => timer.cancel() }));
    }
    pair[type] = stream;
    if (!pair.error || !pair.data) return;
    pairs.delete(id);
    pair.cancel();
    void forward(connection, port, pair.error, pair.data);
  });
  return new Promise((resolve) => {
    const onAbort = (): void => spdy.close();
    signal.addEventListener('abort', onAbort, { once: true });
    transport.once('close', () => {
      signal.removeEventListener('abort', onAbort);
      for (const pair of pairs.values()) pair.cancel();
      resolve();
    });
    if (signal.aborted) onAbort();
  });
}

/** Joins one data stream to the port. What went wrong is told as text on the error stream, success by its end. */
async function forward(connection: PortForwardConnection, port: number, error: SpdyStream, data: SpdyStream): Promise<void> {
  try {
    await connection.forward(port, data);
    error.end();
  } catch (cause) {
    error.end(cause instanceof Error ? cause.message : String(cause));
  }
  error.resume();
  data.end();
  data.resume();
}
