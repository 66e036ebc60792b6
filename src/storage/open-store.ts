import type { Clock } from '../base/clock.js';
import { silentLogger, type Logger } from '../base/logger.js';
import { jsonCodec, type ObjectCodec } from './codec.js';
import type { StorageEngine } from './engine.js';
import { openEngine, type EngineName } from './engines/index.js';
import { RevisionLog } from './log.js';
import type { RetentionOptions } from './retention.js';
import { ObjectStore } from './store.js';
import type { Store } from './types.js';

export interface StoreOptions {
  /** An engine by name, or one that is open; the store closes it in the end. */
  readonly engine: EngineName | StorageEngine;
  /** The folder of an engine that needs one; made if it is not there. */
  readonly location?: string | undefined;
  readonly clock: Clock;
  readonly logger?: Logger | undefined;
  /** Whether every acknowledged write survives a power loss (default), or only the end of the process. */
  readonly fsync?: boolean | undefined;
  readonly history?: RetentionOptions | undefined;
  readonly codec?: ObjectCodec | undefined;
}

/** History in memory takes what others could use. */
const MEMORY_HISTORY_BYTES = 32 * 1024 * 1024;

/** Opens a store. Rejects with StorageError 'locked', 'corrupt' or 'io'. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const logger = options.logger ?? silentLogger;
  const engine = typeof options.engine === 'string' ? await openEngine(options.engine, options) : options.engine;
  try {
    return await ObjectStore.open({
      log: new RevisionLog(engine, logger),
      clock: options.clock,
      logger,
      codec: options.codec ?? jsonCodec,
      sync: options.fsync ?? true,
      retention: { ...(engine.traits.durable ? {} : { maxBytes: MEMORY_HISTORY_BYTES }), ...options.history },
    });
  } catch (error) {
    await engine.close();
    throw error;
  }
}
