import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { SystemClock } from '../../src/base/clock.js';
import { openStore, revision, type Store } from '../../src/storage/index.js';
import { crashKeys, isDeletion } from '../support/storage-crash-writer.js';
import { temporaryFolder } from '../support/storage-engines.js';
import { text } from '../support/storage-objects.js';

const ROOT = join(import.meta.dirname, '../..');
const ROUNDS = 6;

interface Round {
  /** Of the store when the process had opened it. */
  readonly startRevision: number;
  /** Last acknowledged write, by first key of the group. */
  readonly acknowledged: ReadonlyMap<string, { n: number; revision: number }>;
}

/** Lets the writer work until it has acknowledged `writes` writes, then kills it in the middle of its work. */
async function runAndKill(script: string, location: string, numbers: Record<string, number>, writes: number): Promise<Round> {
  const child = spawn(process.execPath, [script, 'write-until-killed', location, JSON.stringify(numbers)], {
    env: { ...process.env, NODE_PATH: join(ROOT, 'node_modules') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const acknowledged = new Map<string, { n: number; revision: number }>();
  let startRevision = -1;
  let seen = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const [key, n, at] = line.split(' ') as [string, string, string];
    // The last line may have been cut off by the end of the process: then it was not acknowledged.
    if (at === undefined || (at === '' && key !== 'ready')) continue;
    if (key === 'ready') startRevision = Number(n);
    else acknowledged.set(key, { n: Number(n), revision: Number(at) });
    if (++seen === writes) child.kill('SIGKILL');
  }
  await exited;
  expect({ complaints, signal: child.signalCode }).toEqual({ complaints: '', signal: 'SIGKILL' });
  return { startRevision, acknowledged };
}

async function changedRevisions(store: Store): Promise<number[]> {
  const { changes } = await store.history('', { after: store.floor, until: store.revision, limit: Infinity });
  return [...new Set(changes.map((change) => change.revision as number))];
}

test('every acknowledged write survives kill -9, whole, and revisions go on upwards', async () => {
  const folder = await temporaryFolder();
  const script = join(folder, 'writer.cjs');
  await build({ entryPoints: [join(ROOT, 'test/support/storage-crash-writer.ts')], outfile: script, bundle: true, platform: 'node', format: 'cjs', external: ['level'], logLevel: 'error' });
  const location = join(folder, 'db');
  const numbers: Record<string, number> = {};
  let newest = 0;

  for (let round = 0; round < ROUNDS; round++) {
    const { startRevision, acknowledged } = await runAndKill(script, location, numbers, 200 + Math.floor(Math.random() * 2000));
    expect(startRevision).toBe(newest);

    const store = await openStore({ engine: 'level', location, clock: new SystemClock() });
    for (const keys of crashKeys) {
      const last = acknowledged.get(keys[0] as string);
      const states = keys.map((key) => text(store.get(key)));
      // A batch is there as a whole.
      expect(new Set(states).size).toBe(1);
      if (!last) continue;
      // The write after the acknowledged one was under way: it may have made it or not.
      const possible = [last.n, last.n + 1].map((n) => (isDeletion(n) ? undefined : String(n)));
      expect(possible).toContain(states[0]);
      numbers[keys[0] as string] = last.n + 1;
      expect(store.revision).toBeGreaterThanOrEqual(last.revision);
    }
    for (const entry of store.list('')) {
      expect(entry.object.metadata.resourceVersion).toBe(String(entry.revision));
      expect(entry.revision).toBeLessThanOrEqual(store.revision);
    }
    // History has no hole: what is on disk is what came first.
    const revisions = await changedRevisions(store);
    expect(revisions).toEqual(Array.from({ length: store.revision - store.floor }, (_, i) => store.floor + 1 + i));
    expect(await store.listAt('', revision(store.floor))).toBeDefined();
    expect(store.revision).toBeGreaterThan(newest);
    newest = store.revision;
    await store.close();
  }
  await rm(folder, { recursive: true, force: true });
});
