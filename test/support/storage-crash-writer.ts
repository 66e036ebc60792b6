/**
 * A process to be killed: writes to the store in a folder as fast as it can and prints every acknowledgement.
 * Write `n` of a key puts the text `n`, every fifth deletes. Keys come alone or, written in one batch, in pairs.
 */
import { writeSync } from 'node:fs';
import { SystemClock } from '../../src/base/clock.js';
import { openStore, type Operation, type Store } from '../../src/storage/index.js';
import { pod, podKey, text } from './storage-objects.js';

const WRITERS = 12;
const KEYS_EACH = 4;

export const isDeletion = (n: number): boolean => n % 5 === 0;

export const crashKeys: readonly (readonly string[])[] = Array.from({ length: WRITERS * KEYS_EACH }, (_, i) =>
  i % 3 === 0 ? [podKey(`pair-${i}-left`), podKey(`pair-${i}-right`)] : [podKey(`single-${i}`)],
);

async function writeForEver(store: Store, keys: readonly string[], start: number): Promise<void> {
  for (let n = start; ; n++) {
    if (isDeletion(n) && keys.every((key) => !store.head(key))) continue;
    const operations = keys.map((key): Operation => ({ key, object: isDeletion(n) ? null : pod(key, { text: String(n), nodeName: 'x'.repeat(1000) }) }));
    const [change] = await store.commit(operations);
    // Written before the next write starts, so that what the parent has read was true when the process died.
    writeSync(1, `${keys[0]} ${n} ${change?.revision}\n`);
  }
}

async function main(location: string, numbers: Record<string, number>): Promise<void> {
  const store = await openStore({ engine: 'level', location, clock: new SystemClock(), history: { maxRevisions: 2000 } });
  writeSync(1, `ready ${store.revision} 0\n`);
  await Promise.all(crashKeys.map((keys) => writeForEver(store, keys, Math.max(Number(text(store.get(keys[0] as string)) ?? 0), numbers[keys[0] as string] ?? 0) + 1)));
}

if (process.argv[2] === 'write-until-killed') {
  main(process.argv[3] as string, JSON.parse(process.argv[4] as string) as Record<string, number>).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
}
