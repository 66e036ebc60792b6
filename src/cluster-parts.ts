import type { Clock } from './base/clock.js';
import type { ClusterClock } from './base/cluster-clock.js';
import type { Client } from './client/types.js';
import type { ClusterState } from './embed/state.js';
import type { Faults } from './faults/faults.js';
import type { Front } from './http/server.js';
import type { ResourceNames } from './manifests/resources.js';
import type { Pipeline } from './pipeline/request.js';
import type { Journal } from './recording/journal.js';
import type { VirtualClusters } from './virtual-clusters.js';
import type { Workloads } from './workloads.js';

/** What a cluster is made of; put together by `start-cluster.ts`. */
export interface ClusterParts {
  readonly url: string;
  readonly port: number;
  readonly kubeconfig: string;
  readonly clock: ClusterClock;
  /** Real time. */
  readonly real: Clock;
  readonly settled: () => Promise<void>;
  readonly api: Client;
  readonly pipeline: Pipeline;
  readonly workloads: Workloads;
  readonly front: Front;
  readonly faults: Faults;
  /** Undefined where requests are not recorded. */
  readonly journal: Journal | undefined;
  readonly state: ClusterState;
  /** Undefined for a cluster that is virtual itself. */
  readonly virtual: VirtualClusters | undefined;
  readonly resources: ResourceNames;
  /** Called in reverse when the cluster stops. */
  readonly closers: ReadonlyArray<() => Promise<void>>;
}
