import type { ContainerConfig } from '../../runtime.js';
import type { ResourceUsage } from './program.js';

const PAGE = 4096;

/**
 * What a container uses whose processes say nothing: a millicore and a few megabytes, or a part of what it requests if
 * that is more (6 to 14 % of the CPU, 30 to 50 % of the memory), never more than most of its limit. Always the same for
 * a container, and different from one to the next. Pure; `id` is the container's, in hexadecimal.
 */
export function idleUsage(id: string, { requests = { cpuCores: 0, memoryBytes: 0 }, memoryLimitBytes = Number.POSITIVE_INFINITY }: Pick<ContainerConfig, 'requests' | 'memoryLimitBytes'>): ResourceUsage {
  const spread = Number.parseInt(id.slice(0, 4), 16) / 0xffff;
  const cpuCores = Math.max(0.0004 + spread * 0.0012, requests.cpuCores * (0.06 + spread * 0.08));
  const memory = Math.max((1 + spread * 7) * 2 ** 20, requests.memoryBytes * (0.3 + spread * 0.2));
  return { cpuCores, memoryBytes: Math.floor(Math.min(memory, memoryLimitBytes * 0.8) / PAGE) * PAGE };
}
