// Measures kubette, beside the real kube-apiserver with etcd where these are built.
//   npm run bench                          all of it: some minutes
//   npm run bench -- cold | idle | load | growth | pods | nodes | ramp        parts of it
//     --runs 3 --pods 2000     of `load`: medians of so many turns
//     --sizes 1000,10000,100000  of `growth`; without the last it takes two minutes less
//     --replicas 1000 --ramp-nodes 20    of `ramp`
//     --simulated 5000 --nodes 50 --seconds 60    of `pods`
//     --many-nodes 1000 --many-pods 20000 --seconds 60    of `nodes`; --seconds of `idle` too
//     --svg FILE               where the picture goes (docs/bench.svg with --publish)
import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chart } from './lib/chart.mjs';
import { coldStart, printColdStart } from './lib/cold-start.mjs';
import { growth, printGrowth } from './lib/growth.mjs';
import { load, printLoad } from './lib/load.mjs';
import { buildLoadgen } from './lib/loadgen.mjs';
import { oracleExists } from './lib/oracle.mjs';
import { pods, printPods } from './lib/pods.mjs';
import { printRamp, ramp } from './lib/ramp.mjs';
import { idle, printIdle, printNodes, steadyNodes } from './lib/steady.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '3' },
    pods: { type: 'string', default: '2000' },
    sizes: { type: 'string', default: '1000,10000,100000' },
    replicas: { type: 'string', default: '1000' },
    'ramp-nodes': { type: 'string', default: '20' },
    simulated: { type: 'string', default: '5000' },
    nodes: { type: 'string', default: '50' },
    'many-nodes': { type: 'string', default: '1000' },
    'many-pods': { type: 'string', default: '20000' },
    seconds: { type: 'string', default: '60' },
    svg: { type: 'string' },
    publish: { type: 'boolean', default: false },
  },
});
const parts = new Set(positionals.length > 0 ? positionals : ['cold', 'idle', 'load', 'growth', 'pods', 'nodes', 'ramp']);
const heading = (text) => console.log(`\n${text}\n${'-'.repeat(text.length)}`);

console.log(`Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GB; real control plane: ${oracleExists() ? 'built' : 'not built here'}`);
if (parts.has('cold')) {
  heading('Start and idle');
  printColdStart(await coldStart());
}
if (parts.has('idle')) {
  heading('Idle: a cluster that nobody uses');
  printIdle(await idle({ seconds: Number(values.seconds) }));
}
if (parts.has('load') || parts.has('growth')) {
  const loadgen = buildLoadgen();
  if (!loadgen) console.log('\nload, growth: skipped, the load generator needs Go');
  if (loadgen && parts.has('load')) {
    heading('Load: LevelDB with fsync, beside etcd with fsync');
    const rows = await load(loadgen, { runs: Number(values.runs), pods: Number(values.pods) });
    printLoad(rows);
    const svg = values.svg ?? (values.publish ? join(import.meta.dirname, '../docs/bench.svg') : undefined);
    if (svg) writeFileSync(svg, chart(rows, { note: `${values.pods} pods, ${cpus().length} cores, Node ${process.version}, median of ${values.runs}; in brackets kubette, then the real one; red: the goal` }));
  }
  if (loadgen && parts.has('growth')) {
    heading('Growth: cost per request by number of stored pods');
    printGrowth(await growth(loadgen, values.sizes.split(',').map(Number)));
  }
}
if (parts.has('pods')) {
  heading('Pods: simulated nodes with probes');
  printPods(await pods({ count: Number(values.simulated), nodes: Number(values.nodes), seconds: Number(values.seconds) }));
}
if (parts.has('nodes')) {
  heading('Nodes: many of them, kept up with heartbeats');
  printNodes(await steadyNodes({ nodes: Number(values['many-nodes']), pods: Number(values['many-pods']), seconds: Number(values.seconds) }));
}
if (parts.has('ramp')) {
  heading('Ramp: a Deployment until Ready');
  printRamp(await ramp({ replicas: Number(values.replicas), nodes: Number(values['ramp-nodes']) }));
}
