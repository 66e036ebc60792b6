import type { Clock } from '../../../../base/clock.js';
import type { FileSystem } from '../file-system.js';
import type { ProcessNamespace, SimulatedProcess } from '../processes.js';
import { MemoryFileSystem } from './memory-file-system.js';

export const KERNEL_RELEASE = '6.8.0-kubette';

export interface ProcOptions {
  readonly pids: ProcessNamespace;
  readonly clock: Clock;
  /** Milliseconds since the epoch at which the node booted. */
  readonly bootedAt: number;
  readonly cpus: number;
  readonly memoryBytes: number;
  /** Lines of /proc/mounts. */
  readonly mounts: () => string;
}

/** A picture of /proc as it is now. */
export function procFiles(options: ProcOptions): FileSystem {
  const fs = new MemoryFileSystem(options.clock);
  const { clock, cpus, memoryBytes } = options;
  const live = (path: string, content: () => string): void => fs.writeLive(path, content);
  live('/uptime', () => { const up = (clock.now() - options.bootedAt) / 1000; return `${up.toFixed(2)} ${(up * cpus * 0.9).toFixed(2)}\n`; });
  live('/loadavg', () => `0.12 0.10 0.09 1/${options.pids.list().length} ${options.pids.list().at(-1)?.pid ?? 1}\n`);
  live('/version', () => `Linux version ${KERNEL_RELEASE} (kubette@node) #1 SMP PREEMPT_DYNAMIC\n`);
  live('/mounts', options.mounts);
  live('/meminfo', () => memory(memoryBytes));
  live('/cpuinfo', () => Array.from({ length: cpus }, (_, i) => `processor\t: ${i}\nmodel name\t: kubette virtual CPU\ncpu MHz\t\t: 2000.000\ncpu cores\t: ${cpus}\n\n`).join(''));
  live('/stat', () => `cpu  1000 0 500 90000 0 0 0 0 0 0\nbtime ${Math.floor(options.bootedAt / 1000)}\nprocesses ${options.pids.list().length}\n`);
  for (const process of options.pids.list()) processFiles(fs, process, options);
  return fs;
}

const STATES = { running: 'S (sleeping)', stopped: 'T (stopped)', zombie: 'Z (zombie)' } as const;

function processFiles(fs: MemoryFileSystem, process: SimulatedProcess, options: ProcOptions): void {
  const folder = `/${process.pid}`;
  const name = commandName(process);
  fs.makeDirectory(folder, false, 0o555);
  fs.writeLive(`${folder}/cmdline`, () => (process.state === 'zombie' ? '' : process.argv.map((arg) => `${arg}\0`).join('')));
  fs.writeLive(`${folder}/comm`, () => `${name}\n`);
  fs.writeLive(`${folder}/mounts`, options.mounts);
  const state = STATES[process.state];
  fs.writeLive(`${folder}/status`, () => `Name:\t${name}\nState:\t${state}\nTgid:\t${process.pid}\nPid:\t${process.pid}\nPPid:\t${process.parent}\nThreads:\t1\n`);
  const started = Math.round((process.startedAt - options.bootedAt) / 10);
  fs.writeLive(`${folder}/stat`, () => `${process.pid} (${name}) ${state[0]} ${process.parent} ${process.pid} ${process.pid} 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 ${started} 4460544 256\n`);
  fs.writeLive(`${folder}/cgroup`, () => '0::/\n');
}

/** The short name of a process, as in /proc/PID/comm. */
export function commandName(process: SimulatedProcess): string {
  return (process.argv[0] ?? '').replace(/^.*\//, '').replace(/^-/, '').slice(0, 15);
}

function memory(bytes: number): string {
  const kib = Math.floor(bytes / 1024);
  const line = (name: string, value: number): string => `${`${name}:`.padEnd(16)}${String(Math.floor(value)).padStart(8)} kB\n`;
  return line('MemTotal', kib) + line('MemFree', kib * 0.5) + line('MemAvailable', kib * 0.7) + line('Buffers', kib * 0.05) + line('Cached', kib * 0.2)
    + line('SwapTotal', 0) + line('SwapFree', 0);
}
