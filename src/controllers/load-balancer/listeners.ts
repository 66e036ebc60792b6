import { createServer, type Server, type Socket } from 'node:net';
import type { ClusterNetwork } from '../../api/streams.js';
import { joinStreams } from '../../base/join-streams.js';
import { LISTEN_HOST, ListenError } from '../shared/listen-error.js';

interface Open {
  readonly server: Server;
  readonly sockets: Set<Socket>;
  /** Address in the cluster that connections are passed to; may change while the port stays. */
  target: { readonly ip: string; readonly port: number };
}

/** Listening sockets of localhost that lead into the cluster's network, by port. */
export class Listeners {
  private readonly open = new Map<number, Open>();

  constructor(private readonly network: ClusterNetwork) {}

  /** Listens on a port, or changes where it leads. Rejects with ListenError when something else has the port. */
  async listen(port: number, target: { readonly ip: string; readonly port: number }): Promise<void> {
    const known = this.open.get(port);
    if (known) {
      known.target = target;
      return;
    }
    const sockets = new Set<Socket>();
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    const entry: Open = { server, sockets, target };
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      void this.pass(socket, entry);
    });
    this.open.set(port, entry);
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, LISTEN_HOST, () => {
          server.off('error', reject);
          server.on('error', () => {});
          resolve();
        });
      });
      // The API server keeps the process alive, not these.
      server.unref();
    } catch (error) {
      this.open.delete(port);
      throw new ListenError(port, (error as { code?: string }).code);
    }
  }

  /** Stops listening; connections through the port end. */
  async close(port: number): Promise<void> {
    const entry = this.open.get(port);
    if (!entry) return;
    this.open.delete(port);
    const closed = new Promise<void>((resolve) => entry.server.close(() => resolve()));
    for (const socket of entry.sockets) socket.destroy();
    await closed;
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.open.keys()].map((port) => this.close(port)));
  }

  private async pass(socket: Socket, { target }: Open): Promise<void> {
    socket.on('error', () => {});
    socket.pause();
    try {
      await joinStreams(socket, await this.network.connect(target.ip, target.port, { from: LISTEN_HOST }));
    } catch {
      // Nothing is ready behind the Service: the client sees its connection reset, as kube-proxy does it.
      socket.resetAndDestroy();
    }
  }
}
