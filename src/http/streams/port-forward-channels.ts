import { Duplex } from 'node:stream';
import { badRequest } from '../../api/errors.js';
import { ChannelSocket } from './channel-socket.js';
import type { StreamContext } from './context.js';
import type { PortForwardConnection } from './port-forward-spdy.js';
import { isPort } from './port.js';
import { acceptWebSocket, chooseProtocol, offeredProtocols } from './upgrade.js';

const PROTOCOLS = ['v4.channel.k8s.io', 'v4.base64.channel.k8s.io', ''];

/**
 * The older port-forward over a WebSocket, which @kubernetes/client-node speaks: `?ports=` names them all, each has a channel
 * for data (2n) and one for errors (2n+1), and each channel starts with the port's number in two bytes, little-endian.
 */
export async function portForwardOverChannels(context: StreamContext, connection: PortForwardConnection): Promise<void> {
  const ports = portsOf(context.exchange.query);
  const offered = offeredProtocols(context.exchange.headers['sec-websocket-protocol']);
  const protocol = chooseProtocol(offered, PROTOCOLS);
  if (protocol === undefined) throw badRequest(`unable to upgrade: none of the subprotocols [${offered.join(' ')}] is supported`);
  const socket = new ChannelSocket(await acceptWebSocket(context, protocol), { base64: protocol.includes('base64'), halfClose: false });
  const { signal } = context.exchange;
  const onAbort = (): void => socket.socket.terminate();
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  await Promise.all(ports.map((port, n) => forward(socket, connection, port, 2 * n)));
  await socket.close();
  signal.removeEventListener('abort', onAbort);
}

async function forward(socket: ChannelSocket, connection: PortForwardConnection, port: number, channel: number): Promise<void> {
  const greeting = Buffer.alloc(2);
  greeting.writeUInt16LE(port);
  socket.send(channel, greeting);
  socket.send(channel + 1, greeting);
  const output = socket.output(channel);
  const data = Duplex.from({ readable: socket.input(channel), writable: output });
  data.on('error', () => {});
  output.on('error', () => {});
  try {
    await connection.forward(port, data);
  } catch (error) {
    socket.send(channel + 1, Buffer.from(error instanceof Error ? error.message : String(error)));
  }
}

/** Throws ApiError 400 with the kubelet's texts. */
function portsOf(query: URLSearchParams): number[] {
  const texts = query.getAll('ports').flatMap((text) => text.split(','));
  if (texts.length === 0) throw badRequest('query parameter "ports" is required');
  return texts.map((text) => {
    const port = Number(text);
    if (!isPort(port)) throw badRequest(`query parameter "ports" cannot be empty or out of range: ${JSON.stringify(text)}`);
    return port;
  });
}
