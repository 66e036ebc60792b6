import type { ContainerStats } from '../../runtime.js';
import { processTree, processUsage } from './process-tree.js';

interface Sample {
  readonly at: number;
  readonly cpuNanoseconds: number;
}

/** What a container's processes use, read from /proc when somebody asks. */
export class StatsReader {
  private last: Sample | undefined;

  constructor(public memoryLimitBytes: number | undefined) {}

  /** `now` in milliseconds of the host's time. */
  read(pid: number, now: number): ContainerStats {
    let cpuNanoseconds = 0;
    let memory = 0;
    for (const member of processTree(pid)) {
      const usage = processUsage(member);
      cpuNanoseconds += usage?.cpuNanoseconds ?? 0;
      memory += usage?.memoryBytes ?? 0;
    }
    const { last } = this;
    const elapsedMs = last ? now - last.at : 0;
    const cpuNanocores = last && elapsedMs > 0 ? Math.max(0, Math.round((cpuNanoseconds - last.cpuNanoseconds) / (elapsedMs / 1000))) : 0;
    if (!last || elapsedMs >= 1000) this.last = { at: now, cpuNanoseconds };
    return { cpuNanoseconds, cpuNanocores, memoryWorkingSetBytes: memory, memoryLimitBytes: this.memoryLimitBytes };
  }
}
