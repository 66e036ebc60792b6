// Runs in a process of its own: a cluster left to itself; prints what that costs and who wrote what, as JSON.
//   node steady-child.mjs '{"dataDir": …, "nodes": 1000, "pods": 20000, "addons": [], "settleSeconds": 15, "seconds": 60}'
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createCluster } from '../../dist/index.mjs';
import { residentMb, sleep } from './processes.mjs';

const { pods = 0, settleSeconds, seconds, ...options } = JSON.parse(process.argv[2]);
const WRITES = new Set(['create', 'update', 'updateSubresource', 'patch', 'delete', 'deleteCollection', 'post']);
const AT_ONCE = 50;
const DELAY_MS = 20_000;

let writes = {};

/** Counts what a resident writes, by resource and its name. */
function counted(client, resident) {
  return {
    as: (...args) => counted(client.as(...args), resident),
    resource: (target) => {
      const resource = client.resource(target);
      return new Proxy(resource, {
        get: (_, name) => {
          if (!WRITES.has(name)) return typeof resource[name] === 'function' ? resource[name].bind(resource) : resource[name];
          return (...args) => {
            const key = `${target.resource} by ${resident.replace(/^system:node:.*/, 'kubelets')}`;
            writes[key] = (writes[key] ?? 0) + 1;
            return resource[name](...args);
          };
        },
      });
    },
  };
}

const pod = (i) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: `web-${i}`, namespace: 'default', labels: { app: 'web' } },
  spec: { nodeName: `node-${i % options.nodes}`, containers: [{ name: 'web', image: 'registry.example/app:v1' }] },
});
const isReady = ({ status }) => status?.conditions?.some(({ type, status: text }) => type === 'Ready' && text === 'True');
const cpu = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

const start = performance.now();
const cluster = await createCluster({ ...options, wrapClient: counted });
const startMs = performance.now() - start;
const client = cluster.api.resource({ group: '', version: 'v1', resource: 'pods' });
for (let i = 0; i < pods; i += AT_ONCE) await Promise.all(Array.from({ length: Math.min(AT_ONCE, pods - i) }, (_, k) => client.create(pod(i + k))));
while (pods > 0 && !(await client.list({ namespace: 'default' })).items.every(isReady)) await sleep(500);
const upMs = performance.now() - start;
const upCpuMs = cpu();
// Status and events are written later than what they are about: nothing but Leases for a while means that all is told.
do {
  writes = {};
  await sleep(settleSeconds * 1000);
} while (Object.keys(writes).some((what) => !what.startsWith('leases ')));
writes = {};
const revision = Number((await client.list({ namespace: 'default', limit: '1' })).resourceVersion);
const cpuBefore = cpu();
const from = performance.now();
await sleep(seconds * 1000);
const share = (cpu() - cpuBefore) / (performance.now() - from);
const revisions = Number((await client.list({ namespace: 'default', limit: '1' })).resourceVersion) - revision;
const counts = { ...writes };
// Afterwards: the timer that measures the delay uses more of the CPU than an idle cluster.
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
await sleep(DELAY_MS);
delay.disable();
const delayMs = { median: delay.percentile(50) / 1e6, p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 };
process.stdout.write(`${JSON.stringify({ startMs, upMs, upCpuMs, share, delayMs, revisions, writes: counts, rssMb: residentMb([process.pid]) })}\n`);
await cluster.stop();
process.exit(0);
