import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { AnyObject, KubeObject } from './api/object.js';
import type { Event } from './api/types/core-v1.js';
import { SYSTEM_MASTERS } from './api/user.js';
import type { SwitchableNode } from './admin/nodes.js';
import type { ClusterClock } from './base/cluster-clock.js';
import type { Client } from './client/types.js';
import type { ClusterParts } from './cluster-parts.js';
import { makeApiClient, type ApiConstructor } from './embed/client-node.js';
import { clusterEvents, type EventFilter } from './embed/events.js';
import type { Referred } from './embed/known-kinds.js';
import { kubectl, type KubectlOptions } from './embed/kubectl.js';
import { request, type RequestOptions } from './embed/request.js';
import { saveSnapshot, type SnapshotSource } from './embed/state.js';
import { until, type ObjectReference, type Predicate, type UntilOptions } from './embed/until.js';
import type { Faults } from './faults/faults.js';
import { apply, type ApplyOptions } from './manifests/apply.js';
import type { StageBook } from './kubelet/stages/stage-book.js';
import type { Manifests } from './manifests/parse.js';
import type { RecordedRequest, RequestFilter } from './recording/journal.js';
import type { Snapshot } from './snapshot/snapshot.js';
import type { VirtualClusters } from './virtual-clusters.js';

const ADMIN = { name: 'kubernetes-admin', groups: [SYSTEM_MASTERS, 'system:authenticated'] };

/** A running cluster, as `createCluster` gives it. Parts are started in order of dependency and stopped in reverse. */
export class Cluster implements AsyncDisposable {
  /** https://HOST:PORT */
  readonly url: string;
  readonly port: number;
  /** A kubeconfig of the cluster's administrator, as YAML. */
  readonly kubeconfig: string;
  /** The residents' door to the API, as administrator: no sockets, no encoding. */
  readonly api: Client;
  /** The cluster's time: freeze it, move it on, set it. */
  readonly clock: ClusterClock;
  /** Rules by which requests go wrong. */
  readonly faults: Faults;
  /** What happens to pods and nodes on demand; can be changed while the cluster runs. */
  readonly stages: StageBook;
  private file: string | undefined;
  private stopped: Promise<void> | undefined;

  /** @internal */
  constructor(
    /** @internal */
    readonly parts: ClusterParts,
  ) {
    this.clock = parts.clock;
    this.faults = parts.faults;
    this.stages = parts.workloads.stages;
    this.url = parts.url;
    this.port = parts.port;
    this.kubeconfig = parts.kubeconfig;
    this.api = parts.api;
  }

  /** Path of a file that holds the kubeconfig and that only its owner can read. Written when first asked for, removed when the cluster stops. */
  kubeconfigFile(): string {
    if (this.stopped) throw new Error('the cluster has stopped');
    if (!this.file) {
      const folder = mkdtempSync(join(tmpdir(), 'kubette-'));
      this.file = join(folder, 'kubeconfig');
      writeFileSync(this.file, this.kubeconfig, { mode: 0o600 });
    }
    return this.file;
  }

  /**
   * A client of `@kubernetes/client-node`, which must be installed, as administrator: `cluster.client(CoreV1Api)`.
   * Throws where the package is not there or cannot be loaded.
   */
  client<T>(api: ApiConstructor<T>): T {
    return makeApiClient(this.kubeconfig, api);
  }

  /**
   * A request to the API without a socket, as administrator unless `user` says otherwise. As `fetch` it resolves with
   * whatever the server answers, also with errors.
   *
   * @example
   * const reply = await cluster.request('/api/v1/namespaces/default/pods', { method: 'POST', body: pod });
   * const { metadata } = await reply.json();
   */
  request(path: string, options: RequestOptions = {}): Promise<Response> {
    return request(this.parts.front, ADMIN, path, options);
  }

  /**
   * Server-side apply of manifests, what others need first: a YAML text (of several documents), objects, lists.
   * Resolves with the objects as stored; rejects with the ApiError of the first that fails.
   */
  apply(manifests: Manifests, options?: ApplyOptions): Promise<AnyObject[]> {
    return apply(this.helpers, manifests, options);
  }

  /**
   * Waits until the predicate is true of an object, called with each of its states (undefined while there is none), or
   * until there is such an object. Resolves with that state; rejects, with the last state in the message, after 10
   * seconds of real time unless `timeout` says otherwise.
   *
   * @example
   * await cluster.until('pod/web', (pod) => pod?.status?.phase === 'Running');
   */
  until<R extends ObjectReference>(reference: R, predicate: Predicate<Referred<R>> = (object) => object !== undefined, options: UntilOptions = {}): Promise<Referred<R>> {
    // Undefined only for those who wait for an object to go, and they do not look.
    return until(this.helpers, reference, predicate as Predicate<KubeObject>, options) as Promise<Referred<R>>;
  }

  /**
   * Resolves when the cluster's own parts (controllers, scheduler, kubelets) have done all that can be done at the
   * present time. What happens later, by a timer, does not count: see `clock`.
   */
  settled(): Promise<void> {
    return this.parts.settled();
  }

  /** Events so far by the time they happened: `await cluster.events({ for: 'pod/web', reason: 'BackOff' })`. */
  async events(filter: EventFilter = {}): Promise<Event[]> {
    await this.settled();
    return clusterEvents(this.api, this.parts.resources, filter);
  }

  /** What the kubectl that is installed prints: `await cluster.kubectl('get pods')`. Rejects with what it complains of. */
  kubectl(args: string | readonly string[], options?: KubectlOptions): Promise<string> {
    return kubectl(this.kubeconfigFile(), args, options);
  }

  /** What clients have asked, in order: `cluster.requests({ verb: 'create', resource: 'pods' })`. The cluster's own parts are no clients. */
  requests(filter: RequestFilter = {}): RecordedRequest[] {
    const { journal } = this.parts;
    if (!journal) throw new Error('this cluster does not record requests: make it with recordRequests');
    return journal.requests(filter);
  }

  /** Forgets what was recorded so far. */
  clearRequests(): void {
    this.parts.journal?.clear();
  }

  /** Everything the cluster holds now. Cheap: objects are shared, not copied. */
  snapshot(): Snapshot {
    return this.parts.state.snapshot();
  }

  /** Writes a snapshot to a file that only its owner can read. */
  async saveSnapshot(path: string): Promise<void> {
    await saveSnapshot(this.snapshot(), path);
  }

  /**
   * Makes the cluster hold what a snapshot (or a file of one) holds. Watchers see DELETED, ADDED and MODIFIED events, and
   * resourceVersions go on. Rejects with SnapshotError, before anything changes, for what is none.
   */
  restore(snapshot: SnapshotSource): Promise<void> {
    return this.parts.state.restore(snapshot);
  }

  /**
   * For the next test: back to a new cluster, or to a snapshot. Faults and recorded requests go too, nodes that were
   * stopped start, and time that stood still runs on from there.
   */
  async reset(to?: SnapshotSource): Promise<void> {
    const { state, faults, journal, clock } = this.parts;
    faults.clear();
    clock.resume();
    await (to === undefined ? state.reset() : state.restore(to));
    journal?.clear();
  }

  /** A node's kubelet, to stop, start or cut off; undefined when there is none of that name. */
  node(name: string): SwitchableNode | undefined {
    return this.parts.workloads.node(name);
  }

  /** Clusters below this one's URL, at `/clusters/NAME`. A virtual cluster has none itself. */
  get clusters(): VirtualClusters {
    const { virtual } = this.parts;
    if (!virtual) throw new Error('a virtual cluster has no clusters of its own');
    return virtual;
  }

  /** Stops everything and frees port, timers and files. Idempotent. */
  stop(): Promise<void> {
    return (this.stopped ??= this.close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  private get helpers(): Pick<ClusterParts, 'resources'> & { client: Client; clock: ClusterParts['real'] } {
    return { client: this.api, resources: this.parts.resources, clock: this.parts.real };
  }

  private async close(): Promise<void> {
    for (const close of this.parts.closers.toReversed()) await close();
    if (this.file) rmSync(dirname(this.file), { recursive: true, force: true });
    this.file = undefined;
  }
}
