import type { Socket } from 'node:net';

/** All TCP connections of a server, whatever protocol they speak by now: what `http.Server` forgets when they are upgraded. */
export class Connections {
  private readonly sockets = new Set<Socket>();

  add(socket: Socket): void {
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
  }

  get size(): number {
    return this.sockets.size;
  }

  destroyAll(): void {
    for (const socket of this.sockets) socket.destroy();
  }
}
