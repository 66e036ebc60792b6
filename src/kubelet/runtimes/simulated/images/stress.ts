import { Quantity } from '../../../../api/quantity.js';
import type { ImageProgram, ProgramProcess } from '../program.js';
import { goFlags, klog } from './go-log.js';
import { untilStopped } from './idle.js';

/** What a worker of stress uses beside its memory. */
const BASE_BYTES = 2 ** 20;
const UNITS: Readonly<Record<string, number>> = { '': 1, B: 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/** polinux/stress (stress(1)), of the documentation's pages about memory: uses what its flags say. */
export function stressProgram(): ImageProgram {
  return { commands: ['stress'], config: { entrypoint: ['/usr/local/bin/stress'] }, run: stress };
}

async function stress(process: ProgramProcess): Promise<number> {
  const { flags } = goFlags(process.argv.slice(1).map((arg) => arg.replace(/^-([cmitd])$/, (_all, letter: string) => ({ c: '--cpu', m: '--vm', i: '--io', t: '--timeout', d: '--hdd' })[letter] ?? arg)), ['verbose', 'vm-keep', 'quiet']);
  const count = (name: string): number => Number(flags.get(name) ?? '0');
  const [, size = '256', unit = 'M'] = /^(\d+)([BKMG]?)/i.exec(flags.get('vm-bytes') ?? '256M') ?? [];
  const bytes = count('vm') * Number(size) * (UNITS[unit.toUpperCase()] ?? 1);
  process.stdout.write(`stress: info: [${process.process.pid}] dispatching hogs: ${count('cpu')} cpu, ${count('io')} io, ${count('vm')} vm, ${count('hdd')} hdd\n`);
  const hanging = flags.has('vm-hang');
  process.use({ cpuCores: count('cpu') + (hanging ? 0.01 : count('vm')), memoryBytes: BASE_BYTES + bytes });
  const seconds = Number((flags.get('timeout') ?? '0').replace(/s$/, ''));
  if (!(seconds > 0)) return untilStopped(process);
  const done = new Promise<number>((resolve) => void process.clock.after(seconds * 1000, () => resolve(0)));
  const code = await Promise.race([done, untilStopped(process)]);
  if (code === 0) process.stdout.write(`stress: info: [${process.process.pid}] successful run completed in ${seconds}s\n`);
  return code;
}

/** vish/stress, of the page about CPU: `-cpus N`, `-mem-total QUANTITY`. */
export function vishStressProgram(): ImageProgram {
  return {
    commands: ['stress'],
    config: { entrypoint: ['/stress', '-logtostderr'] },
    run: (process) => {
      const { flags } = goFlags(process.argv.slice(1), ['logtostderr']);
      const memory = flags.get('mem-total') ?? '0';
      const cpus = Number(flags.get('cpus') ?? '0');
      klog(process, 'main.go:26', `Allocating ${JSON.stringify(memory)} memory, in "4Ki" chunks, with a 1ms sleep between allocations`);
      for (let i = 0; i < cpus; i++) klog(process, 'main.go:39', 'Spawning a thread to consume CPU');
      process.use({ cpuCores: cpus, memoryBytes: BASE_BYTES + (Quantity.tryParse(memory)?.toNumber() ?? 0) });
      return untilStopped(process);
    },
  };
}
