import type { StageDeclaration } from '../index.js';
import { loadStages } from './declarations.js';
import { parseFlags, type Flags, type Manual, type Parsed } from './flags.js';
import { callCluster, KUBECONFIG_FLAG, succeeded } from './running-cluster.js';
import { fileName, UsageError, UserError } from './usage-error.js';

const FLAGS: Flags = {
  filename: { type: 'string', short: 'f', value: 'FILE', help: "stages to set, as YAML; '-' for standard input" },
  kubeconfig: KUBECONFIG_FLAG,
};

const MANUAL: Manual = {
  verb: 'stage',
  about: 'Changes what happens to pods and nodes of a running cluster: slow pulls, crashes, lost networks (docs/stages.md).',
  usage: [
    ['set -f FILE', 'add the stages of a file, or replace those of the same name'],
    ['list', 'the stages there are'],
    ['delete NAME', 'take one away'],
  ],
  examples: ["echo '{ name: leak, pods: { labels: { app: web } }, after: 5s, do: { oomKill: true } }' | kubette stage set -f -"],
};

const PATH = '/kubette/v1/stages';

/** `kubette stage set -f FILE`, `kubette stage list`, `kubette stage delete NAME` */
export async function stage(args: readonly string[]): Promise<number> {
  const flags = parseFlags(MANUAL, FLAGS, args);
  if (!flags) return 0;
  const [action, name, ...more] = flags.positionals;
  const file = flags.string('filename');
  if (action === 'set' && file !== undefined && name === undefined) return set(flags, file);
  if (action === 'list' && name === undefined) return list(flags);
  if (action === 'delete' && name !== undefined && more.length === 0) return remove(flags, name);
  throw new UsageError('usage: kubette stage set -f FILE, kubette stage list, or kubette stage delete NAME');
}

async function set(flags: Parsed, file: string): Promise<number> {
  const stages = (await loadStages(file)) ?? [];
  const reply = await callCluster(flags, 'POST', PATH, JSON.stringify(stages));
  if (reply.code === 400) throw new UsageError(`${fileName(file)}: ${reply.text.trim()}`);
  succeeded(reply);
  for (const { name } of stages) process.stdout.write(`stage/${name} set\n`);
  return 0;
}

async function list(flags: Parsed): Promise<number> {
  const stages = JSON.parse(succeeded(await callCluster(flags, 'GET', PATH)).text) as StageDeclaration[];
  for (const { name, pods, on = 'running' } of stages) process.stdout.write(`${name}\t${pods ? `pods, on ${on}` : 'nodes'}\n`);
  return 0;
}

async function remove(flags: Parsed, name: string): Promise<number> {
  const reply = await callCluster(flags, 'DELETE', `${PATH}/${encodeURIComponent(name)}`);
  if (reply.code === 404) throw new UserError(`the cluster has no stage "${name}"`);
  succeeded(reply);
  process.stdout.write(`stage/${name} deleted\n`);
  return 0;
}
