import { createCluster, type Cluster } from '../../src/index.js';
import { Rest, type Answer } from '../support/rest.js';

interface Body {
  readonly message?: string;
  readonly items?: ReadonlyArray<{ readonly metadata: { readonly name: string } }>;
  readonly metadata?: { readonly name?: string; readonly labels?: object; readonly resourceVersion?: string };
  readonly spec?: { readonly clusterIP?: string; readonly parentRef?: object };
}

const SERVICES = '/api/v1/namespaces/default/services';
const ADDRESSES = '/apis/networking.k8s.io/v1/ipaddresses';
const MERGE = 'application/merge-patch+json';

/** What only a whole server shows of its kinds; the answers are those of the real one. */
describe('kinds as they are served', () => {
  let cluster: Cluster;
  let rest: Rest;

  beforeAll(async () => {
    cluster = await createCluster({ nodes: 0, controllers: ['-*'], addons: [] });
    rest = new Rest(cluster.kubeconfig);
  });

  afterAll(async () => {
    rest[Symbol.dispose]();
    await cluster.stop();
  });

  const get = (path: string): Promise<Answer<Body>> => rest.send<Body>(path);
  const post = (path: string, body: object): Promise<Answer<Body>> => rest.send<Body>(path, { method: 'POST', body });
  const patch = (path: string, body: object): Promise<Answer<Body>> => rest.send<Body>(path, { method: 'PATCH', contentType: MERGE, body });
  const service = (name: string, spec: object = {}): object => ({ metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } });

  describe('IPAddresses', () => {
    test('stand for the cluster IPs of Services, that of the API server included', async () => {
      const { body } = await get(ADDRESSES);
      expect(body.items).toEqual([expect.objectContaining({ metadata: expect.objectContaining({ name: '10.96.0.1' }) as object, spec: { parentRef: { resource: 'services', namespace: 'default', name: 'kubernetes' } } })]);
    });

    test('come, stay and go with their Service', async () => {
      const made = await post(SERVICES, service('web'));
      const ip = made.body.spec?.clusterIP ?? '';
      expect((await get(`${ADDRESSES}/${ip}`)).body).toMatchObject({
        metadata: { name: ip, labels: { 'ipaddress.kubernetes.io/ip-family': 'IPv4', 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' } },
        spec: { parentRef: { resource: 'services', namespace: 'default', name: 'web' } },
      });
      await patch(`${SERVICES}/web`, { metadata: { labels: { a: 'b' } } });
      expect((await get(`${ADDRESSES}/${ip}`)).code).toBe(200);
      await patch(`${SERVICES}/web`, { spec: { type: 'ExternalName', externalName: 'example.com', clusterIP: null, clusterIPs: null } });
      expect((await get(`${ADDRESSES}/${ip}`)).code).toBe(404);
      await patch(`${SERVICES}/web`, { spec: { type: 'ClusterIP', externalName: null, clusterIP: ip } });
      expect((await get(`${ADDRESSES}/${ip}`)).code).toBe(200);
      await rest.send(`${SERVICES}/web`, { method: 'DELETE' });
      expect((await get(`${ADDRESSES}/${ip}`)).code).toBe(404);
    });

    test('of nobody reserve an address; dry runs and headless Services make none', async () => {
      await post(ADDRESSES, { metadata: { name: '10.96.0.99' }, spec: { parentRef: { resource: 'services', namespace: 'default', name: 'nobody' } } });
      const refused = await post(SERVICES, service('asks', { clusterIP: '10.96.0.99' }));
      expect(refused).toMatchObject({ code: 422, body: { message: 'Service "asks" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.99"]: failed to allocate IP 10.96.0.99: provided IP is already allocated' } });
      await rest.send(`${ADDRESSES}/10.96.0.99`, { method: 'DELETE' });
      await post(SERVICES, service('headless', { clusterIP: 'None' }));
      await post(`${SERVICES}?dryRun=All`, service('never'));
      expect((await get(ADDRESSES)).body.items?.map(({ metadata }) => metadata.name)).toEqual(['10.96.0.1']);
      expect((await post(SERVICES, service('asks', { clusterIP: '10.96.0.99' }))).code).toBe(201);
    });
  });

  describe('ComponentStatuses', () => {
    const names = async (query: string): Promise<string[]> => ((await get(`/api/v1/componentstatuses${query}`)).body.items ?? []).map(({ metadata }) => metadata.name);

    test.each([
      ['', ['scheduler', 'controller-manager', 'etcd-0']],
      ['?labelSelector=a%3Db', []],
      ['?labelSelector=a%21%3Db', ['scheduler', 'controller-manager', 'etcd-0']],
      ['?fieldSelector=metadata.name%3Dscheduler', ['scheduler']],
      ['?fieldSelector=metadata.name%21%3Dscheduler', ['controller-manager', 'etcd-0']],
    ])('are selected by %j', async (query, expected) => {
      expect(await names(query)).toEqual(expected);
    });

    test.each([
      ['/nope', 404, 'componentstatus "nope" not found'],
      ['?fieldSelector=spec.x%3D1', 400, '"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"'],
      ['?watch=true', 405, 'watch is not supported on resources of kind "componentstatuses"'],
    ])('%j is refused', async (path, code, message) => {
      expect(await get(`/api/v1/componentstatuses${path}`)).toMatchObject({ code, body: { message } });
    });

    test('are of no time', async () => {
      expect((await get('/api/v1/componentstatuses')).body.metadata).toEqual({});
    });
  });

  test.each([
    ['/apis/apps/v1/replicasets', 'status.replicas', '"status.replicas" is not a known field selector: only "metadata.name", "metadata.namespace"'],
    ['/api/v1/nodes', 'metadata.namespace', 'field label not supported: metadata.namespace'],
    ['/api/v1/namespaces', 'metadata.namespace', 'field label not supported: metadata.namespace'],
    ['/apis/certificates.k8s.io/v1/certificatesigningrequests', 'metadata.namespace', 'field label not supported: metadata.namespace'],
    ['/apis/resource.k8s.io/v1/resourceslices', 'a', 'field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: a'],
    ['/apis/batch/v1/jobs', 'a', 'field label "a" not supported for Job'],
    ['/apis/batch/v1/cronjobs', 'a', '"a" is not a known field selector: only "metadata.name", "metadata.namespace"'],
    ['/api/v1/pods', 'a', 'field label not supported: a'],
  ])('%s cannot be selected by %s', async (path, field, message) => {
    expect(await get(`${path}?fieldSelector=${field}%3Dx`)).toMatchObject({ code: 400, body: { message } });
  });

  test('options of a deletion are judged even when there is nothing to delete', async () => {
    const { code, body } = await rest.send<Body>('/api/v1/namespaces/default/secrets?propagationPolicy=x', { method: 'DELETE' });
    expect({ code, message: body.message }).toEqual({ code: 422, message: 'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "x": supported values: "Foreground", "Background", "Orphan", "nil"' });
  });

  test('a list of labels with numeric names is in the order of texts', async () => {
    const made = await cluster.request('/api/v1/namespaces/default/configmaps', { method: 'POST', body: { metadata: { name: 'numeric' }, data: { 2: 'b', 10: 'a', x: 'c' } } });
    expect(await made.text()).toContain('"data":{"10":"a","2":"b","x":"c"}');
    expect(await (await cluster.request('/api/v1/namespaces/default/configmaps/numeric')).text()).toContain('"data":{"10":"a","2":"b","x":"c"}');
  });
});
