import { createRequire } from 'node:module';
import { KUBERNETES_VERSION } from '../index.js';

/** `kubette version` */
export function version(): Promise<number> {
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
