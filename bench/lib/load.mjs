import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuOf, figure, OPERATIONS, ratioOf } from './goals.mjs';
import { startKubette } from './kubette.mjs';
import { oracleExists, startOracle } from './oracle.mjs';
import { median } from './processes.mjs';

/** The same work on both servers in turns, each with the machine to itself; LevelDB with fsync against etcd. */
export async function load(loadgen, { runs, pods }) {
  const results = { kubette: [], oracle: [] };
  for (let run = 0; run < runs; run++) {
    results.kubette.push(await onKubette((server) => loadgen(server, ['--pods', String(pods)])));
    if (!oracleExists()) continue;
    const server = await startOracle();
    try {
      results.oracle.push(await loadgen(server, ['--pods', String(pods)]));
    } finally {
      await server.stop();
    }
  }
  return OPERATIONS.map((operation) => {
    const of = (all, read) => median(all.map((result) => read(result, operation)).filter((value) => value !== undefined));
    const [ours, theirs] = [of(results.kubette, figure), of(results.oracle, figure)];
    return { ...operation, ours, theirs, ratio: ratioOf(ours, theirs, operation.unit), oursCpu: of(results.kubette, cpuOf), theirsCpu: of(results.oracle, cpuOf) };
  });
}

/** A kubette on a fresh folder, without nodes: nothing but the API server and the controllers works. */
export async function onKubette(work) {
  const dataDir = mkdtempSync(join(tmpdir(), 'kubette-bench-data-'));
  const server = await startKubette({ dataDir, flags: ['--nodes', '0', '--addons', 'none'] });
  try {
    return await work(server, dataDir);
  } finally {
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

const number = (value, unit) => (Number.isFinite(value) ? `${value < 100 && unit === 'ms' ? value.toFixed(1) : value.toFixed(0)} ${unit}` : '-');
const cpu = (value) => (Number.isFinite(value) ? `${value.toFixed(2)} ms` : '-');

export function printLoad(rows) {
  console.log(['operation'.padEnd(28), 'kubette'.padStart(11), 'real'.padStart(11), 'ratio'.padStart(7), 'goal'.padStart(6), '', 'CPU each'.padStart(11), 'real'.padStart(11), 'ratio'.padStart(7)].join(' '));
  for (const { label, unit, ours, theirs, ratio, goal, oursCpu, theirsCpu } of rows) {
    const reached = goal === undefined || !Number.isFinite(ratio) ? ' ' : ratio >= goal ? '+' : '-';
    const cpuRatio = theirsCpu / oursCpu;
    console.log(
      [
        label.padEnd(28), number(ours, unit).padStart(11), number(theirs, unit).padStart(11), (Number.isFinite(ratio) ? ratio.toFixed(1) : '-').padStart(7),
        String(goal ?? '').padStart(6), reached, cpu(oursCpu).padStart(11), cpu(theirsCpu).padStart(11), (Number.isFinite(cpuRatio) ? cpuRatio.toFixed(1) : '-').padStart(7),
      ].join(' '),
    );
  }
  const missed = rows.filter(({ ratio, goal }) => goal !== undefined && Number.isFinite(ratio) && ratio < goal);
  if (missed.length > 0) console.log('\nnot reached, and what limits it by the profile (docs/performance.md):');
  for (const { label, ratio, goal, limit } of missed) console.log(`- ${label}, ${ratio.toFixed(1)} of ${goal}: ${limit ?? 'not known'}`);
}
