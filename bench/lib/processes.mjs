import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;

/** Starts a server with its output in a file; `stop` resolves when it is gone. */
export function start(command, args, logFile, options = {}) {
  const log = openSync(logFile, 'a');
  const child = spawn(command, args, { stdio: ['ignore', log, log], ...options });
  closeSync(log);
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.once('error', () => {});
  return {
    pid: child.pid,
    gone,
    async stop(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await gone;
    },
  };
}

/** Resident memory in MB of several processes together; 0 where /proc is missing. */
export function residentMb(pids) {
  return sum(pids, (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024);
}

/** CPU time in ms that several processes have used so far. */
export function cpuMs(pids) {
  return sum(pids, (pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
  });
}

function sum(pids, read) {
  let total = 0;
  for (const pid of pids) {
    try {
      total += read(pid);
    } catch {
      // No /proc, or gone.
    }
  }
  return total;
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
}
