import type { Duplex } from 'node:stream';
import type { WebSocket, WebSocketServer } from 'ws';
import { ApiError, badRequest } from '../../api/errors.js';
import type { Exchange } from '../exchange.js';
import type { StreamContext } from './context.js';

/** Larger messages than clients send (kubectl: 32 KiB). */
const MAX_MESSAGE = 4 * 1024 * 1024;
/** A peer that vanished without a word is noticed by what is written to it. */
const PING_MS = 30_000;

export type UpgradeKind = 'websocket' | 'spdy' | 'none';

/** What the client wants the connection to become. */
export function upgradeKind({ upgrade, headers }: Exchange): UpgradeKind {
  if (!upgrade) return 'none';
  const asked = (headers['upgrade'] ?? '').toLowerCase();
  return asked === 'websocket' ? 'websocket' : asked === 'spdy/3.1' ? 'spdy' : 'none';
}

/** 400, as k8s.io/apimachinery's UpgradeAwareHandler says it. */
export const upgradeRequired = (): ApiError => badRequest('Upgrade request required');

/** Subprotocols or stream protocols in the order the client prefers them. */
export function offeredProtocols(header: string | undefined): string[] {
  return (header ?? '').split(',').map((name) => name.trim()).filter((name) => name !== '');
}

/** The first offered protocol that is supported; '' when none was offered and that is supported; else undefined. */
export function chooseProtocol(offered: readonly string[], supported: readonly string[]): string | undefined {
  if (offered.length === 0) return supported.includes('') ? '' : undefined;
  return offered.find((name) => supported.includes(name));
}

let acceptor: WebSocketServer | undefined;

/** Turns the connection into a WebSocket that speaks `protocol` ('' for none). Rejects with ApiError 400 for broken handshakes. */
export async function acceptWebSocket({ exchange, clock }: StreamContext, protocol: string): Promise<WebSocket> {
  const { incoming, upgrade } = exchange;
  if (!upgrade) throw upgradeRequired();
  const { WebSocketServer } = await import('ws');
  acceptor ??= new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE,
    handleProtocols: (_offered, request) => chosen.get(request) ?? false,
  });
  const server = acceptor;
  // ws refuses names with "/" (SPDY/3.1+portforward.k8s.io) that Kubernetes' clients offer: it gets to see a harmless one.
  if (protocol === '') delete incoming.headers['sec-websocket-protocol'];
  else incoming.headers['sec-websocket-protocol'] = 'chosen';
  chosen.set(incoming, protocol);
  const socket = await new Promise<WebSocket>((resolve, reject) => {
    const refuse = (error: Error, _socket: Duplex, request: object): void => {
      if (request === incoming) settle(() => reject(badRequest(`unable to upgrade: ${error.message}`)));
    };
    const settle = (outcome: () => void): void => {
      server.off('wsClientError', refuse);
      outcome();
    };
    server.on('wsClientError', refuse);
    server.handleUpgrade(incoming, upgrade.socket, upgrade.head, (accepted) => settle(() => resolve(accepted)));
  });
  exchange.upgraded = true;
  socket.on('error', () => socket.terminate());
  keepAsking(socket, clock);
  return socket;
}

const chosen = new WeakMap<object, string>();

function keepAsking(socket: WebSocket, clock: StreamContext['clock']): void {
  let timer = clock.after(PING_MS, function ping() {
    socket.ping();
    timer = clock.after(PING_MS, ping);
  });
  socket.once('close', () => timer.cancel());
}

/** Refuses an upgrade as Go's WebSocket library does: with a status line and nothing else. */
export function refuseUpgrade({ exchange }: StreamContext, status: string): void {
  exchange.upgraded = true;
  exchange.upgrade?.socket.end(`HTTP/1.1 ${status}\r\n\r\n`);
}

/** Answers 101 for SPDY and hands out the bare connection. */
export function acceptSpdy({ exchange, headers }: StreamContext, protocol: string): Duplex {
  const { upgrade } = exchange;
  if (!upgrade) throw upgradeRequired();
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Connection: Upgrade',
    'Upgrade: SPDY/3.1',
    ...(protocol === '' ? [] : [`X-Stream-Protocol-Version: ${protocol}`]),
    ...Object.entries(headers).filter(([name]) => name !== 'connection').map(([name, value]) => `${name}: ${value}`),
  ];
  exchange.upgraded = true;
  upgrade.socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  if (upgrade.head.length > 0) upgrade.socket.unshift(upgrade.head);
  return upgrade.socket;
}

/**
 * The stream protocol of a SPDY request: the X-Stream-Protocol-Version headers against what the server speaks.
 * Throws ApiError 403 when they have nothing in common.
 */
export function spdyProtocol({ headers }: Exchange, supported: readonly string[]): string {
  const offered = offeredProtocols(headers['x-stream-protocol-version']);
  const protocol = chooseProtocol(offered, supported);
  if (protocol === undefined) throw new ApiError(403, 'Forbidden', `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(' ')}], server accepts [${supported.join(' ')}]`);
  return protocol;
}
