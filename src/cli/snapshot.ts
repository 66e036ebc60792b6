import { readFileSync, writeFileSync } from 'node:fs';
import { parseFlags, type Manual } from './flags.js';
import { callCluster, KUBECONFIG_FLAG, succeeded } from './running-cluster.js';
import { reasonOf, UsageError, UserError } from './usage-error.js';

const SNAPSHOT_MANUAL: Manual = {
  verb: 'snapshot',
  about: 'All objects of a running cluster in a file, Secrets included (docs/snapshots.md).',
  usage: [
    ['save FILE', 'write the file'],
    ['restore FILE', 'make the objects what they are in the file; watches see what changes'],
  ],
  examples: ['kubette snapshot save before.snapshot', 'kubette snapshot restore before.snapshot'],
};

const RESET_MANUAL: Manual = {
  verb: 'reset',
  about: 'Makes a running cluster a new one: its objects are those of a start (with --load, what was loaded), without faults or recorded requests, its nodes run, and so does its clock.',
  usage: [['[flags]', '']],
};

/** `kubette snapshot save FILE`, `kubette snapshot restore FILE`: of a running cluster. */
export async function snapshot(args: readonly string[]): Promise<number> {
  const flags = parseFlags(SNAPSHOT_MANUAL, { kubeconfig: KUBECONFIG_FLAG }, args);
  if (!flags) return 0;
  const [action, file, ...more] = flags.positionals;
  if ((action !== 'save' && action !== 'restore') || file === undefined || more.length > 0) throw new UsageError('usage: kubette snapshot save FILE, or kubette snapshot restore FILE');
  if (action === 'save') {
    const { bytes } = succeeded(await callCluster(flags, 'GET', '/kubette/v1/snapshot'));
    // Secrets are in it.
    attempt(`cannot write the snapshot ${file}`, () => writeFileSync(file, bytes, { mode: 0o600 }));
  } else {
    const bytes = attempt(`cannot read the snapshot ${file}`, () => readFileSync(file));
    const reply = await callCluster(flags, 'PUT', '/kubette/v1/snapshot', bytes);
    // The file is at fault, not the command line.
    if (reply.code === 400) throw new UserError(`cannot restore ${file}: ${reply.text.trim()}`);
    succeeded(reply);
  }
  process.stdout.write(`snapshot ${action === 'save' ? 'saved to' : 'restored from'} ${file}\n`);
  return 0;
}

/** `kubette reset`: a running cluster goes back to a new one. */
export async function reset(args: readonly string[]): Promise<number> {
  const flags = parseFlags(RESET_MANUAL, { kubeconfig: KUBECONFIG_FLAG }, args);
  if (!flags) return 0;
  if (flags.positionals.length > 0) throw new UsageError('reset takes no arguments, only flags');
  succeeded(await callCluster(flags, 'POST', '/kubette/v1/reset'));
  process.stdout.write('cluster reset\n');
  return 0;
}

function attempt<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new UserError(`${what}: ${reasonOf(error)}`);
  }
}
