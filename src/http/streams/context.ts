import type { Clock } from '../../base/clock.js';
import type { Logger } from '../../base/logger.js';
import type { Exchange } from '../exchange.js';

/** What a stream needs of the request that opened it. */
export interface StreamContext {
  readonly exchange: Exchange;
  /** Headers that every reply has. */
  readonly headers: Readonly<Record<string, string>>;
  /** Real time. */
  readonly clock: Clock;
  readonly logger: Logger;
}
