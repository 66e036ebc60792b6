import { ApiError } from '../api/errors.js';
import type { Binding, Node, PersistentVolume, PersistentVolumeClaim, Pod } from '../api/types/core-v1.js';
import type { CSINode, StorageClass, VolumeAttachment } from '../api/types/storage-v1.js';
import type { Clock } from '../base/clock.js';
import type { Ids } from '../base/ids.js';
import type { Logger } from '../base/logger.js';
import type { EventRecorder } from '../client/recorder.js';
import type { Informer } from '../client/informer.js';
import type { Informers } from '../client/informers.js';
import type { Client, ResourceClient } from '../client/types.js';
import { matters, nodeChanges, podChanges } from './cluster-changes.js';
import { type CycleResult, findNode, type NoFit, type World } from './cycle.js';
import { type DeviceState, deviceState } from './devices/device-state.js';
import { evictVictims } from './evict-victims.js';
import { fitErrorText } from './fit-error.js';
import { postFilter } from './post-filter.js';
import { type Change, PluginError, type Reservation, type SchedulerPlugin } from './framework.js';
import { type Listers, listersOf } from './listers.js';
import { Nominator } from './nominator.js';
import type { DefaultPreemptionArgs } from './plugin-args.js';
import { planPreemption } from './preemption.js';
import { SchedulingQueue, type Waiting } from './queue.js';
import { Snapshot } from './snapshot.js';
import { StatusWriter } from './status-writer.js';
import { VolumeAssumptions } from './volume-assumptions.js';

/** What plugins are made with. */
export interface PluginEnvironment {
  readonly client: Client;
  readonly clock: Clock;
  readonly listers: Listers;
  readonly assumptions: VolumeAssumptions;
  readonly storageClasses: Informer<StorageClass>;
  readonly devices: DeviceState;
  readonly ids: Ids;
  /** Of the profile that the plugins are for. */
  readonly events: EventRecorder;
}

export interface SchedulerProfile {
  /** Pods with this schedulerName are of this profile. */
  readonly name: string;
  readonly events: EventRecorder;
  readonly percentageOfNodesToScore?: number | undefined;
  readonly preemption?: DefaultPreemptionArgs | undefined;
  plugins(environment: PluginEnvironment): readonly SchedulerPlugin[];
}

export interface SchedulerOptions {
  readonly profiles: readonly SchedulerProfile[];
  readonly client: Client;
  readonly informers: Informers;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
}

interface Profile {
  readonly events: EventRecorder;
  readonly percentage: number | undefined;
  readonly preemption: DefaultPreemptionArgs | undefined;
  readonly plugins: readonly SchedulerPlugin[];
}

/** Bindings that are on their way at once. */
const MAX_BINDING = 64;
/** Pods placed before others in this process get a turn. */
const BREATH = 50;

/** Gives pods their nodes (kube-scheduler). Pods are placed one after the other; their bindings are written side by side. */
export class Scheduler {
  private readonly snapshot = new Snapshot();
  private readonly nominator = new Nominator();
  private readonly queue: SchedulingQueue;
  private readonly pods: ResourceClient<Pod>;
  private readonly podInformer: Informer<Pod>;
  private readonly status: StatusWriter;
  private readonly listers: Listers;
  private readonly profiles: ReadonlyMap<string, Profile>;
  private readonly plugins = new Map<string, Pick<SchedulerPlugin, 'helpedBy' | 'helps'>>();
  private readonly tasks = new Set<Promise<void>>();
  /** Pods that were given a node and wait for the informer to say so. */
  private readonly assumed = new Set<string>();
  /** Pods whose victims are just being evicted: to try again before that is done would find nothing new. */
  private readonly preempting = new Set<string>();
  private readonly stopping = new AbortController();
  private binding = 0;
  private start = 0;
  private running: Promise<void> | undefined;

  constructor(private readonly options: SchedulerOptions) {
    const { client, informers, clock, profiles } = options;
    this.queue = new SchedulingQueue(clock, () => this.wake());
    this.pods = client.resource<Pod>({ group: '', version: 'v1', resource: 'pods' });
    this.status = new StatusWriter(this.pods, clock, options.logger);
    this.listers = listersOf(informers);
    const environment = { ...this.watchVolumes(), devices: deviceState(informers, (change) => this.moved(change)), ids: options.ids };
    this.profiles = new Map(profiles.map((profile) => [profile.name, { events: profile.events, percentage: profile.percentageOfNodesToScore, preemption: profile.preemption, plugins: profile.plugins({ ...environment, events: profile.events }) }]));
    for (const { plugins } of this.profiles.values()) for (const plugin of plugins) this.plugins.set(plugin.name, plugin);
    informers.for<Node>({ group: '', version: 'v1', resource: 'nodes' }).addHandler({
      onAdd: (node) => this.onNode(node),
      onUpdate: (node, old) => this.onNode(node, old),
      onDelete: ({ metadata }) => {
        this.snapshot.deleteNode(metadata.name);
        this.moved({ event: 'node-gone' });
      },
    });
    this.podInformer = informers.for<Pod>({ group: '', version: 'v1', resource: 'pods' });
    this.podInformer.addHandler({
      onAdd: (pod) => this.onPod(pod),
      onUpdate: (pod, old) => this.onPod(pod, old),
      onDelete: (pod) => this.onPodGone(pod),
    });
  }

  /** Takes no more pods; resolves once what is under way is done. */
  async stop(): Promise<void> {
    this.stopping.abort(new Error('the scheduler stops'));
    this.queue.clear();
    await this.running;
    await Promise.all(this.tasks);
  }

  private watchVolumes(): Omit<PluginEnvironment, 'devices' | 'ids' | 'events'> {
    const { informers, client, clock } = this.options;
    const volumes = informers.for<PersistentVolume>({ group: '', version: 'v1', resource: 'persistentvolumes' });
    const claims = informers.for<PersistentVolumeClaim>({ group: '', version: 'v1', resource: 'persistentvolumeclaims' });
    const storageClasses = informers.for<StorageClass>({ group: 'storage.k8s.io', version: 'v1', resource: 'storageclasses' });
    const assumptions = new VolumeAssumptions(volumes, claims);
    const moved = (): void => this.moved({ event: 'volumes' });
    for (const informer of [volumes, claims, storageClasses]) informer.addHandler({ onAdd: moved, onUpdate: moved });
    const limitsMoved = (): void => this.moved({ event: 'csi-nodes' });
    informers.for<CSINode>({ group: 'storage.k8s.io', version: 'v1', resource: 'csinodes' }).addHandler({ onAdd: limitsMoved, onUpdate: limitsMoved });
    informers.for<VolumeAttachment>({ group: 'storage.k8s.io', version: 'v1', resource: 'volumeattachments' }).addHandler({ onDelete: limitsMoved });
    return { client, clock, listers: this.listers, assumptions, storageClasses };
  }

  private onPod(pod: Pod, old?: Pod): void {
    const uid = pod.metadata.uid ?? '';
    if (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') return this.onPodGone(pod);
    if (pod.spec.nodeName) return this.onPlaced(pod, old);
    if (pod.metadata.deletionTimestamp || !this.profiles.has(pod.spec.schedulerName ?? '') || this.assumed.has(uid)) {
      if (pod.metadata.deletionTimestamp) this.forget(pod);
      return;
    }
    if (pod.status?.nominatedNodeName) this.nominator.set(pod, pod.status.nominatedNodeName);
    if (pod.spec.schedulingGates?.length) {
      this.task(this.status.write(pod, { type: 'PodScheduled', status: 'False', reason: 'SchedulingGated', message: 'Scheduling is blocked due to non-empty scheduling gates' }));
      return;
    }
    if (!old) this.queue.add(pod);
    else {
      const wasGated = Boolean(old.spec.schedulingGates?.length);
      const changes = wasGated ? [] : podChanges(pod, old).map((event) => ({ event, pod, oldPod: old }));
      this.queue.update(pod, (plugin) => wasGated || changes.some((change) => this.helps(plugin, pod, change)));
    }
  }

  private onPlaced(pod: Pod, old: Pod | undefined): void {
    const uid = pod.metadata.uid ?? '';
    this.forget(pod);
    this.assumed.delete(uid);
    // What the kubelet reports of a pod is nothing that the scheduler counts.
    if (old?.spec.nodeName && !matters(pod, old)) return this.snapshot.refreshPod(pod);
    this.snapshot.setPod(pod, pod.spec.nodeName ?? '');
    if (!old?.spec.nodeName) this.moved({ event: 'pod-placed', pod });
    else for (const event of podChanges(pod, old)) this.moved({ event, pod, oldPod: old });
  }

  private onPodGone(pod: Pod): void {
    this.forget(pod);
    this.assumed.delete(pod.metadata.uid ?? '');
    this.snapshot.deletePod(pod);
    if (pod.spec.nodeName || pod.status?.nominatedNodeName) this.moved({ event: 'pod-gone', pod });
  }

  private forget(pod: Pod): void {
    this.queue.delete(pod);
    this.nominator.delete(pod);
  }

  private onNode(node: Node, old?: Node): void {
    this.snapshot.setNode(node);
    if (!old) this.moved({ event: 'node-added', node });
    else for (const event of nodeChanges(node, old)) this.moved({ event, node, oldNode: old });
  }

  private moved(change: Change): void {
    this.queue.move((plugin, pod) => this.helps(plugin, pod, change));
  }

  private helps(name: string, pod: Pod, change: Change): boolean {
    const plugin = this.plugins.get(name);
    if (!plugin) return true;
    if (change.event !== 'node-added' && !plugin.helpedBy.includes(change.event)) return false;
    return plugin.helps?.(pod, change) ?? true;
  }

  private wake(): void {
    if (this.running || this.stopping.signal.aborted) return;
    // After the handlers of this turn: pods that arrive together are placed in order of priority.
    this.running = Promise.resolve().then(() => this.drain());
  }

  private async drain(): Promise<void> {
    try {
      let placed = 0;
      for (let next = this.queue.next(); next && !this.stopping.signal.aborted; next = this.queue.next()) {
        const profile = this.profiles.get(next.pod.spec.schedulerName ?? '');
        if (!profile) continue;
        const loading = profile.plugins.flatMap((plugin) => plugin.prepare?.(next.pod) ?? []);
        if (loading.length === 0) this.schedule(next, profile);
        else {
          await Promise.all(loading);
          const now = this.asItIs(next.pod);
          if (now) this.queue.add(now);
        }
        while (this.binding >= MAX_BINDING) await Promise.race(this.tasks);
        if (++placed % BREATH === 0) await new Promise<void>((resolve) => setImmediate(resolve));
      }
    } finally {
      this.running = undefined;
    }
  }

  private schedule(waiting: Waiting, profile: Profile): void {
    const { pod } = waiting;
    const uid = pod.metadata.uid ?? '';
    if (this.preempting.has(uid)) return this.queue.fail(waiting, new Set(['DefaultPreemption']));
    const notYet = profile.plugins.find((plugin) => plugin.preEnqueue?.(pod) === false);
    if (notYet) return this.queue.fail(waiting, new Set([notYet.name]));
    const world: World = { snapshot: this.snapshot, plugins: profile.plugins, nominator: this.nominator, ids: this.options.ids, start: this.start, percentage: profile.percentage, preemption: profile.preemption };
    this.start = this.snapshot.size === 0 ? 0 : (this.start + 1) % this.snapshot.size;
    let result: CycleResult;
    try {
      result = findNode(pod, world);
    } catch (error) {
      if (!(error instanceof PluginError)) throw error;
      return this.task(this.failedByError(waiting, error.message, profile));
    }
    if (!('node' in result)) return this.failed(waiting, result, world, profile);
    this.assumed.add(uid);
    this.snapshot.setPod(pod, result.node);
    const node = this.snapshot.node(result.node)?.node;
    const reservations = node ? profile.plugins.flatMap((plugin) => plugin.reserve?.(pod, node) ?? []) : [];
    // Binding may wait for volumes for minutes: it takes no place of those that do not.
    if (reservations.length === 0) this.binding++;
    this.task(
      this.bind(waiting, result.node, reservations, profile).finally(() => {
        if (reservations.length === 0) this.binding--;
      }),
    );
  }

  private failed(waiting: Waiting, fit: NoFit, world: World, { events }: Profile): void {
    const { pod } = waiting;
    const preemption = fit.nodes === 0 ? { why: '', eligible: true } : planPreemption(pod, fit, world, this.listers.disruptionBudgets.list());
    const after = 'why' in preemption && fit.nodes > 0 ? postFilter(pod, fit, world) : undefined;
    const message = fitErrorText(fit, 'why' in preemption ? (after?.instead ?? [after?.message, preemption.why].filter(Boolean).join(', ')) : '');
    if (after?.act) this.task(after.act());
    // No plugin knows what would help where there was no node to ask about.
    if (fit.nodes === 0) this.queue.failByError(waiting);
    else this.queue.fail(waiting, fit.plugins);
    events.record(pod, 'Warning', 'FailedScheduling', message, { action: 'Scheduling' });
    const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message };
    if (!('candidate' in preemption)) {
      if (preemption.eligible) this.nominator.delete(pod);
      return this.task(this.status.write(pod, condition, preemption.eligible ? '' : undefined));
    }
    const { candidate } = preemption;
    const lesser = this.nominator.lesser(candidate.node, pod);
    this.nominator.set(pod, candidate.node);
    const uid = pod.metadata.uid ?? '';
    this.preempting.add(uid);
    const task = async (): Promise<void> => {
      try {
        await this.status.write(pod, condition, candidate.node);
        for (const other of lesser) {
          this.nominator.delete(other);
          await this.status.nominate(other, undefined);
        }
        await evictVictims(pod, candidate, { pods: this.pods, status: this.status, events }, () => this.preempting.delete(uid));
      } catch (error) {
        this.options.logger.warn({ err: error, pod: uid }, 'preemption failed');
        this.queue.add(pod);
      } finally {
        this.preempting.delete(uid);
      }
    };
    this.task(task());
  }

  private async bind(waiting: Waiting, node: string, reservations: readonly Reservation[], profile: Profile): Promise<void> {
    const { pod } = waiting;
    const { name, namespace, uid } = pod.metadata;
    const binding: Binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace, uid }, target: { kind: 'Node', name: node } };
    let plugin: string | undefined;
    try {
      // Others learn early where a pod is to go whose binding may take long (KEP-5278).
      if (reservations.length > 0) await this.status.nominate(pod, node);
      for (const reservation of reservations) {
        plugin = reservation.plugin;
        await reservation.preBind(this.stopping.signal);
      }
      plugin = undefined;
      await this.pods.post({ name, namespace, subresource: 'binding' }, binding);
      profile.events.record(pod, 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${node}`, { action: 'Binding' });
    } catch (error) {
      if (this.stopping.signal.aborted) return;
      for (const reservation of reservations) await reservation.undo();
      if (!this.assumed.delete(uid ?? '')) return;
      this.snapshot.deletePod(pod);
      this.moved({ event: 'pod-gone', pod });
      if (error instanceof ApiError && error.code === 404) return;
      this.options.logger.warn({ err: error, pod: `${namespace}/${name}` }, 'binding failed');
      await this.failedByError(waiting, `running ${plugin === undefined ? 'Bind plugin "DefaultBinder"' : `PreBind plugin "${plugin}"`}: ${(error as Error).message}`, profile, reservations.length > 0 ? node : undefined);
    }
  }

  /** What has become of a pod that was out of the queue for a while; undefined where it needs no node any more. */
  private asItIs({ metadata }: Pod): Pod | undefined {
    const now = this.podInformer.get(metadata.name, metadata.namespace);
    return now?.metadata.uid === metadata.uid && !now?.metadata.deletionTimestamp && !now?.spec.nodeName ? now : undefined;
  }

  /** The pod is tried again after a while, whatever happens in between. `nominated` is a node that was written in its status. */
  private async failedByError(waiting: Waiting, message: string, { events }: Profile, nominated?: string): Promise<void> {
    const pod = this.asItIs(waiting.pod);
    if (!pod) return;
    events.record(pod, 'Warning', 'FailedScheduling', message, { action: 'Scheduling' });
    this.queue.failByError({ ...waiting, pod });
    this.nominator.delete(pod);
    await this.status.write(nominated === undefined ? pod : { ...pod, status: { ...pod.status, nominatedNodeName: nominated } }, { type: 'PodScheduled', status: 'False', reason: 'SchedulerError', message }, '');
  }

  /** Remembers work that `stop` waits for. */
  private task(work: Promise<void>): void {
    const task: Promise<void> = work
      .catch((error: unknown) => this.options.logger.warn({ err: error }, 'scheduling task failed'))
      .finally(() => this.tasks.delete(task));
    this.tasks.add(task);
  }
}
