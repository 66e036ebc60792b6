import type { ClusterNetwork, NodeAgent, NodeDirectory } from '../api/streams.js';
import type { Clock } from '../base/clock.js';
import type { Ids } from '../base/ids.js';
import type { Logger } from '../base/logger.js';
import type { Informers } from '../client/informers.js';
import type { Client } from '../client/types.js';
import { Kubelet } from './kubelet.js';
import type { PodNetwork } from './network/pod-network.js';
import { nodeConfig, type NodeConfig } from './node/node-config.js';
import type { ContainerRuntime } from './runtime.js';
import type { ImageProgramFactory } from './runtimes/simulated/program.js';
import type { MemoryFileSystem } from './runtimes/simulated/root-file-system.js';
import { SimulatedRuntime } from './runtimes/simulated/simulated-runtime.js';

export interface NodePoolOptions {
  /** How many nodes there are at first: node-0, node-1, … */
  readonly count: number;
  /** Makes the client of a node (user `system:node:NAME`, group `system:nodes`). */
  readonly client: (nodeName: string) => Client;
  readonly informers: Informers;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly network: PodNetwork;
  readonly dnsIp?: string;
  /** Settings of all nodes, e.g. their capacity. */
  readonly config?: Partial<NodeConfig>;
  /** The user's images by pattern. */
  readonly images?: Readonly<Record<string, ImageProgramFactory>>;
  /** Another runtime than the simulated one. */
  readonly runtime?: (config: NodeConfig) => ContainerRuntime;
}

/** The nodes that live in this process. */
export class NodePool implements NodeDirectory {
  private readonly kubelets = new Map<string, Kubelet>();
  /** Data of persistent volumes: a pod may find them on another node. */
  private readonly persistent = new Map<string, MemoryFileSystem>();
  private made = 0;

  constructor(private readonly options: NodePoolOptions) {
    for (let i = 0; i < options.count; i++) this.add();
  }

  get network(): ClusterNetwork {
    return this.options.network;
  }

  get names(): readonly string[] {
    return [...this.kubelets.keys()];
  }

  /** Makes one more node; the caller starts it. */
  add(overrides: Partial<NodeConfig> = {}): Kubelet {
    const config = nodeConfig(this.made++, { ...this.options.config, ...overrides });
    const { informers, clock, ids, logger, network, dnsIp, client } = this.options;
    const kubelet = new Kubelet({
      config, client: client(config.name), informers, clock, ids, logger: logger.child({ node: config.name }), network,
      runtime: () => this.makeRuntime(config), ...(dnsIp === undefined ? {} : { dnsIp }),
    });
    this.kubelets.set(config.name, kubelet);
    return kubelet;
  }

  kubelet(name: string): Kubelet | undefined {
    return this.kubelets.get(name);
  }

  agent(nodeName: string): NodeAgent | undefined {
    return this.kubelets.get(nodeName)?.agent;
  }

  /** Resolves when all nodes are registered and Ready. */
  async start(): Promise<void> {
    await Promise.all([...this.kubelets.values()].map((kubelet) => kubelet.start()));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.kubelets.values()].map((kubelet) => kubelet.stop()));
  }

  private makeRuntime(config: NodeConfig): ContainerRuntime {
    const { clock, ids, network, images = {}, runtime } = this.options;
    if (runtime) return runtime(config);
    return new SimulatedRuntime({ clock, ids, network, images, podCidr: config.podCidr, nodeIp: config.ip, persistent: this.persistent });
  }
}
