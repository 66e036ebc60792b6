import type { Clock } from '../../../base/clock.js';
import type { ResourceUsage } from './program.js';

const NANO = 1e9;

/** What a container uses: its idle share, or what its processes say. Costs nothing between two looks. */
export class UsageMeter {
  private readonly said = new Map<object, ResourceUsage>();
  private spent = 0;

  constructor(
    private readonly clock: Clock,
    /** Of a container whose processes say nothing. */
    private readonly idle: ResourceUsage,
    /** When the container started, in milliseconds since the epoch. */
    private since: number,
    private cpuLimitCores = Number.POSITIVE_INFINITY,
  ) {}

  /** The kernel gives no more CPU time than this. */
  limitCpu(cores: number | undefined): void {
    this.settle();
    this.cpuLimitCores = cores ?? Number.POSITIVE_INFINITY;
  }

  /** A process says what it uses from now on. */
  set(process: object, usage: Partial<ResourceUsage>): void {
    this.settle();
    this.said.set(process, { ...(this.said.get(process) ?? this.idle), ...usage });
  }

  /** A process has ended. */
  remove(process: object): void {
    if (!this.said.has(process)) return;
    this.settle();
    this.said.delete(process);
  }

  get current(): ResourceUsage {
    if (this.said.size === 0) return this.idle;
    let [cpuCores, memoryBytes] = [0, 0];
    for (const usage of this.said.values()) {
      cpuCores += usage.cpuCores;
      memoryBytes += usage.memoryBytes;
    }
    return { cpuCores: Math.min(cpuCores, this.cpuLimitCores), memoryBytes };
  }

  /** CPU time since the start, in nanoseconds. */
  get cpuNanoseconds(): number {
    this.settle();
    return Math.round(this.spent);
  }

  private settle(): void {
    const now = this.clock.now();
    this.spent += (Math.max(0, now - this.since) / 1000) * this.current.cpuCores * NANO;
    this.since = now;
  }
}
