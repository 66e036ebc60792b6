import type { Clock } from '../../base/clock.js';
import type { Ids } from '../../base/ids.js';
import type { Logger } from '../../base/logger.js';
import type { Informers } from '../../client/informers.js';
import type { PodNetwork } from '../network/pod-network.js';
import type { NodeConfig } from '../node/node-config.js';
import type { ContainerRuntime } from '../runtime.js';

/** The container runtimes of a cluster's nodes, with what they share. */
export interface NodeRuntimes {
  /** A new runtime for a node that is switched on. */
  make(config: NodeConfig): ContainerRuntime;
  /** Frees what the runtimes shared, once they are closed themselves. */
  close(): Promise<void>;
}

/** What the nodes' runtimes are made with. */
export interface RuntimeEnvironment {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly network: PodNetwork;
  readonly informers: Informers;
}
