import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const CHILD = join(import.meta.dirname, 'pods-child.mjs');
/** Goals of issue 8: share of a core, KB a pod beyond the stored object. */
const GOAL_CPU = 0.25;
const GOAL_KB = 40;

/** Simulated pods with an HTTP readiness probe every 10 s: CPU while nothing else happens, and the memory that is freed when their nodes are switched off. */
export async function pods({ count, nodes, seconds }) {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', '--max-old-space-size=4096', CHILD, String(count), String(nodes), String(seconds)]);
  return { count, nodes, seconds, ...JSON.parse(stdout) };
}

export function printPods({ count, nodes, seconds, upMs, cpu, bytesPerPod, rss }) {
  console.log(`${count} pods on ${nodes} nodes, an HTTP readiness probe every 10 s: all Ready after ${(upMs / 1000).toFixed(1)} s`);
  console.log(`CPU over ${seconds} s: ${(cpu * 100).toFixed(1)} % of a core (goal ${GOAL_CPU * 100} %)`);
  console.log(`memory beyond the stored objects: ${(bytesPerPod / 1024).toFixed(1)} KB a pod (goal ${GOAL_KB} KB); resident ${(rss / 2 ** 20).toFixed(0)} MB in all`);
}
