import type { Logger } from '../../base/logger.js';
import type { ApiResponse, EncodedResponse } from '../../pipeline/request.js';
import type { Exchange } from '../exchange.js';

/** What a stream needs of the request that opened it. */
export interface StreamContext {
  readonly exchange: Exchange;
  /** Headers that every reply has. */
  readonly headers: Readonly<Record<string, string>>;
  /** Statuses as the pipeline would send them. */
  encode(reply: Exclude<ApiResponse, { type: 'connect' }>): EncodedResponse;
  readonly logger: Logger;
}
