import type { Duplex } from 'node:stream';
import type { ResourceDirectory } from './api/served-resource.js';
import type { ClusterNetwork, NodeAgent } from './api/streams.js';
import type { Clock } from './base/clock.js';
import type { Ids } from './base/ids.js';
import type { Logger } from './base/logger.js';
import type { Controller } from './client/controller.js';
import { ApiEventRecorder, EventLane } from './client/event-recorder.js';
import { Informers } from './client/informers.js';
import type { Client } from './client/types.js';
import { builtinControllers, selectControllers, type ControllerEnvironment } from './controllers/index.js';
import { ControllerManager, type ManagedController } from './controllers/manager.js';
import { loadBalancerController } from './controllers/load-balancer/index.js';
import { ingressController, type IngressOptions } from './controllers/ingress/index.js';
import { metricsServer } from './controllers/metrics-server/index.js';
import { storageProvisioner } from './controllers/storage-provisioner/index.js';
import { Kubelet } from './kubelet/kubelet.js';
import { NodeFeed } from './kubelet/node/node-feed.js';
import { hostDialer } from './kubelet/network/host-dialer.js';
import { InformerServiceRouter } from './kubelet/network/informer-service-router.js';
import { NetworkPolicies } from './kubelet/network/network-policies.js';
import { PodNetwork } from './kubelet/network/pod-network.js';
import { DEFAULT_LEASE_SECONDS, nodeConfig } from './kubelet/node/node-config.js';
import { NodeStages } from './kubelet/stages/node-stages.js';
import type { StageDeclaration } from './kubelet/stages/stage.js';
import { StageBook } from './kubelet/stages/stage-book.js';
import type { NodeRuntimes, RuntimeEnvironment } from './kubelet/runtimes/node-runtimes.js';
import type { Images } from './kubelet/runtimes/simulated/image-registry.js';
import { simulatedRuntimes } from './kubelet/runtimes/simulated/index.js';
import { schedulerProfiles } from './scheduler/configuration.js';
import { defaultPlugins, Scheduler, type PluginEnvironment } from './scheduler/index.js';

export interface WorkloadOptions {
  /** Simulated nodes, node-0 and on; 1 unless said otherwise. */
  readonly nodes?: number | undefined;
  /** What a bare control plane lacks: 'loadbalancer', 'storage-provisioner', 'ingress', 'metrics-server'. All unless said otherwise. */
  readonly addons?: readonly string[] | undefined;
  /**
   * Controllers: names as kube-controller-manager's --controllers takes them ('*', 'name', '-name'), and controllers
   * of one's own. Own ones alone leave the built-in ones on.
   */
  readonly controllers?: ReadonlyArray<string | Controller> | undefined;
  /** False where another scheduler does the work. */
  readonly scheduler?: boolean | undefined;
  /** A KubeSchedulerConfiguration as an object (docs/scheduler.md). SchedulerConfigurationError for what is not supported. */
  readonly schedulerConfig?: unknown;
  /** Silence in milliseconds after which a node counts as gone; 50 s unless said otherwise, as kube-controller-manager's. */
  readonly nodeMonitorGraceMs?: number | undefined;
  /** Ports of localhost that the ingress proxy listens on; it finds some where they are left out. */
  readonly ingress?: Pick<IngressOptions, 'httpPort' | 'httpsPort'> | undefined;
  /** How HorizontalPodAutoscalers work; kube-controller-manager's defaults where left out. */
  readonly autoscaling?: ControllerEnvironment['autoscaling'];
  /** Programs of images by pattern, functions or data (docs/images.md); they win over the built-in ones. */
  readonly images?: Images | undefined;
  /** What happens to pods and nodes: delays, failures and restarts on demand (docs/stages.md). */
  readonly stages?: readonly StageDeclaration[] | undefined;
  /**
   * Wraps the client of each resident, which goes by the name it acts under: 'kubette' (the informers),
   * 'system:kube-scheduler', 'system:node:NAME', 'system:serviceaccount:kube-system:CONTROLLER'. For injecting faults.
   */
  readonly wrapClient?: ((client: Client, name: string) => Client) | undefined;
}

export interface WorkloadDependencies {
  readonly client: Client;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  /** PEM of the CA that pods check the API server with. */
  readonly caCertificate: string;
  /** Signs service account tokens. */
  readonly tokens: ControllerEnvironment['tokens'];
  /** Checks types in the expressions of policies. */
  readonly policyTypes: ControllerEnvironment['policyTypes'];
  /** Signs certificates for approved requests. */
  readonly certificates: ControllerEnvironment['certificates'];
  /** Makes certificates for the ingress proxy. */
  readonly makeCertificate: IngressOptions['makeCertificate'];
  /** Every resource that is served. */
  readonly resources: ResourceDirectory;
  /**
   * Where the API server listens: pods may reach it, and nothing else of the host. `connect` opens a connection to it
   * where that address is another cluster's as well.
   */
  readonly apiServer: { readonly ip: string; readonly port: number; readonly connect?: (() => Duplex) | undefined };
  /** Makes the nodes' container runtimes; simulated ones when absent. */
  readonly runtimes?: ((environment: RuntimeEnvironment) => Promise<NodeRuntimes>) | undefined;
}

/** Addons that there are; all are on unless said otherwise. */
export const ADDONS: readonly string[] = ['loadbalancer', 'storage-provisioner', 'ingress', 'metrics-server'];

/** The residents of a cluster: nodes, controllers, scheduler. */
export class Workloads {
  private readonly kubelets = new Map<string, Kubelet>();
  private readonly informers: Informers;
  private readonly pods: PodNetwork;
  private readonly scheduler: Scheduler | undefined;
  private readonly nodeStages: NodeStages;
  /** What happens to pods and nodes on demand. */
  readonly stages: StageBook;
  private runtimes: NodeRuntimes | undefined;
  private readonly eventLane = new EventLane();
  private readonly feed: NodeFeed;
  readonly controllers: ControllerManager;

  constructor(
    private readonly options: WorkloadOptions,
    private readonly dependencies: WorkloadDependencies,
  ) {
    this.informers = new Informers(this.clientOf('kubette', 'kubette'), dependencies);
    this.feed = new NodeFeed(this.informers);
    const { apiServer, clock, ids, logger } = dependencies;
    const { connect } = apiServer;
    const isApiServer = (ip: string, port: number): boolean => ip === apiServer.ip && port === apiServer.port;
    this.pods = new PodNetwork({ clock, dialOutside: connect ? (ip, port) => (isApiServer(ip, port) ? Promise.resolve(connect()) : undefined) : hostDialer(isApiServer) });
    const router = new InformerServiceRouter(this.informers, clock);
    this.pods.useServices(router);
    this.pods.useFilter(new NetworkPolicies(this.informers, router));
    this.scheduler = options.scheduler === false ? undefined : this.makeScheduler(options.schedulerConfig);
    this.controllers = new ControllerManager({ controllers: () => this.selected(), informers: this.informers, clientOf: (name, agent) => this.clientOf(name, agent), clock, ids, logger });
    this.stages = new StageBook(dependencies.ids, options.stages);
    this.nodeStages = new NodeStages(this.stages, () => this.kubelets.values(), clock, logger);
  }

  /** Every resource that is served. */
  get resources(): ResourceDirectory {
    return this.dependencies.resources;
  }

  get network(): ClusterNetwork {
    return this.pods;
  }

  /** Switches nodes and controllers on; resolves when every node is Ready. */
  async start(): Promise<void> {
    const { clock, ids, logger, runtimes } = this.dependencies;
    const environment: RuntimeEnvironment = { clock, ids, logger, network: this.pods, informers: this.informers };
    const made = (this.runtimes = runtimes ? await runtimes(environment) : simulatedRuntimes(environment, this.options.images));
    for (let i = 0; i < (this.options.nodes ?? 1); i++) this.addNode(i, made);
    const nodes = [...this.kubelets.values()].map((kubelet) => kubelet.start());
    await this.informers.start();
    this.controllers.start();
    await Promise.all(nodes);
    this.nodeStages.start();
  }

  async stop(): Promise<void> {
    this.nodeStages.stop();
    await Promise.all([this.scheduler?.stop(), this.controllers.stop()]);
    await Promise.all([...this.kubelets.values()].map((kubelet) => kubelet.stop()));
    await this.runtimes?.close();
    await this.informers.stop();
  }

  agent(nodeName: string): NodeAgent | undefined {
    return this.kubelets.get(nodeName)?.agent;
  }

  /** A node's kubelet, to switch it off and on; undefined when there is none of that name. */
  node(name: string): Kubelet | undefined {
    return this.kubelets.get(name);
  }

  /** Has every node that is on and joined show now that it lives. */
  async heartbeat(): Promise<void> {
    await Promise.all([...this.kubelets.values()].filter(({ running, partitioned }) => running && !partitioned).map((kubelet) => kubelet.heartbeat()));
  }

  /** Switches on the nodes that are off, and joins those that were cut off. */
  async wakeNodes(): Promise<void> {
    await Promise.all([...this.kubelets.values()].map(async (kubelet) => {
      if (!kubelet.running) await kubelet.start();
      else if (kubelet.partitioned) await kubelet.heal();
    }));
  }

  connect(ip: string, port: number, options?: Parameters<ClusterNetwork['connect']>[2]): Promise<Duplex> {
    return this.pods.connect(ip, port, options);
  }

  private selected(): ManagedController[] {
    const { controllers = [] } = this.options;
    const names = controllers.filter((c): c is string => typeof c === 'string');
    const own = controllers.filter((c): c is Controller => typeof c !== 'string');
    const { addons = ADDONS, nodeMonitorGraceMs, autoscaling, ingress } = this.options;
    const builtIn = builtinControllers({ ...this.dependencies, nodeMonitorGraceMs, autoscaling });
    if (addons.includes('loadbalancer')) builtIn.push(loadBalancerController(this.pods));
    if (addons.includes('storage-provisioner')) builtIn.push(storageProvisioner());
    if (addons.includes('ingress')) builtIn.push(ingressController({ ...ingress, network: this.pods, makeCertificate: this.dependencies.makeCertificate }));
    builtIn.push(metricsServer(addons.includes('metrics-server')));
    return [
      ...selectControllers(builtIn, names.length > 0 ? names : ['*']).map((controller) => ({ controller, agent: 'kube-controller-manager' })),
      ...own.map((controller) => ({ controller, agent: controller.name })),
    ];
  }

  /** The client of a resident. `agent` is what managedFields call it. */
  private clientOf(name: string, agent: string, groups: readonly string[] = []): Client {
    const client = this.dependencies.client.as({ name, groups: ['system:masters', ...groups] }, agent);
    return this.options.wrapClient?.(client, name) ?? client;
  }

  private makeScheduler(configuration: unknown): Scheduler {
    const { clock, ids, logger } = this.dependencies;
    const client = this.clientOf('system:kube-scheduler', 'kube-scheduler');
    const configured = configuration === undefined ? [{ name: 'default-scheduler', plugins: (environment: PluginEnvironment) => defaultPlugins(environment) }] : schedulerProfiles(configuration);
    const profiles = configured.map((profile) => ({ ...profile, events: new ApiEventRecorder(client, { component: profile.name, form: 'events' }, clock, logger) }));
    return new Scheduler({ profiles, client, informers: this.informers, clock, ids, logger });
  }

  private addNode(index: number, runtimes: NodeRuntimes): void {
    const { clock, ids, logger } = this.dependencies;
    const config = nodeConfig(index, { leaseSeconds: leaseSeconds(this.options.nodeMonitorGraceMs) });
    const kubelet = new Kubelet({
      config,
      client: this.clientOf(`system:node:${config.name}`, 'kubelet', ['system:nodes']),
      informers: this.informers,
      clock,
      ids,
      logger,
      network: this.pods,
      eventLane: this.eventLane,
      feed: this.feed,
      stages: this.stages,
      runtime: () => runtimes.make(config),
    });
    this.kubelets.set(kubelet.name, kubelet);
  }
}

/** Nodes that are counted as gone sooner than usual have to be heard of more often. */
function leaseSeconds(nodeMonitorGraceMs = Number.POSITIVE_INFINITY): number {
  return Math.min(DEFAULT_LEASE_SECONDS, Math.max(1, Math.floor(nodeMonitorGraceMs / 1000)));
}
