import { parseFlags } from './flags.js';
import { callCluster, KUBECONFIG_FLAG, succeeded } from './running-cluster.js';
import { UsageError } from './usage-error.js';

interface Status {
  readonly time: string;
  readonly frozen: boolean;
}

/** `kubette clock freeze|resume|status`, `kubette clock advance 10m`, `kubette clock set 2026-01-01T00:00:00Z`: prints the time as it is then. */
export async function clock(args: readonly string[]): Promise<number> {
  const flags = parseFlags('clock freeze|resume|advance|set|status [flags]', { kubeconfig: KUBECONFIG_FLAG }, args);
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
