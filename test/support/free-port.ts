import { createServer } from 'node:net';

/** Below what systems give to outgoing connections, and beside the cluster's node ports: who starts a server again finds its port free. */
const FIRST = 20_000;
const COUNT = 10_000;

/** A TCP port of localhost that nobody listens on; `preferred` when it is free. */
export function freePort(preferred = FIRST + Math.floor(Math.random() * COUNT)): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' || error.code === 'EACCES' ? resolve(freePort()) : reject(error)));
    server.listen(preferred, '127.0.0.1', () => server.close(() => resolve(preferred)));
  });
}
