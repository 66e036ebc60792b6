import { parseFlags } from './flags.js';
import { callCluster, KUBECONFIG_FLAG } from './running-cluster.js';
import { UsageError, UserError } from './usage-error.js';

/** `kubette node stop|start NAME` */
export async function node(args: readonly string[]): Promise<number> {
  const flags = parseFlags('node stop|start NAME [flags]', { kubeconfig: KUBECONFIG_FLAG }, args);
  if (!flags) return 0;
  const [action, name, ...more] = flags.positionals;
  if ((action !== 'stop' && action !== 'start') || name === undefined || more.length > 0) throw new UsageError("usage: kubette node stop NAME, or kubette node start NAME");
  const reply = await callCluster(flags, 'POST', `/kubette/v1/nodes/${encodeURIComponent(name)}/${action}`);
  if (reply.code === 404) throw new UserError(`the cluster has no node "${name}"`);
  if (reply.code !== 200) throw new UserError(`the cluster refused: ${reply.text}`);
  process.stdout.write(`node/${name} ${action === 'stop' ? 'stopped' : 'started'}\n`);
  return 0;
}
