import type { Duplex } from 'node:stream';

/** A TCP connection, or an end of one in this process. */
export type Connection = Duplex & { readonly remoteAddress?: string | undefined; readonly remotePort?: number | undefined };

/** All connections of a server, whatever protocol they speak by now: what `http.Server` forgets when they are upgraded. */
export class Connections {
  private readonly sockets = new Set<Connection>();
  private readonly waiting = new Set<() => void>();

  add(socket: Connection): void {
    this.sockets.add(socket);
    socket.once('close', () => {
      this.sockets.delete(socket);
      if (this.sockets.size > 0) return;
      for (const resolve of this.waiting) resolve();
      this.waiting.clear();
    });
  }

  /** The connection below a TLS socket whose handshake has failed. */
  of(socket: Pick<Connection, 'remoteAddress' | 'remotePort'>): Connection | undefined {
    for (const candidate of this.sockets) {
      if (candidate.remotePort === socket.remotePort && candidate.remoteAddress === socket.remoteAddress) return candidate;
    }
    return undefined;
  }

  get size(): number {
    return this.sockets.size;
  }

  /** Resolves when the last one has told that it is closed. */
  async destroyAll(): Promise<void> {
    if (this.sockets.size === 0) return;
    const empty = new Promise<void>((resolve) => this.waiting.add(resolve));
    for (const socket of this.sockets) socket.destroy();
    await empty;
  }
}
