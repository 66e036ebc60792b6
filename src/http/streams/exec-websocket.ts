import { badRequest } from '../../api/errors.js';
import { ChannelSocket } from './channel-socket.js';
import type { StreamContext } from './context.js';
import { runExec, type ExecConnection } from './exec-session.js';
import { ResizeQueue } from './resize-queue.js';
import { acceptWebSocket, chooseProtocol, offeredProtocols } from './upgrade.js';

export const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const;

const V5 = 'v5.channel.k8s.io';
const V4 = ['v4.channel.k8s.io', 'v4.base64.channel.k8s.io'];
/** Before v4 the error channel carries a text instead of a Status. */
const OLD = ['', 'channel.k8s.io', 'base64.channel.k8s.io'];

/** exec and attach over a WebSocket, one channel for each stream. */
export async function execOverWebSocket(context: StreamContext, connection: ExecConnection): Promise<void> {
  const offered = offeredProtocols(context.exchange.headers['sec-websocket-protocol']);
  // v5 wins wherever it stands in the client's list, as in the real server.
  const protocol = offered.includes(V5) ? V5 : chooseProtocol(offered, [...V4, ...OLD]);
  if (protocol === undefined) throw badRequest(`unable to upgrade: none of the subprotocols [${offered.join(' ')}] is supported`);
  const socket = new ChannelSocket(await acceptWebSocket(context, protocol), { base64: protocol.includes('base64'), halfClose: protocol === V5 });
  const { stdin, stdout, stderr, tty } = connection;
  const resize = new ResizeQueue();
  socket.input(CHANNEL.resize).on('data', (bytes: Buffer) => resize.feed(bytes)).on('end', () => resize.end());
  // An empty message tells the client that the session stands.
  socket.send(stdout ? CHANNEL.stdout : stderr && !tty ? CHANNEL.stderr : CHANNEL.error, Buffer.alloc(0));
  await runExec(context, connection, {
    stdin: stdin ? socket.input(CHANNEL.stdin) : undefined,
    stdout: stdout ? socket.output(CHANNEL.stdout) : undefined,
    stderr: stderr && !tty ? socket.output(CHANNEL.stderr) : undefined,
    resize,
    async finish(status) {
      const text = OLD.includes(protocol) ? (status.status === 'Success' ? '' : (status.message ?? '')) : JSON.stringify(status);
      if (text !== '') socket.send(CHANNEL.error, Buffer.from(text));
      await socket.close();
    },
  });
}
