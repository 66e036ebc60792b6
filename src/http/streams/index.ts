import { badRequest } from '../../api/errors.js';
import type { Connection } from '../../registry/subresource.js';
import type { StreamContext } from './context.js';
import type { Exchange } from '../exchange.js';

/** Frames a connection to a node or pod for the client that asked for it. Resolves when it is over. */
export async function serveConnection(_context: StreamContext, _connection: Connection): Promise<void> {
  throw badRequest('Upgrade request required');
}

export async function serveWatchSocket(_exchange: Exchange, _events: AsyncIterable<Buffer>): Promise<void> {
  throw badRequest('Upgrade request required');
}
