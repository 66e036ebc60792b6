import { makeFolder } from './base/make-folder.js';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { adminKubeconfig } from './authn/kubeconfig.js';
import { ensurePki, servingCertificate, type Pki } from './authn/pki/pki.js';
import { requestSigner } from './authn/pki/request-signer.js';
import type { Route } from './admin/route.js';
import type { KubeObject } from './api/object.js';
import { adminDocuments } from './admin/routes.js';
import { Audit } from './audit/audit.js';
import { LogFile } from './audit/log-file.js';
import { checkPolicy } from './audit/policy.js';
import { Activity } from './base/activity.js';
import { sleep, SystemClock } from './base/clock.js';
import { ClusterClock } from './base/cluster-clock.js';
import { RandomIds, type Ids } from './base/ids.js';
import { silentLogger, type Logger } from './base/logger.js';
import { publishApiServer } from './bootstrap.js';
import { Cluster } from './cluster.js';
import type { AuditSettings, ClusterOptions } from './cluster-options.js';
import { clusterRoutes } from './cluster-routes.js';
import { ControlPlane, DEFAULT_SERVICE_RANGE } from './control-plane.js';
import { LocalClient } from './client/local.js';
import { ClusterState } from './embed/state.js';
import { Faults } from './faults/faults.js';
import { readAt } from './faults/read-at.js';
import { serverChecks } from './http/server-checks.js';
import { createHttpServer, type Front, type HttpServer } from './http/server.js';
import { DEFAULT_DNS_IP } from './kubelet/kubelet.js';
import { metricsKinds } from './kinds/metrics/index.js';
import { Loader } from './manifests/load.js';
import { readManifests } from './manifests/read.js';
import { ResourceNames } from './manifests/resources.js';
import type { Interceptor } from './pipeline/request.js';
import { Journal } from './recording/journal.js';
import { policyTypes } from './policy-types.js';
import { resourceDirectory } from './registry/served-resources.js';
import { Residents } from './residents.js';
import { encodeProtobuf, hasProtobuf } from './schema/protobuf/index.js';
import { jsonCodec, openStore, type Store } from './storage/index.js';
import { VirtualClusters } from './virtual-clusters.js';
import { ADDONS, Workloads, type WorkloadDependencies } from './workloads.js';

/** Where a virtual cluster is mounted. */
export interface Host {
  readonly name: string;
  readonly server: HttpServer;
  readonly address: { readonly ip: string; readonly port: number };
  readonly pki: Pki;
}

/** Starts a cluster; resolves once everything answers. Rejects with StorageError 'locked' for a data directory in use. */
export async function startCluster(options: ClusterOptions = {}, host?: Host): Promise<Cluster> {
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
    return await start(options, base, host);
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

async function start(options: ClusterOptions, base: Base, host: Host | undefined): Promise<Cluster> {
  const { clock, ids, logger, closers, activity } = base;
  const real = new SystemClock();
  const address = options.bindAddress ?? '127.0.0.1';
  const store = await open(options, base);
  const isNew = store.revision === 0;
  const pki = host?.pki ?? ensurePki({ directory: options.dataDir && join(options.dataDir, 'pki'), clock: real, hosts: [address] });
  const residents = new Residents();
  const interceptors: Interceptor[] = [];
  const routes: { all: ReadonlyMap<string, Route> } = { all: new Map() };
  const plane = new ControlPlane({
    store,
    pki,
    clock,
    ids,
    logger,
    nodes: residents,
    ownDocuments: [adminDocuments(() => routes.all)],
    interceptors,
    serviceClusterIpRange: options.serviceClusterIpRange,
    serviceNodePortRange: options.serviceNodePortRange,
  });
  if ((options.addons ?? ADDONS).includes('metrics-server')) for (const kind of metricsKinds(residents)) plane.catalogue.add(kind);
  await plane.bootstrap();

  if (options.audit) interceptors.push(openAudit(options.audit, plane, base));
  let started = false;
  const behind = { plane, pki, isStarted: () => started };
  const front = host ? mount(behind, host, closers) : await listen(behind, options, closers);
  plane.url = front.url;
  plane.ownPaths = () => front.health.paths();
  const apiServer = host?.address ?? { ip: address === '0.0.0.0' ? '127.0.0.1' : address, port: front.port };
  await publishApiServer(plane.registry, apiServer);
  started = true;
  const client = new LocalClient({ handle: (request) => activity.during(plane.pipeline.handle(request)) }, { name: 'system:apiserver', groups: ['system:masters'] });
  const workloads = new Workloads(options, { client, clock, ids, logger, caCertificate: pki.ca.cert, certificates: requestSigner(pki.ca), makeCertificate: (hosts) => servingCertificate(pki.ca, { commonName: 'kubette ingress', hosts, now: real.now() }), tokens: plane.tokens, apiServer: { ...apiServer, connect: front.connect }, resources: resourceDirectory(plane.catalogue), policyTypes: policyTypes(plane.catalogue), runtimes: runtimesOf(options) });
  residents.workloads = workloads;
  closers.push(() => workloads.stop());
  const resources = new ResourceNames(plane.catalogue);
  const loader = options.load === undefined ? undefined : new Loader({ client: plane.client, resources, clock: real }, readManifests(options.load), { keepStatus: options.loadStatus });
  await loader?.load();
  await startResidents(workloads, logger);
  if (loader) await activity.settled();
  await loader?.load({ started: true });
  loader?.finish();
  clock.jumped = () => workloads.heartbeat();

  const faults = new Faults({
    clock: real,
    ids,
    revision: () => store.revision,
    readAt: (request, revision, next) => readAt(plane.registry, request, revision, next),
    open: () => front.active(),
    changed: (active) => place(interceptors, faults.intercept, active),
  });
  const { recordRequests = true } = options;
  const journal = recordRequests === false ? undefined : new Journal({ clock, ...(typeof recordRequests === 'number' ? { maxRequests: recordRequests } : {}) });
  // First, so that it sees what faults make of a request.
  if (journal) interceptors.unshift(journal.intercept);
  const bootstrap = async (): Promise<void> => {
    await plane.bootstrap();
    await publishApiServer(plane.registry, apiServer);
  };
  const state = new ClusterState({ store, clock, settle: () => activity.settled(), wakeNodes: () => workloads.wakeNodes(), bootstrap });
  if (isNew) {
    await activity.settled();
    state.markEmpty();
  }
  const kubeconfig = adminKubeconfig({ server: front.url, ca: pki.ca.cert, cert: pki.admin.cert, key: pki.admin.key, ...(host ? { name: host.name } : {}) });
  const virtual = front.server && new VirtualClusters((name, own) => startCluster({ ...own, logger }, { name, server: front.server as HttpServer, address: apiServer, pki }));
  if (virtual) closers.push(() => virtual.stop());
  const cluster = new Cluster({
    url: front.url, port: front.port, kubeconfig, clock, real, api: plane.client, pipeline: plane.pipeline, workloads, front, faults, journal, state, virtual,
    resources, settled: () => activity.settled(), closers,
  });
  routes.all = clusterRoutes(cluster);
  return cluster;
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
  if (options.dataDir) makeFolder(options.dataDir, 0o700);
  const store = await openStore({ engine: location ? 'level' : 'memory', location, clock, logger, fsync: options.fsync, history: options.history, codec: { ...jsonCodec, size: protobufSize } });
  closers.push(() => store.close());
  return store;
}

/** Kubernetes stores what has a message as one. */
function protobufSize(object: KubeObject): number {
  return hasProtobuf(object) ? encodeProtobuf(object).length : Buffer.byteLength(jsonCodec.encode(object));
}

function openAudit({ policy, log, ...rotation }: AuditSettings, plane: ControlPlane, { clock, ids, closers }: Base): Interceptor {
  let write: (line: string) => void;
  if (typeof log === 'string') {
    const file = new LogFile({ ...rotation, path: log, clock: new SystemClock() });
    closers.push(() => Promise.resolve(file.close()));
    write = (line) => file.write(line);
  } else write = log;
  return new Audit({ policy: checkPolicy(policy), write, catalogue: plane.catalogue, authorize: plane.authorize, encode: (request, response) => plane.pipeline.encode(request, response), clock, ids }).intercept;
}

/** A cluster's front with its address; `server` where it has one of its own, `connect` where it shares one. */
type OpenFront = Front & { readonly url: string; readonly port: number; readonly server?: HttpServer; readonly connect?: () => Duplex };

/** What a front answers for. */
interface Behind {
  readonly plane: ControlPlane;
  readonly pki: Pki;
  /** Whether all is there that a cluster has from the start. */
  readonly isStarted: () => boolean;
}

async function listen(behind: Behind, { port = 0, bindAddress = '127.0.0.1', keepAlive = true, limits }: ClusterOptions, closers: Base['closers']): Promise<OpenFront> {
  const { plane, pki } = behind;
  const server = createHttpServer({ ...plane.door(), tls: { cert: pki.serving.cert, key: pki.serving.key, ca: pki.ca.cert }, limits, unref: !keepAlive });
  closers.push(() => server.stop());
  return { ...withAddress(behind, server, await server.listen(port, bindAddress)), server };
}

function mount(behind: Behind, { name, server, address }: Host, closers: Base['closers']): OpenFront {
  const front = server.mount(name, behind.plane.door());
  closers.push(() => front.stop());
  return { ...withAddress(behind, front, { url: front.url, port: address.port }), connect: () => front.connect() };
}

function withAddress({ plane, pki, isStarted }: Behind, front: Front, { url, port }: { url: string; port: number }): OpenFront {
  front.health.add(...serverChecks({ readStore: () => void plane.registry.store.head('core/namespaces/default'), isStarted, certificate: pki.serving.cert, now: () => new SystemClock().now() }));
  return { url, port, health: front.health, active: () => front.active(), request: (path, request) => front.request(path, request), stop: () => front.stop() };
}

/** Faults come last: what stands before them sees their work. */
function place(interceptors: Interceptor[], interceptor: Interceptor, present: boolean): void {
  const at = interceptors.indexOf(interceptor);
  if (present && at < 0) interceptors.push(interceptor);
  if (!present && at >= 0) interceptors.splice(at, 1);
}
