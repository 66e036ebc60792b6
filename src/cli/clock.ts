import { parseFlags, type Manual } from './flags.js';
import { callCluster, KUBECONFIG_FLAG, succeeded } from './running-cluster.js';
import { UsageError } from './usage-error.js';

interface Status {
  readonly time: string;
  readonly frozen: boolean;
}

const MANUAL: Manual = {
  verb: 'clock',
  about: "Stops or moves a running cluster's time, and prints what it is then (docs/time.md).",
  usage: [
    ['freeze', 'nothing gets older'],
    ['resume', 'time runs on from where it stands'],
    ['advance DURATION', 'let time pass: all that becomes due happens, one after the other'],
    ['set TIME', 'jump: what has become due meanwhile happens once'],
    ['status', 'only print the time'],
  ],
  examples: ['kubette clock advance 1h30m', 'kubette clock set 2030-01-01T00:00:00Z'],
};

/** `kubette clock freeze|resume|status`, `kubette clock advance 10m`, `kubette clock set 2026-01-01T00:00:00Z`: prints the time as it is then. */
export async function clock(args: readonly string[]): Promise<number> {
  const flags = parseFlags(MANUAL, { kubeconfig: KUBECONFIG_FLAG }, args);
  if (!flags) return 0;
  const [action, value, ...more] = flags.positionals;
  const takesValue = action === 'advance' || action === 'set';
  const known = takesValue || action === 'freeze' || action === 'resume' || action === 'status';
  if (!known || takesValue !== (value !== undefined) || more.length > 0) throw new UsageError('usage: kubette clock freeze, resume or status, kubette clock advance 10m, or kubette clock set 2026-01-01T00:00:00Z');
  const body = action === 'advance' ? { by: value } : action === 'set' ? { to: value } : {};
  const reply = action === 'status' ? callCluster(flags, 'GET', '/kubette/v1/clock') : callCluster(flags, 'POST', `/kubette/v1/clock/${action}`, JSON.stringify(body));
  const { time, frozen } = JSON.parse(succeeded(await reply).text) as Status;
  process.stdout.write(`${time} (${frozen ? 'frozen' : 'running'})\n`);
  return 0;
}
