import { admissionChain } from '../../../src/admission/index.js';
import type { ResourceRequestInfo, Verb } from '../../../src/api/request-info.js';
import type { KubeObject } from '../../../src/api/object.js';
import type { ClusterNetwork, NodeDirectory } from '../../../src/api/streams.js';
import { FakeClock } from '../../../src/base/fake-clock.js';
import { RandomIds } from '../../../src/base/ids.js';
import { silentLogger } from '../../../src/base/logger.js';
import { bindingKind, podKind } from '../../../src/kinds/core/pod/index.js';
import { podTemplateKind } from '../../../src/kinds/core/pod-template.js';
import { builtinKinds } from '../../../src/kinds/index.js';
import { createPipeline } from '../../../src/pipeline/pipeline.js';
import type { ApiResponse } from '../../../src/pipeline/request.js';
import { KindCatalogue } from '../../../src/registry/catalogue.js';
import type { Kind } from '../../../src/registry/kind.js';
import { openStore, type Store } from '../../../src/storage/index.js';
import { WatchCache } from '../../../src/watch/index.js';

const VERBS: Readonly<Record<string, Verb>> = { GET: 'get', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

export interface TestServer {
  readonly store: Store;
  readonly clock: FakeClock;
  readonly reader: WatchCache;
  /** Puts an object into the store as it is. */
  seed(object: KubeObject, resource: string, group?: string): Promise<void>;
  /** One request to `RESOURCE[/NAME[/SUBRESOURCE]]` of the core group in the namespace. */
  ask(method: string, path: string, options?: { body?: unknown; query?: string; contentType?: string }): Promise<ApiResponse>;
  close(): Promise<void>;
}

/** The API without sockets: a store in memory, all kinds, admission, everything allowed. */
export async function testServer(options: { namespace: string; nodes?: NodeDirectory; network?: ClusterNetwork }): Promise<TestServer> {
  const { namespace } = options;
  const clock = new FakeClock();
  const ids = new RandomIds();
  const store = await openStore({ engine: 'memory', clock });
  const reader = new WatchCache(store);
  const environment = {
    nodes: options.nodes ?? { agent: () => undefined },
    network: options.network ?? { connect: () => Promise.reject(new Error('no network')) },
    tokens: { issue: () => Promise.reject(new Error('no tokens')), issuer: '', audiences: [] },
    access: { decide: () => ({ allowed: true }), rulesFor: () => ({ rules: [] }) },
    reviewToken: () => Promise.reject(new Error('no tokens here')),
    serviceClusterIpRange: '10.96.0.0/16',
    serviceNodePortRange: [30_000, 32_767] as const,
  };
  const catalogue = new KindCatalogue();
  const own = [podKind(environment), bindingKind, podTemplateKind] as unknown as Kind[];
  for (const kind of builtinKinds(environment)) catalogue.add(own.find(({ gvk }) => gvk.group === kind.gvk.group && gvk.kind === kind.gvk.kind) ?? kind);
  const updateQuotaStatus = async (quota: KubeObject): Promise<void> => {
    const response = await ask('PUT', `resourcequotas/${quota.metadata.name}/status`, { body: quota });
    if (response.type !== 'object') throw new Error(JSON.stringify(response));
  };
  const registry = { store, reader, catalogue, clock, ids, admission: admissionChain({ reader, clock, ids, updateQuotaStatus }), logger: silentLogger };
  const pipeline = createPipeline({ registry, authorize: async () => ({ allowed: true }), documents: [], logger: { ...silentLogger, error: (fields, text) => console.error(text, fields) } });
  const ask: TestServer['ask'] = (method, path, { body, query = '', contentType = 'application/json' } = {}) => {
    const [resource = '', name = '', subresource = '', ...rest] = path.split('/');
    const info: ResourceRequestInfo = {
      isResource: true,
      path: `/api/v1/namespaces/${namespace}/${path}`,
      verb: method === 'GET' && name === '' ? 'list' : (VERBS[method] ?? 'get'),
      group: '',
      version: 'v1',
      resource,
      subresource,
      namespace,
      name,
      rest: rest.join('/'),
    };
    return pipeline.handle({
      method,
      info,
      user: { name: 'admin', groups: ['system:masters'] },
      query: new URLSearchParams(query),
      headers: { 'content-type': contentType, 'user-agent': 'recorder' },
      body: async () => ({ bytes: Buffer.from(body === undefined ? '' : JSON.stringify(body)) }),
      signal: new AbortController().signal,
    });
  };
  const seed: TestServer['seed'] = async (object, resource, group = 'core') => {
    const where = object.metadata.namespace ? `${object.metadata.namespace}/` : '';
    await store.commit([{ key: `${group}/${resource}/${where}${object.metadata.name}`, object: structuredClone(object) }]);
  };
  await seed({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace }, status: { phase: 'Active' } } as KubeObject, 'namespaces');
  await seed({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } } as KubeObject, 'serviceaccounts');
  return {
    store,
    clock,
    reader,
    seed,
    ask,
    close: () => store.close(),
  };
}
