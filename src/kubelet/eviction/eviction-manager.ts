import { tolerates } from '../../api/tolerations.js';
import type { Pod } from '../../api/types/core-v1.js';
import type { Clock, Timer } from '../../base/clock.js';
import type { NodePressure } from '../node/node-object.js';
import type { Refusal } from '../pods/admission.js';
import { milliValue, podRequests, wholeValue } from '../pods/resources.js';
import { isCriticalPod } from '../pods/pod-helpers.js';
import type { PodWorker } from '../pods/pod-worker.js';
import type { ContainerRuntime } from '../runtime.js';

/** The kubelet's eviction manager looks so often. */
const INTERVAL_MS = 10_000;
const IMMEDIATE_GRACE_SECONDS = 1;

type Kind = keyof NodePressure;

/** What a node is short of, with the default threshold of hard eviction and what a declared shortage stands for. */
const SHORTAGES: Readonly<Record<Kind, { readonly condition: string; readonly resource: string; readonly threshold: string; readonly available: string }>> = {
  memory: { condition: 'MemoryPressure', resource: 'memory', threshold: '100Mi', available: '80Mi' },
  disk: { condition: 'DiskPressure', resource: 'ephemeral-storage', threshold: '10%', available: '8%' },
  pid: { condition: 'PIDPressure', resource: 'pids', threshold: '10%', available: '8%' },
};
const KINDS: readonly Kind[] = ['memory', 'disk', 'pid'];

export interface EvictionOptions {
  readonly clock: Clock;
  readonly runtime: ContainerRuntime;
  readonly workers: () => Iterable<PodWorker>;
}

/**
 * Evicts pods of a node that is short of something, one after the other, those that use more than they asked for first
 * (https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/), and turns new ones away. What the
 * node is short of is declared rather than measured. Nothing runs while it is short of nothing.
 */
export class EvictionManager {
  private pressure: readonly Kind[] = [];
  private timer: Timer | undefined;

  constructor(private readonly options: EvictionOptions) {}

  /** What the node is short of now. */
  set(pressure: NodePressure): void {
    this.pressure = KINDS.filter((kind) => pressure[kind]);
    this.stop();
    if (this.pressure.length > 0) this.look();
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  /** Why a new pod is not taken while the node is short of something. */
  refusal(pod: Pod): Refusal | undefined {
    if (this.pressure.length === 0 || isCriticalPod(pod)) return undefined;
    if (this.pressure.length === 1 && this.pressure[0] === 'memory') {
      if (pod.status?.qosClass !== 'BestEffort') return undefined;
      if (tolerates(pod.spec.tolerations ?? [], { key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule' })) return undefined;
    }
    return { reason: 'Evicted', message: `The node had condition: [${this.pressure.map((kind) => SHORTAGES[kind].condition).join(' ')}]. ` };
  }

  private look(): void {
    const [kind] = this.pressure;
    if (kind === undefined) return;
    this.timer = this.options.clock.after(INTERVAL_MS, () => this.look());
    const { resource, threshold, available } = SHORTAGES[kind];
    const candidates = [...this.options.workers()].filter((worker) => worker.active && !isCriticalPod(worker.pod)).map((worker) => ({ worker, ...this.consumption(worker, resource) }));
    const [first] = candidates.sort((a, b) => Number(b.over > 0) - Number(a.over > 0) || (a.worker.pod.spec.priority ?? 0) - (b.worker.pod.spec.priority ?? 0) || b.over - a.over);
    if (!first) return;
    first.worker.evict({ reason: 'Evicted', message: `The node was low on resource: ${resource}. Threshold quantity: ${threshold}, available: ${available}. ${first.text}`, graceSeconds: IMMEDIATE_GRACE_SECONDS });
  }

  /** How much more than it asked for a pod uses, and which of its containers do. */
  private consumption(worker: PodWorker, resource: string): { readonly over: number; readonly text: string } {
    if (resource !== 'memory') return { over: 0, text: '' };
    let used = 0;
    let text = '';
    for (const { id, name } of worker.runtime.running()) {
      const stats = this.options.runtime.stats(id);
      const bytes = worker.stages.usage(id).memoryBytes ?? stats?.memoryWorkingSetBytes ?? 0;
      used += bytes;
      const container = [...worker.pod.spec.containers, ...(worker.pod.spec.initContainers ?? [])].find((c) => c.name === name);
      const request = container?.resources?.requests?.['memory'] ?? '0';
      if (container && BigInt(Math.round(bytes)) > wholeValue(request)) text += `Container ${name} was using ${binaryQuantity(bytes)}, request is ${request}, has larger consumption of memory. `;
    }
    return { over: used - Number(milliValue(podRequests(worker.pod)['memory']) / 1000n), text };
  }
}

/** Bytes as Go prints a quantity of the binary kind. */
function binaryQuantity(bytes: number): string {
  let value = Math.round(bytes / 4096) * 4096;
  let unit = 0;
  for (; value > 0 && value % 1024 === 0 && unit < 4; unit++) value /= 1024;
  return `${value}${['', 'Ki', 'Mi', 'Gi', 'Ti'][unit]}`;
}
