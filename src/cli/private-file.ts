import { chmod, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeFolder } from '../base/make-folder.js';
import { reasonOf, UserError } from './usage-error.js';

/**
 * Writes a file that only its owner can read, which is there as a whole or not at all. What is no ordinary file (a pipe,
 * a device) is written to and not replaced; of a link it is the target that is replaced. Throws UserError.
 */
export async function writePrivate(path: string, text: string): Promise<void> {
  try {
    const present = await stat(path).catch(() => undefined);
    if (present && !present.isFile()) return await writeFile(path, text);
    makeFolder(dirname(path));
    await replace(present ? await realpath(path) : path, text);
  } catch (error) {
    throw new UserError(`cannot write ${path}: ${reasonOf(error)}`);
  }
}

async function replace(path: string, text: string): Promise<void> {
  const temporary = join(dirname(path), `.${process.pid}.${basename(path)}`);
  try {
    await writeFile(temporary, text, { mode: 0o600 });
    await chmod(temporary, 0o600);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
