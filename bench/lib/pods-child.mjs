// Runs in a process of its own (node --expose-gc): a cluster with many pods; prints what they use as JSON.
//   node --expose-gc pods-child.mjs PODS NODES SECONDS
import { createCluster } from '../../dist/index.mjs';
import { sleep } from './processes.mjs';

const [pods, nodes, seconds] = process.argv.slice(2).map(Number);
const PER_NODE = Math.ceil(pods / nodes);
/** Status and events are written a little later than what they are about. */
const SETTLE_MS = 15_000;

// Nodes that are switched off below must not lose their pods.
const cluster = await createCluster({ nodes, addons: [], scheduler: false, controllers: ['*', '-pod-garbage-collector-controller', '-node-lifecycle-controller'] });
const client = cluster.api.resource({ group: '', version: 'v1', resource: 'pods' });

const pod = (i) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: `web-${i}`, namespace: 'default', labels: { app: 'web' } },
  spec: {
    nodeName: `node-${Math.floor(i / PER_NODE)}`,
    containers: [{ name: 'web', image: 'registry.example/hello-node:v1', ports: [{ containerPort: 8080 }], readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 10 } }],
  },
});
const isReady = ({ status }) => status?.conditions?.some(({ type, status: text }) => type === 'Ready' && text === 'True');

async function heapBytes() {
  for (let i = 0; i < 3; i++) {
    globalThis.gc();
    await sleep(200);
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const start = performance.now();
for (let i = 0; i < pods; i += 50) await Promise.all(Array.from({ length: Math.min(50, pods - i) }, (_, k) => client.create(pod(i + k))));
while (!(await client.list({ namespace: 'default' })).items.every(isReady)) await sleep(500);
const upMs = performance.now() - start;
await sleep(SETTLE_MS);
const running = await heapBytes();
const before = process.cpuUsage();
const from = performance.now();
await sleep(seconds * 1000);
const used = process.cpuUsage(before);
const cpu = (used.user + used.system) / 1000 / (performance.now() - from);
const { rss } = process.memoryUsage();
// Switched off, a node forgets its pods; the API server's objects, events and history stay.
for (let i = 0; i < nodes; i++) await cluster.request(`/kubette/v1/nodes/node-${i}/stop`, { method: 'POST' });
const stored = await heapBytes();
process.stdout.write(`${JSON.stringify({ upMs, cpu, rss, bytesPerPod: (running - stored) / pods })}\n`);
await cluster.stop();
process.exit(0);
