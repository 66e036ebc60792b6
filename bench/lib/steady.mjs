import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const CHILD = join(import.meta.dirname, 'steady-child.mjs');
const SETTLE_SECONDS = 15;
/** Goals of issue 7: share of a core. */
const GOAL_NODES_CPU = 0.2;
const GOAL_IDLE_CPU = 0.01;

/** Many nodes with pods that run, kept up with heartbeats and nothing else; objects on disk with fsync. */
export const steadyNodes = ({ nodes, pods, seconds }) => measure({ nodes, pods, addons: [], seconds });

/** A cluster as `kubette serve` makes it, on disk, that nobody uses. */
export const idle = ({ seconds }) => measure({ nodes: 1, seconds });

async function measure(options) {
  const dataDir = mkdtempSync(join(tmpdir(), 'kubette-steady-'));
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ['--max-old-space-size=4096', CHILD, JSON.stringify({ ...options, dataDir, settleSeconds: SETTLE_SECONDS })]);
    return { ...options, ...JSON.parse(stdout) };
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

export function printNodes({ nodes, pods, upMs, upCpuMs, ...rest }) {
  console.log(`${nodes} nodes, ${pods} pods bound to them: all Ready ${(upMs / 1000).toFixed(1)} s after the start (${(upCpuMs / 1000).toFixed(1)} s of CPU)`);
  printSteady(rest, GOAL_NODES_CPU);
}

export function printIdle(figures) {
  const { writes } = figures;
  printSteady(figures, GOAL_IDLE_CPU);
  const others = Object.keys(writes).filter((what) => !what.startsWith('leases '));
  console.log(`writes but Leases: ${others.length === 0 ? 'none +' : `${others.join(', ')} -`}`);
}

function printSteady({ seconds, share, delayMs, revisions, writes, rssMb }, goal) {
  console.log(`CPU over ${seconds} s: ${(share * 100).toFixed(2)} % of a core (goal ${goal * 100} %) ${share <= goal ? '+' : '-'}`);
  const counts = Object.entries(writes).map(([what, count]) => `${count} ${what}`);
  console.log(`revisions meanwhile: ${revisions}; writes: ${counts.join(', ') || 'none'}`);
  const { median, p99, max } = delayMs;
  console.log(`resident ${rssMb.toFixed(0)} MB; event loop late by ${median.toFixed(1)} ms (median, its timer's own 1 ms counted), ${p99.toFixed(1)} ms (99 %), ${max.toFixed(0)} ms (worst)`);
}
