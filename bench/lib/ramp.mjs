import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kubectlPath } from '../../test/support/tools.mjs';
import { startKubette } from './kubette.mjs';
import { controlPlaneExists, startControlPlane } from './oracle.mjs';

/** At most this part of the real one's time. */
const GOAL = 1 / 3;

/** The whole control loop on both: a Deployment of `replicas` until all are Ready, then its deletion until no pod is left. */
export async function ramp({ replicas, nodes }) {
  const dataDir = mkdtempSync(join(tmpdir(), 'kubette-ramp-'));
  try {
    const ours = await timed(await startKubette({ dataDir, flags: ['--nodes', String(nodes), '--addons', 'none'] }), replicas);
    const real = controlPlaneExists() ? await timed(await startControlPlane(nodes), replicas) : undefined;
    return { replicas, nodes, ours, real };
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function timed(server, replicas) {
  const kubectl = (...args) => execFileSync(process.env['KUBECTL'] ?? kubectlPath(), ['--kubeconfig', server.kubeconfig, '--namespace', 'ramp', ...args], { stdio: 'pipe' });
  try {
    kubectl('create', 'namespace', 'ramp');
    const start = performance.now();
    kubectl('create', 'deployment', 'ramp', '--image=registry.example/app', `--replicas=${replicas}`);
    kubectl('wait', 'deployment/ramp', `--for=jsonpath={.status.readyReplicas}=${replicas}`, '--timeout=300s');
    const up = performance.now();
    kubectl('delete', 'deployment', 'ramp', '--cascade=foreground', '--timeout=300s');
    return { up: up - start, down: performance.now() - up };
  } finally {
    await server.stop();
  }
}

export function printRamp({ replicas, nodes, ours, real }) {
  console.log(`a Deployment of ${replicas} on ${nodes} nodes, objects on disk with fsync`);
  const row = (text, what) => {
    const beside = real ? `, the real control plane ${real[what].toFixed(0)} ms: ${(ours[what] / real[what]).toFixed(2)} of its time` : ' (the real control plane is not built here)';
    const verdict = real && what === 'up' ? ` (goal ${GOAL.toFixed(2)}) ${ours[what] <= real[what] * GOAL ? '+' : '-'}` : '';
    console.log(`${text} ${ours[what].toFixed(0)} ms${beside}${verdict}`);
  };
  row('all Ready after   ', 'up');
  row('all gone again in ', 'down');
}
