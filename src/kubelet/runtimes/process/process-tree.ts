import { readdirSync, readFileSync } from 'node:fs';

/** Processes that a process has started, by Linux' /proc. Empty when it is gone. */
export function childrenOf(pid: number): readonly number[] {
  const text = read(`/proc/${pid}/task/${pid}/children`) ?? '';
  return text.split(' ').filter(Boolean).map(Number);
}

/** The only child of the only child, `levels` down: what a chain of wrappers has started. Undefined until it is there. */
export function descendant(pid: number, levels: number): number | undefined {
  let current: number | undefined = pid;
  for (let level = 0; level < levels && current !== undefined; level++) [current] = childrenOf(current);
  return current;
}

/** A process with all that descend from it. */
export function processTree(root: number): readonly number[] {
  const all = [root];
  for (let i = 0; i < all.length; i++) {
    const pid = all[i] as number;
    for (const thread of threadsOf(pid)) all.push(...(read(`/proc/${pid}/task/${thread}/children`) ?? '').split(' ').filter(Boolean).map(Number));
  }
  return all;
}

export interface ProcessUsage {
  /** CPU time so far with that of children that have ended, in nanoseconds. */
  readonly cpuNanoseconds: number;
  /** Resident memory that is not shared with files, in bytes. */
  readonly memoryBytes: number;
}

/** Linux counts CPU time in hundredths of a second for user space, on every platform that Node runs on. */
const NANOSECONDS_PER_TICK = 1e7;
const PAGE = 4096;

/** What one process uses, by /proc; undefined when it is gone. */
export function processUsage(pid: number): ProcessUsage | undefined {
  const stat = read(`/proc/${pid}/stat`);
  const statm = read(`/proc/${pid}/statm`);
  if (stat === undefined || statm === undefined) return undefined;
  // The command's name may hold anything, so fields are counted after its closing parenthesis (field 3 is the first).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ').map(Number);
  const ticks = [14, 15, 16, 17].reduce((sum, field) => sum + (fields[field - 3] ?? 0), 0);
  const [, resident = 0, shared = 0] = statm.split(' ').map(Number);
  return { cpuNanoseconds: ticks * NANOSECONDS_PER_TICK, memoryBytes: Math.max(0, resident - shared) * PAGE };
}

function threadsOf(pid: number): readonly number[] {
  const status = read(`/proc/${pid}/status`);
  const threads = Number(/^Threads:\s+(\d+)/m.exec(status ?? '')?.[1] ?? 0);
  return threads <= 1 ? [pid] : readThreads(pid);
}

function readThreads(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [];
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
