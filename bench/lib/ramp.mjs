import { execFileSync } from 'node:child_process';
import { startKubette } from './kubette.mjs';

/** The whole control loop: a Deployment of `replicas` until all are Ready, then its deletion until no pod is left. */
export async function ramp(replicas) {
  const nodes = Math.max(1, Math.ceil(replicas / 100));
  const server = await startKubette({ flags: ['--nodes', String(nodes), '--addons', 'none'] });
  const kubectl = (...args) => execFileSync(process.env['KUBECTL'] ?? 'kubectl', ['--kubeconfig', server.kubeconfig, ...args], { stdio: 'pipe' });
  try {
    const start = performance.now();
    kubectl('create', 'deployment', 'ramp', '--image=registry.example/app', `--replicas=${replicas}`);
    kubectl('wait', 'deployment/ramp', `--for=jsonpath={.status.readyReplicas}=${replicas}`, '--timeout=300s');
    const up = performance.now();
    kubectl('delete', 'deployment', 'ramp', '--cascade=foreground', '--timeout=300s');
    return { replicas, nodes, upMs: up - start, downMs: performance.now() - up };
  } finally {
    await server.stop();
  }
}

export function printRamp({ replicas, nodes, upMs, downMs }) {
  console.log(`${replicas} replicas on ${nodes} nodes: all Ready after ${upMs.toFixed(0)} ms (${((replicas * 1000) / upMs).toFixed(0)} pods/s), gone ${downMs.toFixed(0)} ms after the deletion (in memory)`);
}
