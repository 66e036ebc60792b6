import { parseFlags } from './flags.js';
import { callCluster, KUBECONFIG_FLAG } from './running-cluster.js';
import { UsageError, UserError } from './usage-error.js';

const DONE: Readonly<Record<string, string>> = { stop: 'stopped', start: 'started', partition: 'cut off', heal: 'joined' };

/** `kubette node stop|start|partition|heal NAME` */
export async function node(args: readonly string[]): Promise<number> {
  const flags = parseFlags('node stop|start|partition|heal NAME [flags]', { kubeconfig: KUBECONFIG_FLAG }, args);
  if (!flags) return 0;
  const [action, name, ...more] = flags.positionals;
  if (action === undefined || !Object.hasOwn(DONE, action) || name === undefined || more.length > 0) throw new UsageError('usage: kubette node stop NAME, or start, partition or heal');
  const reply = await callCluster(flags, 'POST', `/kubette/v1/nodes/${encodeURIComponent(name)}/${action}`);
  if (reply.code === 404) throw new UserError(`the cluster has no node "${name}"`);
  if (reply.code !== 200) throw new UserError(`the cluster refused: ${reply.text}`);
  process.stdout.write(`node/${name} ${DONE[action]}\n`);
  return 0;
}
