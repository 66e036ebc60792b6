import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ProgramProcess } from '../program.js';

export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** One server for all simulated web images: it never listens, connections are handed to it. */
let shared: Server | undefined;
const handlers = new WeakMap<Duplex, HttpHandler>();

function server(): Server {
  if (shared) return shared;
  shared = createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
    const handler = handlers.get(request.socket);
    Promise.resolve(handler?.(request, response)).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' });
      response.end(`${error instanceof Error ? error.message : String(error)}\n`);
    });
  });
  return shared;
}

/** Answers HTTP on a connection. */
export function serveConnection(stream: Duplex, handler: HttpHandler): void {
  handlers.set(stream, handler);
  stream.on('error', () => stream.destroy());
  server().emit('connection', stream);
}

/** Serves HTTP on a port of the pod until the process is told to stop; then resolves with 0. */
export async function serveHttp(process: ProgramProcess, port: number, handler: HttpHandler, stopSignals: Readonly<Record<string, number>>): Promise<number> {
  const stopped = new Promise<number>((resolve) => {
    process.pids.handle(process.process.pid, (signal) => {
      const code = stopSignals[signal];
      if (code === undefined) return false;
      resolve(code);
      return true;
    });
  });
  const open = new Set<Duplex>();
  const listener = await process.network.listen(port, (stream) => {
    open.add(stream);
    stream.once('close', () => open.delete(stream));
    serveConnection(stream, handler);
  });
  try {
    return await stopped;
  } finally {
    listener.close();
    for (const stream of open) stream.destroy();
  }
}
