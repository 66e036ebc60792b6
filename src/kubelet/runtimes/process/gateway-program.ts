import type dgramModule from 'node:dgram';
import type netModule from 'node:net';

/** What the gateway is told, each answered by its number. */
export type GatewayRequest =
  | { readonly type: 'connect'; readonly id: number; readonly ip: string; readonly port: number }
  | { readonly type: 'listen'; readonly id: number; readonly ports: readonly number[] }
  | { readonly type: 'answer'; readonly id: number; readonly packet: Uint8Array };

/** What it tells; 'connected' and 'accepted' come with the socket. */
export type GatewayMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'connected'; readonly id: number }
  | { readonly type: 'failed'; readonly id: number; readonly code: string }
  | { readonly type: 'listening'; readonly id: number }
  | { readonly type: 'accepted'; readonly ip: string; readonly port: number; readonly from: string }
  | { readonly type: 'question'; readonly id: number; readonly packet: Uint8Array };

/**
 * The program of the gateway process, which is the first process in the namespaces that all pods of a cluster share.
 * It has a leg in the pods' network: it opens connections to pods and accepts those that pods make to the addresses of
 * Services, and hands the sockets over to kubette (as file descriptors: no byte goes through it). When kubette is gone,
 * however that happened, its channel closes and it ends; the kernel then ends every process of every pod.
 *
 * It runs by itself, as the text of this function: it may use nothing from outside but its arguments.
 */
export function gatewayProgram(net: typeof netModule, dgram: typeof dgramModule, dnsIp: string): void {
  const servers = new Map<number, netModule.Server>();
  const questions = new Map<number, { port: number; address: string }>();
  let asked = 0;
  const send = (message: GatewayMessage, socket?: netModule.Socket): void => {
    process.send?.(message, socket, {}, () => {});
  };

  const connect = (id: number, ip: string, port: number): void => {
    const socket = new net.Socket();
    // Nothing may be read here: what the socket holds is read by the process that gets it.
    socket.pause();
    socket.once('error', (error: Error & { code?: string }) => send({ type: 'failed', id, code: error.code ?? 'EHOSTUNREACH' }));
    socket.once('connect', () => send({ type: 'connected', id }, socket));
    socket.connect({ host: ip, port });
  };

  const listen = async (id: number, ports: readonly number[]): Promise<void> => {
    for (const [port, server] of servers) {
      if (ports.includes(port)) continue;
      server.close();
      servers.delete(port);
    }
    await Promise.all(
      ports.filter((port) => !servers.has(port)).map(async (port) => {
        const server = net.createServer({ pauseOnConnect: true }, (socket) => {
          socket.on('error', () => {});
          send({ type: 'accepted', ip: socket.localAddress ?? '', port, from: socket.remoteAddress ?? '' }, socket);
        });
        servers.set(port, server);
        await new Promise((resolve) => server.once('error', resolve).listen({ port, host: '0.0.0.0' }, () => resolve(undefined)));
      }),
    );
    send({ type: 'listening', id });
  };

  const dns = dgram.createSocket('udp4');
  dns.on('error', () => {});
  dns.on('message', (packet, { address, port }) => {
    questions.set(++asked, { address, port });
    // Who does not hear an answer asks again.
    if (questions.size > 1000) questions.delete(questions.keys().next().value as number);
    send({ type: 'question', id: asked, packet });
  });
  process.on('message', (request: GatewayRequest) => {
    if (request.type === 'connect') connect(request.id, request.ip, request.port);
    else if (request.type === 'listen') void listen(request.id, request.ports);
    else {
      const from = questions.get(request.id);
      questions.delete(request.id);
      if (from) dns.send(request.packet, from.port, from.address);
    }
  });
  process.on('disconnect', () => process.exit(0));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
  dns.bind(53, dnsIp, () => send({ type: 'ready' }));
}
