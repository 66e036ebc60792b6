import { isDns1123Label } from './api/names.js';
import type { Cluster } from './cluster.js';
import type { ClusterOptions } from './cluster-options.js';

/** What a virtual cluster may have of its own; it lives in memory. */
export type VirtualClusterOptions = Pick<ClusterOptions, 'nodes' | 'addons' | 'controllers' | 'images' | 'nodeMonitorGraceMs' | 'serviceClusterIpRange' | 'serviceNodePortRange' | 'recordRequests' | 'clock' | 'ids'>;

/**
 * Clusters that share a server: each has its own objects, revisions, controllers and clock, and is reached at the
 * server's URL with `/clusters/NAME` behind it.
 */
export class VirtualClusters {
  private readonly clusters = new Map<string, Promise<Cluster>>();

  constructor(private readonly start: (name: string, options: VirtualClusterOptions) => Promise<Cluster>) {}

  /** Rejects with TypeError for a name in use, or one that is no DNS label. */
  async create(name: string, options: VirtualClusterOptions = {}): Promise<Cluster> {
    if (isDns1123Label(name).length > 0) throw new TypeError(`a cluster's name is lower-case letters, digits and '-', at most 63, not ${JSON.stringify(name)}`);
    if (this.clusters.has(name)) throw new TypeError(`there is a cluster ${JSON.stringify(name)} already`);
    const starting = this.start(name, options);
    this.clusters.set(name, starting);
    try {
      return await starting;
    } catch (error) {
      this.clusters.delete(name);
      throw error;
    }
  }

  async get(name: string): Promise<Cluster | undefined> {
    return this.clusters.get(name);
  }

  /** Names in the order in which they were made. */
  names(): string[] {
    return [...this.clusters.keys()];
  }

  /** Stops it and frees all it has; false when there is none of that name. */
  async delete(name: string): Promise<boolean> {
    const cluster = this.clusters.get(name);
    if (!cluster) return false;
    this.clusters.delete(name);
    await (await cluster).stop();
    return true;
  }

  async stop(): Promise<void> {
    await Promise.all(this.names().map((name) => this.delete(name)));
  }
}
