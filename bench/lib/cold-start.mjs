import { coldStartMs, startKubette } from './kubette.mjs';
import { oracleExists, startOracle } from './oracle.mjs';
import { cpuMs, median, residentMb, sleep } from './processes.mjs';

const STARTS = 10;
const SETTLE_MS = 5000;

/** Time to the ready line in memory mode, a fresh process each time, and what an idle cluster costs; the real one beside it. */
export async function coldStart() {
  const times = [];
  for (let i = 0; i < STARTS; i++) times.push(await coldStartMs());
  const kubette = await idle(await startKubette({}));
  const result = { medianMs: median(times), fastestMs: Math.min(...times), slowestMs: Math.max(...times), ...kubette };
  if (!oracleExists()) return result;
  const server = await startOracle();
  return { ...result, oracle: { readyMs: server.readyMs, ...(await idle(server)) } };
}

async function idle(server) {
  await sleep(SETTLE_MS);
  const before = cpuMs(server.pids);
  await sleep(SETTLE_MS);
  const figures = { idleMb: residentMb(server.pids), idleCpuPercent: (cpuMs(server.pids) - before) / SETTLE_MS * 100 };
  await server.stop();
  return figures;
}

export function printColdStart({ medianMs, fastestMs, slowestMs, idleMb, idleCpuPercent, oracle }) {
  console.log(`cold start, in memory: ${medianMs.toFixed(0)} ms to the ready line, median of ${STARTS} (${fastestMs.toFixed(0)} to ${slowestMs.toFixed(0)}); at most 350 is the goal`);
  console.log(`idle, with the controllers and one node: ${idleMb.toFixed(0)} MB resident (at most 110 is the goal), ${idleCpuPercent.toFixed(1)} % CPU`);
  if (!oracle) return console.log('real control plane: not built on this machine, so nothing stands beside these figures');
  console.log(`real kube-apiserver and etcd alone: ready after ${oracle.readyMs.toFixed(0)} ms (${(oracle.readyMs / medianMs).toFixed(1)} times as long; 8 is the goal), ${oracle.idleMb.toFixed(0)} MB (${(oracle.idleMb / idleMb).toFixed(1)} times as much; 3 is the goal), ${oracle.idleCpuPercent.toFixed(1)} % CPU`);
}
