import type { Authorize } from './authn/access.js';
import { requestSigner } from './authn/pki/request-signer.js';
import { Authenticator } from './authn/authenticator.js';
import { oidcDocuments } from './authn/oidc-documents.js';
import type { Pki } from './authn/pki/pki.js';
import { loadSigningKey, type SigningKey } from './authn/signing-key.js';
import { createTokenIssuer } from './authn/token-issuer.js';
import { TokenVerifier } from './authn/token-verifier.js';
import { admissionChain, expressionProblem, type WebhookEnvironment } from './admission/index.js';
import { webhookEnvironment } from './webhook-environment.js';
import { FlowControl, Rbac } from './authz/index.js';
import type { KubeObject } from './api/object.js';
import type { CustomResourceDefinition } from './api/types/apiextensions-v1.js';
import type { ClusterNetwork, NodeDirectory } from './api/streams.js';
import { SystemClock, type Clock } from './base/clock.js';
import type { Ids } from './base/ids.js';
import type { Logger } from './base/logger.js';
import { bootstrapObjects } from './bootstrap.js';
import { LocalClient } from './client/local.js';
import type { Client } from './client/types.js';
import { Discovery } from './discovery/index.js';
import { OpenApi } from './discovery/openapi/index.js';
import type { DoorOptions } from './http/door.js';
import { OWN_PATHS } from './http/own-routes.js';
import { CustomResources, DEFINITIONS_PREFIX } from './kinds/dynamic/custom-resources.js';
import type { ConversionEnvironment } from './kinds/dynamic/webhook-conversion.js';
import { builtinKinds } from './kinds/index.js';
import { discoveryDocuments, indexDocument, type DocumentHandler } from './pipeline/documents.js';
import { openApiDocuments } from './pipeline/openapi-documents.js';
import { createPipeline } from './pipeline/pipeline.js';
import type { Interceptor, Pipeline } from './pipeline/request.js';
import { KindCatalogue } from './registry/catalogue.js';
import type { RegistryDependencies } from './registry/dependencies.js';
import { objectCounts } from './registry/object-counts.js';
import type { Store } from './storage/index.js';
import { WatchCache } from './watch/index.js';

export interface ControlPlaneOptions {
  readonly store: Store;
  readonly pki: Pki;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly nodes: NodeDirectory & ClusterNetwork;
  /** Routes of kubette's own, asked before there is nothing left but 404. */
  readonly ownDocuments: readonly DocumentHandler[];
  /** What stands before the first stage of the corridor; may change. */
  readonly interceptors: readonly Interceptor[];
  readonly serviceClusterIpRange?: string | undefined;
  readonly serviceNodePortRange?: readonly [number, number] | undefined;
}

/** How long a conversion may take: a request takes no longer. */
const CONVERSION_TIMEOUT_SECONDS = 30;
const ISSUER = 'https://kubernetes.default.svc.cluster.local';
/** What needs no credentials (the rights of system:public-info-viewer); everything else is 401 without any. */
const PUBLIC_PATHS: ReadonlySet<string> = new Set(['/healthz', '/livez', '/readyz', '/version', '/version/']);
export const DEFAULT_SERVICE_RANGE = '10.96.0.0/16';

/** The API server of one cluster, up to the socket: everything between authentication and the store. */
export class ControlPlane {
  readonly reader: WatchCache;
  readonly catalogue = new KindCatalogue();
  readonly registry: RegistryDependencies;
  readonly pipeline: Pipeline;
  readonly tokens: ReturnType<typeof createTokenIssuer>;
  /** The residents' way in, as administrator. */
  readonly client: Client;
  /** Where clients reach the API: known once somebody listens. */
  url = '';
  /** Paths of the server's own, for the index at "/". */
  ownPaths: () => readonly string[] = () => [];
  private readonly key: SigningKey;
  private readonly authenticator: Authenticator;
  private readonly rbac: Rbac;
  readonly authorize: Authorize;

  constructor(private readonly options: ControlPlaneOptions) {
    const { store, clock, ids, logger, nodes, pki } = options;
    const reader = (this.reader = new WatchCache(store));
    this.key = loadSigningKey(pki.serviceAccountKey);
    this.tokens = createTokenIssuer({ key: this.key, clock, ids, issuer: ISSUER });
    const webhooks = webhookEnvironment(this.catalogue, reader, nodes);
    const admission = admissionChain({
      reader,
      clock,
      ids,
      updateQuotaStatus: (quota) => this.writeQuota(quota),
      isAllowed: (user, question) => this.rbac.decide(user, { isResource: true, subresource: '', namespace: '', ...question }).allowed,
      webhooks,
      authorizer: (user, question) => this.rbac.decide(user, question),
      organizationsOf: (request) => requestSigner(pki.ca).read(request).organizations,
    });
    this.registry = { store, reader, catalogue: this.catalogue, clock, streamClock: new SystemClock(), ids, admission, logger };
    this.authenticator = new Authenticator({ serviceAccountTokens: this.tokenVerifier(), audiences: [ISSUER], anonymous: PUBLIC_PATHS });
    this.rbac = new Rbac(reader);
    this.authorize = (user, question) => Promise.resolve(this.rbac.decide(user, question));
    for (const kind of builtinKinds({
      nodes,
      network: nodes,
      tokens: this.tokens,
      access: this.rbac,
      reviewToken: (token, audiences) => this.authenticator.reviewToken(token, audiences),
      serviceClusterIpRange: options.serviceClusterIpRange ?? DEFAULT_SERVICE_RANGE,
      serviceNodePortRange: options.serviceNodePortRange ?? [30000, 32767],
      expressions: { problem: expressionProblem },
    })) this.catalogue.add(kind);
    this.serveCustomResources(webhooks);
    const discovery = new Discovery(this.catalogue, () => this.url.replace('https://', ''));
    const documents = [discoveryDocuments(discovery), openApiDocuments(new OpenApi(this.catalogue, clock), clock), ...options.ownDocuments, indexDocument(() => [...indexPaths(discovery), ...this.ownPaths()])];
    this.pipeline = createPipeline({ registry: this.registry, authorize: this.authorize, documents, logger, interceptors: options.interceptors });
    this.client = new LocalClient(this.pipeline, { name: 'system:apiserver', groups: ['system:masters'] });
  }

  /** Makes what every cluster has from the start. */
  bootstrap(): Promise<void> {
    return bootstrapObjects(this.registry, { serviceClusterIpRange: this.options.serviceClusterIpRange ?? DEFAULT_SERVICE_RANGE, clientCa: this.options.pki.ca.cert });
  }

  /** What http/ needs to let clients in. */
  door(): DoorOptions {
    const { logger, ids } = this.options;
    return {
      pipeline: this.pipeline,
      authorize: this.authorize,
      authenticator: this.authenticator,
      flowControl: new FlowControl(this.reader).classify,
      oidc: (serverUrl) => oidcDocuments({ key: this.key, issuer: ISSUER, serverUrl }),
      logger,
      ids,
      metrics: objectCounts(this.registry),
    };
  }

  /** Definitions that are stored, and those that come, make kinds; before a write is acknowledged what it defines is served. */
  private serveCustomResources(webhooks: WebhookEnvironment): void {
    const { store, ids } = this.options;
    const call: ConversionEnvironment['call'] = async (client, review) => {
      const { callWebhook } = await import('./admission/webhooks/call.js');
      return callWebhook(client, review, CONVERSION_TIMEOUT_SECONDS, webhooks);
    };
    const custom = new CustomResources(this.catalogue, { ids, call });
    for (const { key, object } of store.list(DEFINITIONS_PREFIX)) custom.put(key, object as CustomResourceDefinition);
    store.subscribe({
      published(changes) {
        for (const { type, key, entry } of changes) {
          if (!key.startsWith(DEFINITIONS_PREFIX)) continue;
          if (type === 'deleted') custom.remove(key);
          else custom.put(key, entry.object as CustomResourceDefinition);
        }
      },
    });
  }

  /** Quotas are charged through the API, by admission, which the API is made of. */
  private async writeQuota(quota: KubeObject): Promise<void> {
    await this.client.resource({ group: '', version: 'v1', resource: 'resourcequotas' }).updateSubresource(quota, 'status', { fieldManager: 'kube-apiserver' });
  }

  private tokenVerifier(): TokenVerifier {
    return new TokenVerifier({
      key: this.key,
      clock: this.options.clock,
      issuer: ISSUER,
      lookUp: (resource, namespace, name) => this.reader.get(resource === 'nodes' ? `core/nodes/${name}` : `core/${resource}/${namespace}/${name}`)?.object,
    });
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
    ...OWN_PATHS,
  ];
}
