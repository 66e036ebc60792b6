import { join } from 'node:path';
import { mkdirSync } from 'node:fs';
import type { Authorize } from './authn/access.js';
import { Authenticator } from './authn/authenticator.js';
import { adminKubeconfig } from './authn/kubeconfig.js';
import { oidcDocuments } from './authn/oidc-documents.js';
import { ensurePki, type Pki } from './authn/pki/pki.js';
import { requestSigner } from './authn/pki/request-signer.js';
import { loadSigningKey, type SigningKey } from './authn/signing-key.js';
import { createTokenIssuer } from './authn/token-issuer.js';
import { TokenVerifier } from './authn/token-verifier.js';
import { admissionChain } from './admission/index.js';
import { FlowControl, Rbac } from './authz/index.js';
import type { KubeObject } from './api/object.js';
import type { ClusterNetwork, NodeAgent, NodeDirectory } from './api/streams.js';
import { SystemClock, type Clock } from './base/clock.js';
import { RandomIds, type Ids } from './base/ids.js';
import { silentLogger, type Logger } from './base/logger.js';
import { bootstrapObjects, publishApiServer } from './bootstrap.js';
import { LocalClient } from './client/local.js';
import type { Client } from './client/types.js';
import { Discovery } from './discovery/index.js';
import { OpenApi } from './discovery/openapi/index.js';
import { createHttpServer, type HttpServer } from './http/server.js';
import { builtinKinds } from './kinds/index.js';
import { discoveryDocuments, indexDocument } from './pipeline/documents.js';
import { openApiDocuments } from './pipeline/openapi-documents.js';
import { nodeSwitch } from './node-switch.js';
import { createPipeline } from './pipeline/pipeline.js';
import type { Pipeline } from './pipeline/request.js';
import { KindCatalogue } from './registry/catalogue.js';
import type { RegistryDependencies } from './registry/dependencies.js';
import { resourceDirectory } from './registry/served-resources.js';
import { openStore, type Store } from './storage/index.js';
import { WatchCache } from './watch/index.js';
import { Workloads, type WorkloadOptions } from './workloads.js';

export interface ClusterOptions extends WorkloadOptions {
  /** Where objects and keys are kept. Without one the cluster lives in memory and is gone when it stops. */
  readonly dataDir?: string | undefined;
  /** 0 (the default) picks a free one. */
  readonly port?: number | undefined;
  /** 127.0.0.1 unless said otherwise. */
  readonly bindAddress?: string | undefined;
  readonly serviceClusterIpRange?: string | undefined;
  readonly serviceNodePortRange?: readonly [number, number] | undefined;
  /** Writes are synced to disk before they are acknowledged (true unless said otherwise). */
  readonly fsync?: boolean | undefined;
  readonly clock?: Clock | undefined;
  readonly ids?: Ids | undefined;
  readonly logger?: Logger | undefined;
}

const ISSUER = 'https://kubernetes.default.svc.cluster.local';
/** What needs no credentials (the rights of system:public-info-viewer); everything else is 401 without any. */
const PUBLIC_PATHS: ReadonlySet<string> = new Set(['/healthz', '/livez', '/readyz', '/version', '/version/']);

/** A running cluster. Made by {@link startCluster}; parts are started in order of dependency and stopped in reverse. */
export class Cluster implements AsyncDisposable {
  private stopped: Promise<void> | undefined;

  constructor(
    /** https://HOST:PORT */
    readonly url: string,
    readonly port: number,
    /** A kubeconfig of the cluster's administrator, as YAML. */
    readonly kubeconfig: string,
    /** The residents' door to the API, as administrator. */
    readonly client: Client,
    readonly pipeline: Pipeline,
    readonly workloads: Workloads,
    private readonly closers: ReadonlyArray<() => Promise<void>>,
  ) {}

  /** Stops everything and frees port, timers and files. Idempotent. */
  stop(): Promise<void> {
    return (this.stopped ??= this.close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  private async close(): Promise<void> {
    for (const close of this.closers.toReversed()) await close();
  }
}

/** Starts a cluster; resolves once everything answers. Rejects with StorageError 'locked' for a data directory in use. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const clock = options.clock ?? new SystemClock();
  const ids = options.ids ?? new RandomIds();
  const logger = options.logger ?? silentLogger;
  const closers: Array<() => Promise<void>> = [];
  try {
    return await start(options, { clock, ids, logger, closers });
  } catch (error) {
    for (const close of closers.toReversed()) await close().catch(() => {});
    throw error;
  }
}

interface Base {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly closers: Array<() => Promise<void>>;
}

async function start(options: ClusterOptions, base: Base): Promise<Cluster> {
  const { clock, ids, logger, closers } = base;
  const host = options.bindAddress ?? '127.0.0.1';
  const store = await open(options, base);
  const pki = ensurePki({ directory: options.dataDir && join(options.dataDir, 'pki'), clock: new SystemClock(), hosts: [host] });
  const reader = new WatchCache(store);
  const key = loadSigningKey(pki.serviceAccountKey);
  const tokens = createTokenIssuer({ key, clock, ids, issuer: ISSUER });
  const nodes = new Nodes();
  const serviceClusterIpRange = options.serviceClusterIpRange ?? '10.96.0.0/16';
  const catalogue = new KindCatalogue();
  // Quotas are charged through the API, whose client needs the registry: it is known further down.
  const quotaStatus: { write: (quota: KubeObject) => Promise<void> } = { write: () => Promise.resolve() };
  const registry: RegistryDependencies = { store, reader, catalogue, clock, ids, admission: admissionChain({ reader, clock, ids, updateQuotaStatus: (quota) => quotaStatus.write(quota) }), logger };
  const authenticator = new Authenticator({ serviceAccountTokens: tokenVerifier(key, clock, reader), audiences: [ISSUER], anonymous: PUBLIC_PATHS });
  const rbac = new Rbac(reader);
  for (const kind of builtinKinds({
    nodes,
    network: nodes,
    tokens,
    access: rbac,
    reviewToken: (token, audiences) => authenticator.reviewToken(token, audiences),
    serviceClusterIpRange,
    serviceNodePortRange: options.serviceNodePortRange ?? [30000, 32767],
  })) catalogue.add(kind);

  let url = '';
  const discovery = new Discovery(catalogue, () => url.replace('https://', ''));
  const authorize: Authorize = (user, question) => Promise.resolve(rbac.decide(user, question));
  // The index at "/" also names the server's own routes, which are known further down.
  const ownPaths: { of: () => readonly string[] } = { of: () => [] };
  const residents: { workloads?: Workloads } = {};
  const pipeline = createPipeline({
    registry,
    authorize,
    documents: [discoveryDocuments(discovery), openApiDocuments(new OpenApi(catalogue), clock), nodeSwitch(() => residents.workloads), indexDocument(() => [...indexPaths(discovery), ...ownPaths.of()])],
    logger,
  });
  const client = new LocalClient(pipeline, { name: 'system:apiserver', groups: ['system:masters'] });
  quotaStatus.write = async (quota) => void (await client.resource({ group: '', version: 'v1', resource: 'resourcequotas' }).updateSubresource(quota, 'status'));
  await bootstrapObjects(registry, { serviceClusterIpRange, clientCa: pki.ca.cert });

  const server = httpServer(pki, key, { pipeline, authorize, authenticator, reader, ids, logger });
  server.health.add({ name: 'etcd', check: () => void store.head('core/namespaces/default') });
  ownPaths.of = () => server.health.paths();
  closers.push(() => server.stop());
  const listening = await server.listen(options.port ?? 0, host);
  url = listening.url;
  const apiServer = { ip: host === '0.0.0.0' ? '127.0.0.1' : host, port: listening.port };
  await publishApiServer(registry, apiServer);
  const workloads = new Workloads(options, { client, clock, ids, logger, caCertificate: pki.ca.cert, certificates: requestSigner(pki.ca), tokens, apiServer, resources: resourceDirectory(catalogue) });
  residents.workloads = workloads;
  nodes.workloads = workloads;
  closers.push(() => workloads.stop());
  await workloads.start();
  const kubeconfig = adminKubeconfig({ server: url, ca: pki.ca.cert, cert: pki.admin.cert, key: pki.admin.key });
  return new Cluster(url, listening.port, kubeconfig, client, pipeline, workloads, closers);
}

async function open(options: ClusterOptions, { clock, logger, closers }: Base): Promise<Store> {
  const location = options.dataDir && join(options.dataDir, 'db');
  if (options.dataDir) mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  const store = await openStore({ engine: location ? 'level' : 'memory', location, clock, logger, fsync: options.fsync });
  closers.push(() => store.close());
  return store;
}

function tokenVerifier(key: SigningKey, clock: Clock, reader: WatchCache): TokenVerifier {
  return new TokenVerifier({
    key,
    clock,
    issuer: ISSUER,
    lookUp: (resource, namespace, name) => reader.get(resource === 'nodes' ? `core/nodes/${name}` : `core/${resource}/${namespace}/${name}`)?.object,
  });
}

interface HttpParts extends Pick<Base, 'ids' | 'logger'> {
  readonly pipeline: Pipeline;
  readonly authorize: Authorize;
  readonly authenticator: Authenticator;
  readonly reader: WatchCache;
}

function httpServer(pki: Pki, key: SigningKey, { pipeline, authorize, authenticator, reader, ids, logger }: HttpParts): HttpServer {
  return createHttpServer({
    pipeline,
    authorize,
    authenticator,
    flowControl: new FlowControl(reader).classify,
    tls: { cert: pki.serving.cert, key: pki.serving.key, ca: pki.ca.cert },
    oidc: (serverUrl) => oidcDocuments({ key, issuer: ISSUER, serverUrl }),
    logger,
    ids,
  });
}

/** What the API server reaches nodes and their network by: kinds are made before the nodes are. */
class Nodes implements NodeDirectory, ClusterNetwork {
  workloads: Workloads | undefined;

  agent(nodeName: string): NodeAgent | undefined {
    return this.workloads?.agent(nodeName);
  }

  connect(ip: string, port: number, options?: Parameters<ClusterNetwork['connect']>[2]): ReturnType<ClusterNetwork['connect']> {
    if (!this.workloads) return Promise.reject(Object.assign(new Error(`connect EHOSTUNREACH ${ip}:${port}`), { code: 'EHOSTUNREACH' }));
    return this.workloads.network.connect(ip, port, options);
  }
}

function indexPaths(discovery: Discovery): string[] {
  const groups = discovery.groups().filter(({ name }) => name);
  return [
    '/api',
    '/apis',
    '/apis/',
    ...discovery.groupVersionPaths(),
    ...groups.map(({ name }) => `/apis/${name}`),
    '/.well-known/openid-configuration',
    '/openid/v1/jwks',
    '/openapi/v2',
    '/openapi/v3',
    '/openapi/v3/',
    '/metrics',
    '/version',
  ];
}

