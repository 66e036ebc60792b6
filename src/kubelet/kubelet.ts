import { setMaxListeners } from 'node:events';
import type { NodeAgent } from '../api/streams.js';
import type { Node, Pod, Service } from '../api/types/core-v1.js';
import type { Clock } from '../base/clock.js';
import type { Ids } from '../base/ids.js';
import type { Logger } from '../base/logger.js';
import { ApiEventRecorder, type EventLane } from '../client/event-recorder.js';
import type { Informer } from '../client/informer.js';
import type { Informers } from '../client/informers.js';
import type { Client } from '../client/types.js';
import { KubeletAgent } from './agent/node-agent.js';
import { NodeStatsSource } from './agent/node-stats.js';
import { EvictionManager } from './eviction/eviction-manager.js';
import { GatedClient } from './gated-client.js';
import { ImageManager } from './images/image-manager.js';
import { KubeletApi } from './kubelet-api.js';
import type { KubeletContext } from './kubelet-context.js';
import type { PodNetwork } from './network/pod-network.js';
import type { NodeConfig } from './node/node-config.js';
import type { NodePressure } from './node/node-object.js';
import { NodeReporter } from './node/node-reporter.js';
import { NodeFeed } from './node/node-feed.js';
import { admitPod, type AdmissionFailure, type Refusal } from './pods/admission.js';
import { isTerminalPhase } from './pods/pod-helpers.js';
import { PodWorker } from './pods/pod-worker.js';
import { PREEMPTED } from './pods/preemption.js';
import type { ContainerRuntime } from './runtime.js';
import { StageBook } from './stages/stage-book.js';
import { BackOff } from './sync/back-off.js';
import { VolumeRefresher } from './volumes/volume-refresher.js';

export interface KubeletOptions {
  readonly config: NodeConfig;
  /** Acts as the node (`system:node:NAME`). */
  readonly client: Client;
  /** Shared by all nodes; must hold pods, nodes and services. */
  readonly informers: Informers;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly network: PodNetwork;
  /** Makes the node's runtime each time the node is switched on. */
  readonly runtime: () => ContainerRuntime;
  /** What shall happen on demand. */
  readonly stages?: StageBook | undefined;
  /** Address of the cluster's DNS in resolv.conf. */
  readonly dnsIp?: string;
  /** Shared by the nodes of a cluster. */
  readonly eventLane?: EventLane;
  /** Shared by the nodes of a cluster; over these informers. */
  readonly feed?: NodeFeed;
}

const FIRST_CRASH_WAIT_MS = 10_000;
const MAX_CRASH_WAIT_MS = 300_000;
/** Address of the cluster's DNS, as kubeadm chooses it. */
export const DEFAULT_DNS_IP = '10.96.0.10';

const core = (resource: string) => ({ group: '', version: 'v1', resource });

/** One running session of the node, from switching on to switching off. */
interface Session {
  readonly context: KubeletContext;
  readonly reporter: NodeReporter;
  readonly workers: Map<string, PodWorker>;
  readonly agent: NodeAgent;
  readonly eviction: EvictionManager;
  readonly off: AbortController;
  /** Stops listening to changes of stages. */
  readonly unsubscribe: () => void;
}

/**
 * A node: registers itself, keeps its Lease and status, runs the pods bound to it, serves logs and exec.
 * It can be switched off and on, and cut off from the API server, as tests of node failure need.
 */
export class Kubelet {
  readonly name: string;
  private readonly client: GatedClient;
  private readonly feed: NodeFeed;
  private readonly nodes: Informer<Node>;
  private readonly services: Informer<Service>;
  private readonly refresher: VolumeRefresher;
  private readonly stages: StageBook;
  private session: Session | undefined;
  private observing = false;

  constructor(private readonly options: KubeletOptions) {
    this.name = options.config.name;
    this.client = new GatedClient(options.client);
    this.feed = options.feed ?? new NodeFeed(options.informers);
    this.nodes = options.informers.for<Node>(core('nodes'));
    this.services = options.informers.for<Service>(core('services'));
    this.refresher = new VolumeRefresher(options.informers, options.clock);
    this.stages = options.stages ?? new StageBook(options.ids);
  }

  get labels(): Readonly<Record<string, string>> {
    return this.options.config.labels;
  }

  /** Undefined while the node is off. */
  get agent(): NodeAgent | undefined {
    return this.session?.agent;
  }

  get running(): boolean {
    return this.session !== undefined;
  }

  /** Switches the node on. Resolves when it is registered and Ready; its pods follow. */
  async start(): Promise<void> {
    if (this.session) return;
    const session = this.makeSession();
    this.session = session;
    await session.reporter.start();
    if (this.session !== session) return;
    await Promise.all([this.feed.synced, this.services.synced]);
    if (this.session !== session) return;
    if (!this.observing) {
      this.observing = true;
      this.feed.join(this.name, { onPod: (pod) => this.onPod(pod), onPodGone: (pod) => this.onPodGone(pod), onNode: (node) => this.onNode(node) });
    } else this.resync();
  }

  /** Switches the node off: its containers end without a word to anyone. */
  async stop(): Promise<void> {
    const { session } = this;
    if (!session) return;
    this.session = undefined;
    session.eviction.stop();
    session.reporter.stop();
    session.off.abort();
    session.unsubscribe();
    this.refresher.clear();
    const { runtime } = session.context;
    await Promise.all([runtime.close(), ...[...session.workers.values()].map((worker) => worker.abandon())]);
  }

  /** Cuts the node off from the API server: its pods go on, but nobody hears of them. */
  partition(): void {
    this.client.open = false;
  }

  /** Renews the node's lease and status now. */
  async heartbeat(): Promise<void> {
    await this.session?.reporter.heartbeat();
  }

  get partitioned(): boolean {
    return !this.client.open;
  }

  /** Ends a partition. */
  async heal(): Promise<void> {
    this.client.open = true;
    await this.heartbeat();
    this.resync();
  }

  /** Declares what the node is short of. */
  async setPressure(pressure: Partial<NodePressure>): Promise<void> {
    const { session } = this;
    if (!session) return;
    await session.reporter.setPressure(pressure);
    if (this.session === session) session.eviction.set(session.reporter.shortages);
  }

  /** The worker of a pod that runs here. */
  worker(uid: string): PodWorker | undefined {
    return this.session?.workers.get(uid);
  }

  private makeSession(): Session {
    const { options, client } = this;
    const { clock, config, logger } = options;
    const runtime = options.runtime();
    const off = new AbortController();
    // As many waits as the node has pods may hang on it.
    setMaxListeners(0, off.signal);
    const api = new KubeletApi(client);
    const recorder = new ApiEventRecorder(client, { component: 'kubelet', host: config.name }, clock, logger, options.eventLane);
    const reporter = new NodeReporter({ config, api, recorder, runtime, clock, ids: options.ids, logger });
    const workers = new Map<string, PodWorker>();
    const context: KubeletContext = {
      nodeName: config.name,
      nodeIp: config.ip,
      clusterDomain: options.network.clusterDomain,
      dnsIp: options.dnsIp ?? DEFAULT_DNS_IP,
      clock,
      signal: off.signal,
      ids: options.ids,
      logger,
      api,
      recorder,
      runtime,
      network: options.network,
      environment: {
        configMap: (namespace, name) => api.configMap(namespace, name),
        secret: (namespace, name) => api.secret(namespace, name),
        services: () => this.services.list(),
      },
      images: new ImageManager(clock, runtime.images, () => reporter.changed()),
      volumeRefresher: this.refresher,
      crashBackOff: new BackOff(clock, FIRST_CRASH_WAIT_MS, MAX_CRASH_WAIT_MS),
      stages: this.stages,
      fits: (pod) => this.fits(pod),
      allocatable: () => reporter.current?.status?.allocatable ?? config.capacity,
    };
    runtime.onEvent((event) => workers.get(event.podUid)?.wake());
    const stats = new NodeStatsSource(config.name, clock, runtime, () => workers.values());
    const unsubscribe = this.stages.onChange(() => {
      for (const worker of workers.values()) worker.stages.changed();
    });
    const eviction = new EvictionManager({ clock, runtime, workers: () => workers.values() });
    return { context, reporter, workers, off, unsubscribe, eviction, agent: new KubeletAgent(clock, runtime, (pod) => workers.get(pod.metadata.uid ?? ''), stats) };
  }

  private onPod(pod: Pod): void {
    const { session } = this;
    const { uid } = pod.metadata;
    if (!session || !this.client.open || uid === undefined) return;
    const known = session.workers.get(uid);
    if (known) return known.update(pod);
    const worker = new PodWorker(session.context, pod, () => {
      session.workers.delete(uid);
      // What it leaves may be room for a resize that waits.
      for (const other of session.workers.values()) if (other.waitsForRoom) other.wake();
    });
    const others = [...session.workers.values()].filter((w) => w.active).map((w) => w.allocatedPod);
    session.workers.set(uid, worker);
    if (!isTerminalPhase(pod.status?.phase) && !pod.metadata.deletionTimestamp) {
      const refusal: AdmissionFailure | undefined = session.eviction.refusal(pod) ?? admitPod(pod, this.currentNode(session), others);
      if (refusal?.preempts) return this.preempt(session, refusal.preempts, worker);
      if (refusal) return worker.reject(refusal);
    }
    worker.update(pod);
  }

  /** Ends pods that make way for a critical one, which starts when they have gone. */
  private preempt(session: Session, victims: readonly Pod[], critical: PodWorker): void {
    const leaving = victims.flatMap((victim) => session.workers.get(victim.metadata.uid ?? '') ?? []);
    for (const worker of leaving) worker.evict({ ...PREEMPTED });
    void Promise.all(leaving.map((worker) => worker.settled())).then(() => {
      if (this.session === session) critical.update(critical.pod);
    });
  }

  /** Why a pod that runs here cannot have what it asks for now. */
  private fits(pod: Pod): Refusal | undefined {
    const { session } = this;
    if (!session) return undefined;
    const others = [...session.workers.values()].filter((w) => w.active && w.pod.metadata.uid !== pod.metadata.uid).map((w) => w.allocatedPod);
    return admitPod(pod, this.currentNode(session), others);
  }

  private onPodGone(pod: Pod): void {
    if (!this.client.open) return;
    this.session?.workers.get(pod.metadata.uid ?? '')?.remove(pod);
  }

  private onNode(node: Node): void {
    if (this.client.open) this.session?.reporter.observe(node);
  }

  /** Catches up with what has happened while nobody looked. */
  private resync(): void {
    const { session } = this;
    if (!session) return;
    const here = new Set<string>();
    for (const pod of this.feed.pods(this.name)) {
      here.add(pod.metadata.uid ?? '');
      this.onPod(pod);
    }
    for (const [uid, worker] of session.workers) if (!here.has(uid)) worker.remove(worker.pod);
  }

  private currentNode(session: Session): Node {
    return this.nodes.get(this.name) ?? session.reporter.current ?? { apiVersion: 'v1', kind: 'Node', metadata: { name: this.name }, spec: {}, status: { allocatable: { ...this.options.config.capacity } } };
  }
}
