import { createServer, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { HttpHandler, Listener, PodNetworkNamespace } from '../runtimes/simulated/program.js';

/** One server for all programs of pods: it never listens, connections are handed to it. */
let shared: Server | undefined;
const handlers = new WeakMap<Duplex, HttpHandler>();

function server(): Server {
  if (shared) return shared;
  shared = createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
    const handler = handlers.get(request.socket);
    Promise.resolve()
      .then(() => handler?.(request, response))
      .catch((error: unknown) => {
        if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' });
        response.end(`${error instanceof Error ? error.message : String(error)}\n`);
      });
  });
  // A client that has said all may still hear: nc closes its side with the end of its input.
  Object.assign(shared, { httpAllowHalfOpen: true });
  return shared;
}

/** Answers HTTP on a connection. */
export function serveConnection(stream: Duplex, handler: HttpHandler): void {
  handlers.set(stream, handler);
  stream.on('error', () => stream.destroy());
  server().emit('connection', stream);
}

/** Answers HTTP on a port of a pod's network until the listener is closed, which ends its connections. */
export async function listenHttp(network: PodNetworkNamespace, port: number, handler: HttpHandler): Promise<Listener> {
  const open = new Set<Duplex>();
  const listener = await network.listen(port, (stream) => {
    open.add(stream);
    stream.once('close', () => open.delete(stream));
    serveConnection(stream, handler);
  });
  return {
    port: listener.port,
    close: () => {
      listener.close();
      for (const stream of open) stream.destroy();
    },
  };
}
