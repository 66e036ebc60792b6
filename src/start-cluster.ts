import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { adminKubeconfig } from './authn/kubeconfig.js';
import { ensurePki, servingCertificate, type Pki } from './authn/pki/pki.js';
import { requestSigner } from './authn/pki/request-signer.js';
import type { ClusterNetwork, NodeAgent, NodeDirectory } from './api/streams.js';
import { Activity } from './base/activity.js';
import { sleep, SystemClock } from './base/clock.js';
import { ClusterClock } from './base/cluster-clock.js';
import { RandomIds, type Ids } from './base/ids.js';
import { silentLogger, type Logger } from './base/logger.js';
import { publishApiServer } from './bootstrap.js';
import { Cluster } from './cluster.js';
import type { ClusterOptions } from './cluster-options.js';
import { ControlPlane, DEFAULT_SERVICE_RANGE } from './control-plane.js';
import { LocalClient } from './client/local.js';
import { createHttpServer, type HttpServer } from './http/server.js';
import { metricsKinds } from './kinds/metrics/index.js';
import { nodeSwitch } from './node-switch.js';
import { stageDocuments } from './stage-documents.js';
import { resourceDirectory } from './registry/served-resources.js';
import { openStore, type Store } from './storage/index.js';
import { DEFAULT_DNS_IP } from './kubelet/kubelet.js';
import { ADDONS, Workloads, type WorkloadDependencies } from './workloads.js';

/** Starts a cluster; resolves once everything answers. Rejects with StorageError 'locked' for a data directory in use. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const closers: Array<() => Promise<void>> = [];
  const activity = new Activity();
  const base: Base = {
    activity,
    clock: new ClusterClock(options.clock ?? new SystemClock(), () => activity.settled()),
    ids: options.ids ?? new RandomIds(),
    logger: options.logger ?? silentLogger,
    closers,
  };
  try {
    return await start(options, base);
  } catch (error) {
    for (const close of closers.toReversed()) await close().catch(() => {});
    throw error;
  }
}

interface Base {
  /** What the residents are doing. */
  readonly activity: Activity;
  readonly clock: ClusterClock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly closers: Array<() => Promise<void>>;
}

async function start(options: ClusterOptions, base: Base): Promise<Cluster> {
  const { clock, ids, logger, closers, activity } = base;
  const host = options.bindAddress ?? '127.0.0.1';
  const store = await open(options, base);
  const pki = ensurePki({ directory: options.dataDir && join(options.dataDir, 'pki'), clock: new SystemClock(), hosts: [host] });
  const residents = new Residents();
  const plane = new ControlPlane({
    store,
    pki,
    clock,
    ids,
    logger,
    nodes: residents,
    ownDocuments: [nodeSwitch(() => residents.workloads), stageDocuments(() => residents.workloads)],
    serviceClusterIpRange: options.serviceClusterIpRange,
    serviceNodePortRange: options.serviceNodePortRange,
  });
  if ((options.addons ?? ADDONS).includes('metrics-server')) for (const kind of metricsKinds(residents)) plane.catalogue.add(kind);
  await plane.bootstrap();
  const front = openFront(plane, pki, options, closers);
  const { url, port } = await front.listen(options.port ?? 0, host);
  plane.url = url;
  plane.ownPaths = () => front.health.paths();
  const apiServer = { ip: host === '0.0.0.0' ? '127.0.0.1' : host, port };
  await publishApiServer(plane.registry, apiServer);
  const client = new LocalClient({ handle: (request) => activity.during(plane.pipeline.handle(request)) }, { name: 'system:apiserver', groups: ['system:masters'] });
  const workloads = new Workloads(options, { client, clock, ids, logger, caCertificate: pki.ca.cert, certificates: requestSigner(pki.ca), makeCertificate: (hosts) => servingCertificate(pki.ca, { commonName: 'kubette ingress', hosts, now: new SystemClock().now() }), tokens: plane.tokens, apiServer, resources: resourceDirectory(plane.catalogue), runtimes: runtimesOf(options) });
  residents.workloads = workloads;
  closers.push(() => workloads.stop());
  await startResidents(workloads, logger);
  const kubeconfig = adminKubeconfig({ server: url, ca: pki.ca.cert, cert: pki.admin.cert, key: pki.admin.key });
  return new Cluster({ url, port, kubeconfig, clock, api: plane.client, pipeline: plane.pipeline, workloads, front, closers });
}

/**
 * Residents read all that is stored before they work. Of a large cluster that takes a while, in which the API answers:
 * it is not waited for any longer than this.
 */
const RESIDENTS_WAIT_MS = 2000;

async function startResidents(workloads: Workloads, logger: Logger): Promise<void> {
  const started = workloads.start();
  const wait = new AbortController();
  // Real time: a cluster whose time stands still starts as well.
  const longEnough = sleep(new SystemClock(), RESIDENTS_WAIT_MS, wait.signal).then(
    () => {
      logger.info({}, 'the API answers; controllers and nodes are still reading what is stored');
      started.catch((error: unknown) => logger.error({ err: error }, 'controllers or nodes could not be started'));
    },
    () => {},
  );
  try {
    await Promise.race([started, longEnough]);
  } finally {
    wait.abort();
  }
}

/** Makers of runtimes other than the simulated one; their code is loaded when they are asked for. */
function runtimesOf({ runtime, imageLayouts, dataDir, serviceClusterIpRange = DEFAULT_SERVICE_RANGE }: ClusterOptions): WorkloadDependencies['runtimes'] {
  if (runtime !== 'process') return undefined;
  return async (environment) => {
    const { processRuntimes } = await import('./kubelet/runtimes/process/index.js');
    return processRuntimes(environment, { dataDir, imageLayouts, serviceCidr: serviceClusterIpRange, dnsIp: DEFAULT_DNS_IP });
  };
}

async function open(options: ClusterOptions, { clock, logger, closers }: Base): Promise<Store> {
  const location = options.dataDir && join(options.dataDir, 'db');
  if (options.dataDir) mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  const store = await openStore({ engine: location ? 'level' : 'memory', location, clock, logger, fsync: options.fsync, history: options.history });
  closers.push(() => store.close());
  return store;
}

function openFront(plane: ControlPlane, pki: Pki, { keepAlive = true, limits }: ClusterOptions, closers: Base['closers']): HttpServer {
  const server = createHttpServer({ ...plane.door(), tls: { cert: pki.serving.cert, key: pki.serving.key, ca: pki.ca.cert }, limits, unref: !keepAlive });
  server.health.add({ name: 'etcd', check: () => void plane.registry.store.head('core/namespaces/default') });
  closers.push(() => server.stop());
  return server;
}

/** What the API server reaches nodes and their network by: kinds are made before the nodes are. */
class Residents implements NodeDirectory, ClusterNetwork {
  workloads: Workloads | undefined;

  agent(nodeName: string): NodeAgent | undefined {
    return this.workloads?.agent(nodeName);
  }

  connect(ip: string, port: number, options?: Parameters<ClusterNetwork['connect']>[2]): ReturnType<ClusterNetwork['connect']> {
    if (!this.workloads) return Promise.reject(Object.assign(new Error(`connect EHOSTUNREACH ${ip}:${port}`), { code: 'EHOSTUNREACH' }));
    return this.workloads.network.connect(ip, port, options);
  }
}
