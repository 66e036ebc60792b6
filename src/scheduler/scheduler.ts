import { ApiError } from '../api/errors.js';
import type { Binding, Node, Pod, PodCondition } from '../api/types/core-v1.js';
import { formatTime } from '../api/time.js';
import type { Clock } from '../base/clock.js';
import { deepEqual } from '../base/freeze.js';
import type { Ids } from '../base/ids.js';
import type { Logger } from '../base/logger.js';
import type { EventRecorder } from '../client/recorder.js';
import type { Informer } from '../client/informer.js';
import type { Informers } from '../client/informers.js';
import type { Client, ResourceClient } from '../client/types.js';
import { findNode } from './cycle.js';
import { fitErrorText, preemptionText } from './fit-error.js';
import type { SchedulerPlugin } from './framework.js';
import { SchedulingQueue } from './queue.js';
import { Snapshot } from './snapshot.js';

export interface SchedulerOptions {
  /** Pods with this schedulerName are ours. */
  readonly name: string;
  readonly client: Client;
  readonly informers: Informers;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly plugins: readonly SchedulerPlugin[];
}

/** Bindings that are on their way at once. */
const MAX_BINDING = 64;

/** Gives pods their nodes (kube-scheduler). Pods are placed one after the other; their bindings are written side by side. */
export class Scheduler {
  private readonly snapshot = new Snapshot();
  private readonly queue: SchedulingQueue;
  private readonly pods: ResourceClient<Pod>;
  private readonly podInformer: Informer<Pod>;
  private readonly binding = new Set<Promise<void>>();
  /** Pods that were given a node and wait for the informer to say so. */
  private readonly assumed = new Set<string>();
  private running: Promise<void> | undefined;
  private stopped = false;

  constructor(private readonly options: SchedulerOptions) {
    this.queue = new SchedulingQueue(options.clock, () => this.wake());
    this.pods = options.client.resource<Pod>({ group: '', version: 'v1', resource: 'pods' });
    this.podInformer = options.informers.for<Pod>({ group: '', version: 'v1', resource: 'pods' });
    this.podInformer.addHandler({ onAdd: (pod) => this.onPod(pod), onUpdate: (pod, old) => this.onPod(pod, old), onDelete: (pod) => this.onPodGone(pod) });
    options.informers.for<Node>({ group: '', version: 'v1', resource: 'nodes' }).addHandler({
      onAdd: (node) => this.onNode(node),
      onUpdate: (node, old) => this.onNode(node, old),
      onDelete: (node) => this.snapshot.deleteNode(node.metadata.name),
    });
  }

  /** Takes no more pods; resolves once the bindings under way are done. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.queue.clear();
    await this.running;
    await Promise.all(this.binding);
  }

  private onPod(pod: Pod, old?: Pod): void {
    const uid = pod.metadata.uid ?? '';
    if (isFinished(pod)) return this.onPodGone(pod);
    if (pod.spec.nodeName) {
      this.queue.delete(pod);
      this.assumed.delete(uid);
      this.snapshot.setPod(pod, pod.spec.nodeName);
      return;
    }
    if (pod.spec.schedulerName !== this.options.name || pod.metadata.deletionTimestamp || this.assumed.has(uid)) return;
    if (pod.spec.schedulingGates?.length) {
      void this.sayGated(pod);
      return;
    }
    if (!old) this.queue.add(pod);
    else this.queue.update(pod, !deepEqual(pod.spec, old.spec) || !deepEqual(pod.metadata.labels, old.metadata.labels));
  }

  private onPodGone(pod: Pod): void {
    this.queue.delete(pod);
    this.assumed.delete(pod.metadata.uid ?? '');
    this.snapshot.deletePod(pod);
    if (pod.spec.nodeName) this.queue.moveAll();
  }

  private onNode(node: Node, old?: Node): void {
    this.snapshot.setNode(node);
    // Heartbeats change nothing that a pod could wait for.
    const helps = !old || !deepEqual(node.spec, old.spec) || !deepEqual(node.metadata.labels, old.metadata.labels) || !deepEqual(node.status?.allocatable, old.status?.allocatable);
    if (helps) this.queue.moveAll();
  }

  private wake(): void {
    if (this.running || this.stopped) return;
    // After the handlers of this turn: pods that arrive together are placed in order of priority.
    this.running = Promise.resolve().then(() => this.drain());
  }

  private async drain(): Promise<void> {
    try {
      for (let next = this.queue.next(); next && !this.stopped; next = this.queue.next()) {
        await this.schedule(next.pod, next.attempts, next.order);
        while (this.binding.size >= MAX_BINDING) await Promise.race(this.binding);
      }
    } finally {
      this.running = undefined;
    }
  }

  private async schedule(pod: Pod, attempts: number, order: number): Promise<void> {
    const { plugins, ids, events } = this.options;
    const result = findNode(pod, this.snapshot, plugins, ids);
    if ('node' in result) {
      this.assumed.add(pod.metadata.uid ?? '');
      this.snapshot.setPod(pod, result.node);
      const task = this.bind(pod, result.node, attempts, order).finally(() => this.binding.delete(task));
      this.binding.add(task);
      return;
    }
    this.queue.fail(pod, attempts, order);
    const never = pod.spec.preemptionPolicy === 'Never' ? 'preemption: not eligible due to preemptionPolicy=Never.' : preemptionText(result.failures, result.nodes);
    const message = fitErrorText(result.failures, result.nodes, never);
    events.record(pod, 'Warning', 'FailedScheduling', message, { action: 'Scheduling' });
    await this.setCondition(pod, { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message });
  }

  private async bind(pod: Pod, node: string, attempts: number, order: number): Promise<void> {
    const { name, namespace, uid } = pod.metadata;
    const binding: Binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace, uid }, target: { kind: 'Node', name: node } };
    try {
      await this.pods.post({ name, namespace, subresource: 'binding' }, binding);
      this.options.events.record(pod, 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${node}`, { action: 'Binding' });
    } catch (error) {
      this.assumed.delete(uid ?? '');
      this.snapshot.deletePod(pod);
      if (error instanceof ApiError && (error.code === 404 || error.code === 409)) return;
      this.options.logger.warn({ err: error, pod: `${namespace}/${name}` }, 'binding failed');
      this.queue.fail(pod, attempts, order);
    }
  }

  private async sayGated(pod: Pod): Promise<void> {
    await this.setCondition(pod, { type: 'PodScheduled', status: 'False', reason: 'SchedulingGated', message: 'Scheduling is blocked due to non-empty scheduling gates' });
  }

  private async setCondition(pod: Pod, condition: PodCondition): Promise<void> {
    const { name, namespace } = pod.metadata;
    const present = pod.status?.conditions?.find(({ type }) => type === condition.type);
    if (present?.status === condition.status && present.reason === condition.reason && present.message === condition.message) return;
    const lastTransitionTime = present?.status === condition.status && present.lastTransitionTime ? present.lastTransitionTime : formatTime(this.options.clock.now());
    const body = { status: { conditions: [{ ...condition, lastProbeTime: null, lastTransitionTime, observedGeneration: pod.metadata.generation }] } };
    try {
      await this.pods.patch({ name, namespace, subresource: 'status' }, { type: 'strategic', body });
    } catch (error) {
      if (!(error instanceof ApiError && (error.code === 404 || error.code === 409))) this.options.logger.warn({ err: error }, 'cannot write PodScheduled');
    }
  }
}

function isFinished(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}
