import type { NodeStats, PodStats } from '../../api/streams.js';
import type { Clock } from '../../base/clock.js';
import type { PodWorker } from '../pods/pod-worker.js';
import type { ContainerRuntime } from '../runtime.js';
import { annotatedUsage } from './annotated-usage.js';

/** What the system and the kubelet of a node use beside its pods. */
const SYSTEM_NANOCORES = 45_000_000;
const SYSTEM_MEMORY_BYTES = 320 * 2 ** 20;

/** Adds up what a node's pods use (the kubelet's /metrics/resource). Samples nothing by itself: each look is a sample. */
export class NodeStatsSource {
  private spent = 0;
  private sampledAt: number;

  constructor(
    private readonly nodeName: string,
    private readonly clock: Clock,
    private readonly runtime: ContainerRuntime,
    private readonly workers: () => Iterable<PodWorker>,
  ) {
    this.sampledAt = clock.now();
  }

  sample(): NodeStats {
    const time = this.clock.now();
    const pods: PodStats[] = [];
    let cpuNanocores = SYSTEM_NANOCORES;
    let memoryWorkingSetBytes = SYSTEM_MEMORY_BYTES;
    for (const worker of this.workers()) {
      const { uid = '', name, namespace = '' } = worker.pod.metadata;
      const running = worker.runtime.running();
      const containers = running.flatMap(({ id, name: container, startedAt }) => {
        const stats = this.runtime.stats(id);
        if (!stats) return [];
        const said = annotatedUsage(worker.pod, container, running.length);
        const staged = worker.stages.usage(id);
        const cpu = said.cpuNanocores ?? (staged.cpuCores === undefined ? stats.cpuNanocores : Math.round(staged.cpuCores * 1e9));
        const memory = said.memoryWorkingSetBytes ?? staged.memoryBytes ?? stats.memoryWorkingSetBytes;
        const spent = cpu === stats.cpuNanocores ? stats.cpuNanoseconds : Math.round((Math.max(0, time - startedAt) / 1000) * cpu);
        cpuNanocores += cpu;
        memoryWorkingSetBytes += memory;
        return [{ name: container, startedAt, cpuNanoseconds: spent, cpuNanocores: cpu, memoryWorkingSetBytes: memory }];
      });
      if (containers.length > 0) pods.push({ uid, name, namespace, containers });
    }
    // Containers come and go, so the node's CPU time is what it was plus its present use since: it never falls.
    this.spent += (Math.max(0, time - this.sampledAt) / 1000) * cpuNanocores;
    this.sampledAt = time;
    return { nodeName: this.nodeName, time, cpuNanoseconds: Math.round(this.spent), cpuNanocores, memoryWorkingSetBytes, pods };
  }
}
