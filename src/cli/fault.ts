import type { Fault, FaultRule } from '../index.js';
import { parseFlags, type Flags, type Manual, type Parsed } from './flags.js';
import { callCluster, KUBECONFIG_FLAG, succeeded } from './running-cluster.js';
import { UsageError, UserError } from './usage-error.js';

const FLAGS: Flags = {
  verb: { type: 'string', value: 'LIST', help: 'requests with these verbs: get, list, watch, create, update, patch, delete, deletecollection' },
  resource: { type: 'string', value: 'LIST', help: 'pods, deployments.apps, pods/log; * stands for anything' },
  namespace: { type: 'string', value: 'LIST', help: 'namespaces of the objects' },
  name: { type: 'string', value: 'LIST', help: 'names of the objects' },
  user: { type: 'string', value: 'LIST', help: 'who asks' },
  'user-agent': { type: 'string', value: 'LIST', help: "which program asks: 'kubectl*'" },
  error: { type: 'string', value: 'CODE', help: 'answer with an HTTP code from 400 to 599' },
  message: { type: 'string', value: 'TEXT', help: 'what the error says' },
  'retry-after': { type: 'string', value: 'SECONDS', help: 'send Retry-After with the error' },
  latency: { type: 'string', value: 'DURATION', help: 'wait before anything else, e.g. 200ms' },
  drop: { type: 'string', value: 'WHEN', help: 'end the connection without an answer: before or after the work is done' },
  watch: { type: 'string', value: 'HOW', help: 'watches, also open ones: close ends them, gone answers 410' },
  stale: { type: 'string', value: 'N', help: 'show reads as they were: N writes ago, or 0 for now and on' },
  conflict: { type: 'boolean', help: 'answer updates and patches with 409' },
  times: { type: 'string', value: 'N', help: 'only so many requests' },
  probability: { type: 'string', value: 'P', help: 'how likely, from 0 to 1' },
  residents: { type: 'boolean', help: "also the cluster's own controllers, scheduler and kubelets" },
  id: { type: 'string', value: 'NAME', help: 'how to call it (default fault-N)' },
  kubeconfig: KUBECONFIG_FLAG,
};

const MANUAL: Manual = {
  verb: 'fault',
  about: 'Makes requests to a running cluster go wrong (docs/faults.md). The first rule that matches a request decides.',
  usage: [
    ['add FLAGS', 'add a rule: which requests, and what happens to them'],
    ['list', 'the rules, and how many requests each has met'],
    ['clear [ID]', 'remove one rule, or all'],
  ],
  examples: [
    'kubette fault add --verb create --resource pods --error 503 --retry-after 1 --times 2',
    "kubette fault add --user-agent 'kubectl*' --latency 2s",
    'kubette fault add --resource deployments.apps --watch gone --times 1',
  ],
};

const PATH = '/kubette/v1/faults';

/** `kubette fault add FLAGS`, `kubette fault list`, `kubette fault clear [ID]` */
export async function fault(args: readonly string[]): Promise<number> {
  const flags = parseFlags(MANUAL, FLAGS, args);
  if (!flags) return 0;
  const [action, id, ...more] = flags.positionals;
  if (action === 'add' && id === undefined) return add(flags);
  if (action === 'list' && id === undefined) return list(flags);
  if (action === 'clear' && more.length === 0) return clear(flags, id);
  throw new UsageError('usage: kubette fault add FLAGS, kubette fault list, or kubette fault clear [ID]');
}

async function add(flags: Parsed): Promise<number> {
  const made = JSON.parse(succeeded(await callCluster(flags, 'POST', PATH, JSON.stringify(ruleOf(flags)))).text) as Fault;
  process.stdout.write(`fault/${made.id} added\n`);
  return 0;
}

async function list(flags: Parsed): Promise<number> {
  const faults = JSON.parse(succeeded(await callCluster(flags, 'GET', PATH)).text) as Array<FaultRule & { hits: number }>;
  for (const { id, hits, ...rule } of faults) process.stdout.write(`${id}\t${hits} hits\t${JSON.stringify(rule)}\n`);
  return 0;
}

async function clear(flags: Parsed, id: string | undefined): Promise<number> {
  const reply = await callCluster(flags, 'DELETE', id === undefined ? PATH : `${PATH}/${encodeURIComponent(id)}`);
  if (reply.code === 404) throw new UserError(`the cluster has no fault "${id}"`);
  succeeded(reply);
  process.stdout.write(id === undefined ? 'faults cleared\n' : `fault/${id} cleared\n`);
  return 0;
}

function ruleOf(flags: Parsed): FaultRule {
  const list = (name: string): readonly string[] | undefined => flags.string(name)?.split(',');
  const number = (name: string): number | undefined => (flags.string(name) === undefined ? undefined : Number(flags.string(name)));
  const code = flags.integer('error', 400, 599);
  const message = flags.string('message');
  const retryAfterSeconds = flags.integer('retry-after', 0, 86_400);
  if (code === undefined && (message !== undefined || retryAfterSeconds !== undefined)) throw new UsageError('--message and --retry-after need --error');
  const stale = flags.integer('stale', 0, Number.MAX_SAFE_INTEGER);
  return {
    id: flags.string('id'),
    verb: list('verb'),
    resource: list('resource'),
    namespace: list('namespace'),
    name: list('name'),
    user: list('user'),
    userAgent: list('user-agent'),
    error: code === undefined ? undefined : { code, message, retryAfterSeconds },
    latency: flags.string('latency'),
    drop: flags.choice<'before' | 'after'>('drop', ['before', 'after']),
    watch: flags.choice('watch', ['close', 'gone']),
    stale: stale === 0 ? true : stale,
    conflict: flags.boolean('conflict') || undefined,
    times: flags.integer('times', 1, Number.MAX_SAFE_INTEGER),
    probability: number('probability'),
    residents: flags.boolean('residents') || undefined,
  };
}
