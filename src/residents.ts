import type { ClusterNetwork, NodeAgent, NodeDirectory } from './api/streams.js';
import type { Workloads } from './workloads.js';

/** What the API server reaches nodes and their network by: kinds are made before the nodes are. */
export class Residents implements NodeDirectory, ClusterNetwork {
  workloads: Workloads | undefined;

  agent(nodeName: string): NodeAgent | undefined {
    return this.workloads?.agent(nodeName);
  }

  connect(ip: string, port: number, options?: Parameters<ClusterNetwork['connect']>[2]): ReturnType<ClusterNetwork['connect']> {
    if (!this.workloads) return Promise.reject(Object.assign(new Error(`connect EHOSTUNREACH ${ip}:${port}`), { code: 'EHOSTUNREACH' }));
    return this.workloads.network.connect(ip, port, options);
  }
}
