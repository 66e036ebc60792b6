import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { startKubette } from './kubette.mjs';
import { onKubette } from './load.mjs';
import { cpuMs, residentMb, sleep } from './processes.mjs';

/** Single operations at several numbers of stored pods, then a restart on the same data. */
export async function growth(loadgen, sizes) {
  return onKubette(async (server, dataDir) => {
    const idleMb = residentMb(server.pids);
    const { growth: rows } = await loadgen(server, ['--growth', sizes.join(',')]);
    const last = rows.at(-1);
    const bytesPerPod = ((Object.values(last.rss_mb)[0] - idleMb) * 1024 * 1024) / last.pods;
    await server.stop();
    const again = await startKubette({ dataDir, flags: ['--nodes', '0', '--addons', 'none'] });
    const restarted = { readyMs: again.readyMs, readingMs: await untilQuiet(again.pids), mb: residentMb(again.pids), diskMb: folderMb(join(dataDir, 'db')) };
    await again.stop();
    return { rows, bytesPerPod, podBytes: last.pod_bytes, restarted };
  });
}

const LOOK_MS = 500;

/** How long a server goes on working by itself: controllers read what is stored behind the ready line. */
async function untilQuiet(pids) {
  const from = performance.now();
  for (let before = cpuMs(pids); ; ) {
    await sleep(LOOK_MS);
    const now = cpuMs(pids);
    if (now - before < LOOK_MS / 10) return performance.now() - from - LOOK_MS;
    before = now;
  }
}

function folderMb(folder) {
  return readdirSync(folder).reduce((total, name) => total + statSync(join(folder, name)).size, 0) / 1024 / 1024;
}

/** Measurements scatter by so much; what is more is growth. */
const MAX_GROWTH = 1.5;

const COLUMNS = [
  ['get', 'get'],
  ['create', 'create'],
  ['patch', 'patch'],
  ['page_500', 'page of 500'],
  ['selector_1pct', '1 % by label'],
];

export function printGrowth({ rows, bytesPerPod, podBytes, restarted }) {
  console.log(`${'pods'.padStart(8)} ${COLUMNS.map(([, label]) => label.padStart(18)).join(' ')}   (median ms, CPU ms)`);
  for (const row of rows) console.log(`${String(row.pods).padStart(8)} ${COLUMNS.map(([key]) => `${row[key].p50_ms.toFixed(2)} ${row[key].cpu_ms.toFixed(2)}`.padStart(18)).join(' ')}`);
  const [first, last] = [rows[0], rows.at(-1)];
  const grown = COLUMNS.map(([key]) => {
    // What 1 % selects grows with the number of pods: its cost is counted per pod found.
    const per = key === 'selector_1pct' ? last.pods / first.pods : 1;
    const growth = last[key].p50_ms / first[key].p50_ms / per;
    return `${growth <= MAX_GROWTH ? '+' : '-'} x ${growth.toFixed(2)}`.padStart(18);
  });
  console.log(`${'growth'.padStart(8)} ${grown.join(' ')}   (1 % by label: per pod found; up to ${MAX_GROWTH} is the goal)`);
  const mark = (reached) => (reached ? '+' : '-');
  const perJson = bytesPerPod / podBytes;
  console.log(`${mark(perJson <= 3)} memory per pod: ${(bytesPerPod / 1024).toFixed(1)} KiB resident, ${perJson.toFixed(1)} times its JSON of ${(podBytes / 1024).toFixed(1)} KiB (at most 3 is the goal)`);
  console.log(`${mark(restarted.readyMs <= 5000)} restart with ${last.pods} pods and their history: ready after ${restarted.readyMs.toFixed(0)} ms (at most 5000 is the goal); controllers have read everything ${restarted.readingMs.toFixed(0)} ms later, ${restarted.mb.toFixed(0)} MB resident then, ${restarted.diskMb.toFixed(0)} MB on disk`);
}
