import { parseFlags, type Manual } from './flags.js';
import { callCluster, KUBECONFIG_FLAG, succeeded } from './running-cluster.js';
import { UsageError, UserError } from './usage-error.js';

const DONE: Readonly<Record<string, string>> = { stop: 'stopped', start: 'started', partition: 'cut off', heal: 'joined' };

const MANUAL: Manual = {
  verb: 'node',
  about: "Makes a simulated node of a running cluster fail, and brings it back.",
  usage: [
    ['stop NAME', "end the node's kubelet and its containers, as a power cut does: the node becomes NotReady"],
    ['start NAME', 'start it again'],
    ['partition NAME', 'cut it off from the API server: its containers run on'],
    ['heal NAME', 'join it again'],
  ],
  examples: ['kubette node stop node-0', 'kubectl get nodes --watch'],
};

/** `kubette node stop|start|partition|heal NAME` */
export async function node(args: readonly string[]): Promise<number> {
  const flags = parseFlags(MANUAL, { kubeconfig: KUBECONFIG_FLAG }, args);
  if (!flags) return 0;
  const [action, name, ...more] = flags.positionals;
  if (action === undefined || !Object.hasOwn(DONE, action) || name === undefined || more.length > 0) throw new UsageError('usage: kubette node stop NAME, or start, partition or heal');
  const reply = await callCluster(flags, 'POST', `/kubette/v1/nodes/${encodeURIComponent(name)}/${action}`);
  if (reply.code === 404) throw new UserError(`the cluster has no node "${name}"`);
  succeeded(reply);
  process.stdout.write(`node/${name} ${DONE[action]}\n`);
  return 0;
}
