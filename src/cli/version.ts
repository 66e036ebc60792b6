import { createRequire } from 'node:module';
import { KUBERNETES_VERSION } from '../index.js';
import { parseFlags, type Manual } from './flags.js';
import { UsageError } from './usage-error.js';

const MANUAL: Manual = { verb: 'version', about: 'Prints the versions of kubette and of the Kubernetes API that it serves.', usage: [['', '']] };

/** `kubette version` */
export function version(args: readonly string[]): Promise<number> {
  const flags = parseFlags(MANUAL, {}, args);
  if (!flags) return Promise.resolve(0);
  if (flags.positionals.length > 0) throw new UsageError('version takes no arguments');
  process.stdout.write(`kubette ${packageVersion()} (Kubernetes ${KUBERNETES_VERSION})\n`);
  return Promise.resolve(0);
}

function packageVersion(): string {
  // The package's own manifest lies one folder above the bundle, two above the sources.
  const require = createRequire(import.meta.url);
  for (const path of ['../package.json', '../../package.json']) {
    try {
      return (require(path) as { version: string }).version;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  return 'unknown';
}
