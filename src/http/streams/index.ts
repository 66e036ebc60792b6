import type { Connection } from '../../registry/subresource.js';
import type { StreamContext } from './context.js';
import { offeredProtocols, upgradeKind, upgradeRequired } from './upgrade.js';

/**
 * Frames a connection to a node or pod in what the client speaks: WebSocket, SPDY or plain HTTP. Resolves when it is over;
 * rejects with an ApiError while the client can still be answered with a Status. Each way of framing is loaded when it is needed.
 */
export async function serveConnection(context: StreamContext, connection: Connection): Promise<void> {
  const kind = upgradeKind(context.exchange);
  switch (connection.type) {
    case 'log':
      return (await import('./log.js')).serveLog(context, connection);
    case 'proxy':
      return (await import('./proxy.js')).serveProxy(context, connection);
    case 'exec':
      if (kind === 'websocket') return (await import('./exec-websocket.js')).execOverWebSocket(context, connection);
      if (kind === 'spdy') return (await import('./exec-spdy.js')).execOverSpdy(context, connection);
      throw upgradeRequired();
    case 'port-forward': {
      if (kind === 'none') throw upgradeRequired();
      const { portForwardOverSpdy, portForwardOverTunnel, TUNNEL_PROTOCOL } = await import('./port-forward-spdy.js');
      if (kind === 'spdy') return portForwardOverSpdy(context, connection);
      const tunnels = offeredProtocols(context.exchange.headers['sec-websocket-protocol']).includes(TUNNEL_PROTOCOL);
      if (tunnels) return portForwardOverTunnel(context, connection);
      return (await import('./port-forward-channels.js')).portForwardOverChannels(context, connection);
    }
  }
}
