import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StorageError } from '../../errors.js';

/** Opening a database writes a manifest and may turn its journal into a table. */
const ROOM = 8 * 1024 * 1024;

/** Rejects with StorageError 'io' unless the folder's disk takes a few megabytes, synced. */
export async function probeDisk(folder: string): Promise<void> {
  const path = join(folder, 'kubette-probe.tmp');
  try {
    const file = await open(path, 'w');
    try {
      await file.write(Buffer.alloc(ROOM));
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new StorageError('io', `the disk of ${folder} does not take writes: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  } finally {
    await rm(path, { force: true }).catch(() => undefined);
  }
}
