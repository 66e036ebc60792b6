import { resolve } from 'node:path';
import { ADDONS, createCluster, DeclarationError, KUBERNETES_VERSION, LoadError, LogFileError, RuntimeError, SchedulerConfigurationError, StorageError, type Cluster, type ClusterOptions } from '../index.js';
import { parseControllers } from './controllers.js';
import { loadImages, loadSchedulerConfig, loadStages } from './declarations.js';
import { parseFlags, type Flags, type Manual, type Parsed } from './flags.js';
import { audit, AUDIT_FLAGS } from './audit-flags.js';
import { AUTOSCALING_FLAGS, autoscaling } from './autoscaling-flags.js';
import { duration } from './duration.js';
import { LIMIT_FLAGS, limits } from './limit-flags.js';
import { LOG_LEVELS, stderrLogger } from './log.js';
import { writePrivate } from './private-file.js';
import { reasonOf, UsageError, UserError } from './usage-error.js';

export const DEFAULT_DATA_DIR = '.kubette';

const FLAGS: Flags = {
  port: { type: 'string', value: 'PORT', help: 'port of the API server, 0 picks a free one', default: '6443' },
  'bind-address': { type: 'string', value: 'IP', help: 'address to listen on', default: '127.0.0.1' },
  'data-dir': { type: 'string', value: 'DIR', help: 'where objects, keys and the kubeconfig are kept', default: DEFAULT_DATA_DIR },
  'in-memory': { type: 'boolean', help: 'keep everything in memory: all is gone when the server stops' },
  kubeconfig: { type: 'string', value: 'FILE', help: 'where to write the kubeconfig (default DIR/kubeconfig; with --in-memory ./kubeconfig)' },
  nodes: { type: 'string', value: 'N', help: 'number of simulated nodes, node-0 to node-(N-1)', default: '1' },
  addons: { type: 'string', value: 'LIST', help: `'all', 'none' or a list of: ${ADDONS.join(', ')}`, default: 'all' },
  controllers: { type: 'string', value: 'LIST', help: "controllers to run, as kube-controller-manager's flag ('*,-deployment-controller'), and files with controllers of your own ('*,./mine.js')", default: '*' },
  scheduler: { type: 'string', value: 'true|false', help: 'whether kubette schedules pods; false where another scheduler does', default: 'true' },
  'scheduler-config': { type: 'string', value: 'FILE', help: "a KubeSchedulerConfiguration with profiles, as kube-scheduler's --config (docs/scheduler.md)" },
  'node-monitor-grace-period': { type: 'string', value: 'DURATION', help: 'silence after which a node counts as gone, e.g. 10s', default: '50s' },
  'ingress-http-port': { type: 'string', value: 'PORT', help: 'port of localhost for Ingresses, 0 picks a free one (default 80, or 8080, or a free one)' },
  'ingress-https-port': { type: 'string', value: 'PORT', help: 'the same for TLS (default 443, or 8443, or a free one)' },
  ...LIMIT_FLAGS,
  ...AUTOSCALING_FLAGS,
  ...AUDIT_FLAGS,
  images: { type: 'string', value: 'FILE', help: 'what images do (docs/images.md): YAML, or a JavaScript module with a default export' },
  stages: { type: 'string', value: 'FILE', help: 'what happens to pods and nodes (docs/stages.md): delays, failures, restarts, as YAML' },
  runtime: { type: 'string', value: 'NAME', help: 'what containers are: simulated, or process: processes of this machine (docs/runtimes.md)', default: 'simulated' },
  'image-layouts': { type: 'string', value: 'LIST', help: 'OCI image layouts for --runtime=process: folders or tar archives, with commas between' },
  load: { type: 'string', value: 'PATH', help: 'start with the manifests of a file or folder, or with a dump: kubectl get … -A -o yaml' },
  'load-status': { type: 'boolean', help: 'give what is loaded the status that is written in it' },
  'record-requests': { type: 'boolean', help: 'remember what clients ask, for GET /kubette/v1/requests' },
  'ready-file': { type: 'string', value: 'FILE', help: 'written, with the URL, once everything answers' },
  'log-level': { type: 'string', value: 'LEVEL', help: 'debug, info, warn or error', default: 'warn' },
};

const MANUAL: Manual = {
  verb: 'serve',
  about: 'Starts a cluster and keeps it running until Ctrl-C (or SIGTERM). Objects and keys are kept in --data-dir, and the next start finds them.',
  usage: [['[flags]', '']],
  examples: [
    'kubette serve --nodes 3',
    'kubette serve --in-memory --port 0 --kubeconfig ./kubeconfig --ready-file ./ready',
    'kubette serve --in-memory --load manifests/ --addons none',
  ],
};

/** `kubette serve`: resolves with the exit code once the server has been told to stop. */
export async function serve(args: readonly string[]): Promise<number> {
  const started = performance.now();
  const flags = parseFlags(MANUAL, FLAGS, args);
  if (!flags) return 0;
  if (flags.positionals.length > 0) throw new UsageError(`serve takes no arguments, only flags: "${flags.positionals[0]}" is one too many`);
  const stopping = stopSignal();
  const cluster = await start(flags);
  const file = kubeconfigPath(flags);
  try {
    await writePrivate(file, cluster.kubeconfig);
    const readyFile = flags.string('ready-file');
    if (readyFile) await writePrivate(resolve(readyFile), `${cluster.url}\n`);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  process.stdout.write(`kubette is ready: ${cluster.url} (Kubernetes ${KUBERNETES_VERSION}, ${Math.round(performance.now() - started)} ms)\n`);
  if (process.stdout.isTTY) process.stdout.write(`\n  export KUBECONFIG=${file}\n  kubectl get nodes\n\nCtrl-C stops it.\n`);
  await stopping;
  await cluster.stop();
  return 0;
}

async function start(flags: Parsed): Promise<Cluster> {
  const port = flags.integer('port', 0, 65535) ?? 6443;
  const dataDir = flags.boolean('in-memory') ? undefined : resolve(flags.string('data-dir') ?? DEFAULT_DATA_DIR);
  const runtime = flags.choice('runtime', ['simulated', 'process']) === 'process' ? 'process' : 'simulated';
  if (runtime === 'process' && flags.string('images') !== undefined) throw new UsageError('--images is for simulated containers: with --runtime=process images come from --image-layouts');
  if (runtime === 'simulated' && flags.string('image-layouts') !== undefined) throw new UsageError('--image-layouts needs --runtime=process');
  const options: ClusterOptions = {
    port,
    bindAddress: flags.string('bind-address'),
    dataDir,
    nodes: flags.integer('nodes', 0, 10_000),
    addons: addons(flags),
    controllers: await parseControllers(flags.string('controllers') ?? '*'),
    scheduler: flags.choice('scheduler', ['true', 'false']) !== 'false',
    schedulerConfig: await loadSchedulerConfig(flags.string('scheduler-config')),
    nodeMonitorGraceMs: duration(flags, 'node-monitor-grace-period'),
    autoscaling: autoscaling(flags),
    ...limits(flags),
    ingress: { httpPort: flags.integer('ingress-http-port', 0, 65535), httpsPort: flags.integer('ingress-https-port', 0, 65535) },
    logger: stderrLogger(flags.choice('log-level', LOG_LEVELS)),
    images: await loadImages(flags.string('images')),
    stages: await loadStages(flags.string('stages')),
    audit: await audit(flags),
    load: flags.string('load'),
    loadStatus: flags.boolean('load-status'),
    recordRequests: flags.boolean('record-requests'),
    runtime,
    imageLayouts: flags.string('image-layouts')?.split(',').filter(Boolean),
  };
  try {
    return await createCluster(options);
  } catch (error) {
    throw startError(error, port, flags, dataDir);
  }
}

function addons(flags: Parsed): readonly string[] {
  const text = flags.string('addons') ?? 'all';
  if (text === 'all') return ADDONS;
  if (text === 'none' || text === '') return [];
  const names = text.split(',');
  const unknown = names.find((name) => !ADDONS.includes(name));
  if (unknown !== undefined) throw new UsageError(`--addons knows no "${unknown}": there are ${ADDONS.join(', ')}, all and none`);
  return names;
}

/** What keeps the server from starting, in one sentence; what is not the user's doing is passed on. */
function startError(error: unknown, port: number, flags: Parsed, dataDir: string | undefined): unknown {
  if (error instanceof StorageError) {
    if (error.code === 'locked') return new UserError(`${dataDir} is in use by another kubette: stop it, or choose another --data-dir`);
    return new UserError(`cannot use the data directory ${dataDir}: ${error.message}`);
  }
  if (error instanceof SchedulerConfigurationError) return new UsageError(`${flags.string('scheduler-config') ?? ''}: ${error.message}`);
  if (error instanceof DeclarationError) return new UsageError(`${flags.string(error.message.startsWith('images[') ? 'images' : 'stages') ?? ''}: ${error.message}`);
  if (error instanceof RangeError && error.message.includes('is not in the list of known controllers')) return new UsageError(`--controllers: ${error.message}`);
  if (error instanceof LoadError || error instanceof LogFileError || error instanceof RuntimeError) return new UserError(error.message);
  const { code } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'EADDRINUSE':
      return new UserError(`port ${port} is taken: choose another --port, or 0 for a free one`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new UserError(`cannot listen on ${flags.string('bind-address')}: this machine has no such address`);
    case 'EEXIST':
      return new UserError(`cannot use the data directory ${dataDir}: there is a file in its place`);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOTDIR':
    case 'ENOENT':
    case 'ELOOP':
    case 'ENAMETOOLONG':
    case 'ENOSPC':
      return new UserError((error as NodeJS.ErrnoException).syscall === 'listen' ? `may not listen on port ${port}` : `cannot use the data directory ${dataDir}: ${reasonOf(error)}`);
    default:
      return error;
  }
}

function kubeconfigPath(flags: Parsed): string {
  const asked = flags.string('kubeconfig');
  if (asked) return resolve(asked);
  return resolve(flags.boolean('in-memory') ? '.' : (flags.string('data-dir') ?? DEFAULT_DATA_DIR), 'kubeconfig');
}

/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once. */
function stopSignal(): Promise<void> {
  return new Promise((resolveStop) => {
    let asked = false;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (asked) process.exit(signal === 'SIGINT' ? 130 : 143);
      asked = true;
      resolveStop();
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}
