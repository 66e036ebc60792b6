import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseFlags, type Flags } from './flags.js';
import { UserError } from './usage-error.js';
import { DEFAULT_DATA_DIR } from './serve.js';

const FLAGS: Flags = {
  'data-dir': { type: 'string', value: 'DIR', help: 'the data directory of the cluster', default: DEFAULT_DATA_DIR },
};

/** `kubette kubeconfig`: what `serve` wrote for the last start. */
export function kubeconfig(args: readonly string[]): Promise<number> {
  const flags = parseFlags('kubeconfig [flags]', FLAGS, args);
  if (!flags) return Promise.resolve(0);
  const path = join(flags.string('data-dir') ?? DEFAULT_DATA_DIR, 'kubeconfig');
  try {
    process.stdout.write(readFileSync(path, 'utf8'));
  } catch {
    throw new UserError(`there is no kubeconfig at ${path}: start the cluster first with 'kubette serve'`);
  }
  return Promise.resolve(0);
}
