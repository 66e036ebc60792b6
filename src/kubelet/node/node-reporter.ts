import { ApiError } from '../../api/errors.js';
import { formatMicroTime } from '../../api/time.js';
import type { Lease } from '../../api/types/coordination-v1.js';
import type { Node, NodeStatus } from '../../api/types/core-v1.js';
import type { Clock, Timer } from '../../base/clock.js';
import { deepClone, deepEqual } from '../../base/freeze.js';
import type { Ids } from '../../base/ids.js';
import type { Logger } from '../../base/logger.js';
import type { EventRecorder } from '../../client/recorder.js';
import { isConflict, isNotFound, type KubeletApi } from '../kubelet-api.js';
import type { ContainerRuntime } from '../runtime.js';
import type { NodeConfig } from './node-config.js';
import { initialNode, NO_PRESSURE, nodeStatus, type NodePressure } from './node-object.js';

export interface NodeReporterOptions {
  readonly config: NodeConfig;
  readonly api: KubeletApi;
  readonly recorder: EventRecorder;
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
}

const LEASE_NAMESPACE = 'kube-node-lease';
/** Renewals in the time that a Lease is good for. */
const LEASE_RENEWALS = 4;
const STATUS_MS = 300_000;
/** A change of the node (an image pulled, say) is reported within this time. */
const CHANGE_MS = 10_000;
const RETRY_MS = 1000;
const ATTEMPTS = 5;

/** Registers the node and keeps its status and Lease: what the control plane knows the node is alive by (KEP-589). */
export class NodeReporter {
  private readonly timers = new Map<string, Timer>();
  private bootId = '';
  private pressure = NO_PRESSURE;
  private lease: Lease | undefined;
  private running = false;
  private node: Node | undefined;

  constructor(private readonly options: NodeReporterOptions) {}

  /** The node as it was last seen or written. */
  get current(): Node | undefined {
    return this.node;
  }

  /** Resolves when the node is registered and has its first Lease. */
  async start(): Promise<void> {
    const { ids, config } = this.options;
    this.running = true;
    this.bootId = ids.uid();
    this.event('Starting', 'Starting kubelet.');
    await this.persist(() => this.register());
    for (const reason of ['NodeHasSufficientMemory', 'NodeHasNoDiskPressure', 'NodeHasSufficientPID']) this.event(reason, `Node ${config.name} status is now: ${reason}`);
    this.event('NodeAllocatableEnforced', 'Updated Node Allocatable limit across pods');
    await this.persist(() => this.renew());
    this.event('NodeReady', `Node ${config.name} status is now: NodeReady`);
    this.every('lease', (config.leaseSeconds * 1000) / LEASE_RENEWALS, () => this.renew());
    this.every('status', STATUS_MS, () => this.report(true));
  }

  stop(): void {
    this.running = false;
    for (const timer of this.timers.values()) timer.cancel();
    this.timers.clear();
  }

  /** Reports at once, e.g. after the API server could not be reached. */
  async heartbeat(): Promise<void> {
    await this.renew();
    await this.report(true);
  }

  observe(node: Node): void {
    if (Number(node.metadata.resourceVersion ?? 0) >= Number(this.node?.metadata.resourceVersion ?? 0)) this.node = node;
  }

  /** Something that the status shows has changed. */
  changed(): void {
    if (!this.running || this.timers.has('change')) return;
    this.timers.set('change', this.options.clock.after(CHANGE_MS, () => {
      this.timers.delete('change');
      this.background(() => this.report(false));
    }));
  }

  get shortages(): NodePressure {
    return this.pressure;
  }

  async setPressure(pressure: Partial<NodePressure>): Promise<void> {
    const before = this.pressure;
    this.pressure = { ...before, ...pressure };
    const tell = (has: boolean, had: boolean, yes: string, no: string): void => {
      if (has !== had) this.event(has ? yes : no, `Node ${this.options.config.name} status is now: ${has ? yes : no}`);
    };
    tell(this.pressure.memory, before.memory, 'NodeHasInsufficientMemory', 'NodeHasSufficientMemory');
    tell(this.pressure.disk, before.disk, 'NodeHasDiskPressure', 'NodeHasNoDiskPressure');
    tell(this.pressure.pid, before.pid, 'NodeHasInsufficientPID', 'NodeHasSufficientPID');
    await this.report(false);
  }

  private async register(): Promise<void> {
    const { api, config } = this.options;
    try {
      this.node = await api.nodes.create(initialNode(config, this.status(undefined)));
      return;
    } catch (error) {
      if (!(error instanceof ApiError) || error.reason !== 'AlreadyExists') throw error;
    }
    const existing = await api.nodes.get(config.name);
    this.node = existing;
    const labels = { ...existing.metadata.labels, ...config.labels };
    if (!deepEqual(labels, existing.metadata.labels)) this.node = await api.nodes.update({ ...deepClone(existing), metadata: { ...deepClone(existing.metadata), labels } });
    await this.report(true);
  }

  /** Writes the status when something has changed, or (with `always`) to show that the node lives. */
  private async report(always: boolean): Promise<void> {
    const { api, config } = this.options;
    for (let i = 0; i < ATTEMPTS; i++) {
      const node = i === 0 && this.node ? this.node : await api.nodes.get(config.name);
      const status = this.status(node.status);
      if (!always && deepEqual(withoutHeartbeat(status), withoutHeartbeat(node.status))) return;
      try {
        this.node = await api.nodes.updateSubresource({ ...node, status }, 'status');
        return;
      } catch (error) {
        if (!isConflict(error)) throw error;
      }
    }
  }

  private async renew(): Promise<void> {
    const { api, config, clock } = this.options;
    const spec = { holderIdentity: config.name, leaseDurationSeconds: config.leaseSeconds, renewTime: formatMicroTime(clock.now()) };
    for (let i = 0; i < ATTEMPTS; i++) {
      try {
        this.lease = this.lease ? await api.leases.update({ ...this.lease, spec: { ...this.lease.spec, ...spec } }) : await this.makeLease(spec);
        return;
      } catch (error) {
        if (!isConflict(error) && !isNotFound(error)) throw error;
        const gone = isNotFound(error);
        if (gone && !this.lease) throw error;
        this.lease = gone ? undefined : await api.leases.get(config.name, LEASE_NAMESPACE);
      }
    }
  }

  private async makeLease(spec: NonNullable<Lease['spec']>): Promise<Lease> {
    const { api, config } = this.options;
    const uid = this.node?.metadata.uid;
    const lease: Lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: config.name, namespace: LEASE_NAMESPACE, ...(uid ? { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: config.name, uid }] } : {}) },
      spec,
    };
    return api.leases.create(lease).catch(async (error: unknown) => {
      if (!isConflict(error)) throw error;
      const existing = await api.leases.get(config.name, LEASE_NAMESPACE);
      return api.leases.update({ ...existing, spec: { ...existing.spec, ...spec } });
    });
  }

  private status(old: NodeStatus | undefined): NodeStatus {
    const { config, runtime, clock } = this.options;
    return nodeStatus(config, runtime, this.bootId, old, this.pressure, clock.now());
  }

  private event(reason: string, message: string): void {
    const { name } = this.options.config;
    // The kubelet names a node's uid in events before it knows it: by its name.
    this.options.recorder.record({ apiVersion: 'v1', kind: 'Node', name, uid: name }, 'Normal', reason, message);
  }

  /** Tries until it works or the node stops: the API server may still be starting. */
  private async persist(work: () => Promise<void>): Promise<void> {
    while (this.running) {
      try {
        return await work();
      } catch (error) {
        this.options.logger.warn({ node: this.options.config.name, error: String(error) }, 'cannot reach the API server');
        await new Promise<void>((resolve) => void this.options.clock.after(RETRY_MS, resolve));
      }
    }
  }

  private every(name: string, ms: number, work: () => Promise<void>): void {
    if (!this.running) return;
    this.timers.set(name, this.options.clock.after(ms, () => {
      this.background(work);
      this.every(name, ms, work);
    }));
  }

  private background(work: () => Promise<void>): void {
    work().catch((error: unknown) => {
      if (this.running) this.options.logger.warn({ node: this.options.config.name, error: String(error) }, 'cannot report the node');
    });
  }
}

function withoutHeartbeat(status: NodeStatus | undefined): unknown {
  return { ...status, conditions: status?.conditions?.map((condition) => ({ ...condition, lastHeartbeatTime: '' })) };
}
