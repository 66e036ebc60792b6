import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseFlags, type Flags, type Manual } from './flags.js';
import { UserError } from './usage-error.js';
import { DEFAULT_DATA_DIR } from './serve.js';

const FLAGS: Flags = {
  'data-dir': { type: 'string', value: 'DIR', help: 'the data directory of the cluster', default: DEFAULT_DATA_DIR },
};

const MANUAL: Manual = {
  verb: 'kubeconfig',
  about: "Prints the kubeconfig that 'kubette serve' wrote for its last start.",
  usage: [['[flags]', '']],
  examples: ['kubette kubeconfig > ~/.kube/config'],
};

/** `kubette kubeconfig`: what `serve` wrote for the last start. */
export function kubeconfig(args: readonly string[]): Promise<number> {
  const flags = parseFlags(MANUAL, FLAGS, args);
  if (!flags) return Promise.resolve(0);
  const path = join(flags.string('data-dir') ?? DEFAULT_DATA_DIR, 'kubeconfig');
  try {
    process.stdout.write(readFileSync(path, 'utf8'));
  } catch {
    throw new UserError(`there is no kubeconfig at ${path}: start the cluster first with 'kubette serve'`);
  }
  return Promise.resolve(0);
}
