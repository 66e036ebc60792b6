import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { TerminalSize } from '../../src/api/streams.js';
import type { FakeServer } from './http-fake-server.js';

/** Attaches with a terminal and tells its size, once the session stands. */
export async function resizeByHand({ url, pki }: FakeServer, { width, height }: TerminalSize): Promise<void> {
  const socket = new WebSocket(`${url.replace('https', 'wss')}/api/v1/namespaces/default/pods/web/attach?stdin=true&stdout=true&tty=true`, ['v5.channel.k8s.io'], {
    ca: pki.ca.cert,
    headers: { authorization: 'Bearer secret' },
  });
  await once(socket, 'message');
  socket.send(Buffer.concat([Buffer.from([4]), Buffer.from(JSON.stringify({ Width: width, Height: height }))]));
  await once(socket, 'close');
}
