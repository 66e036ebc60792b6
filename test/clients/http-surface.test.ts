import supertest from 'supertest';
import { parse } from 'yaml';
import { createCluster, type Cluster } from '../../src/index.js';

/** The paths that people and probes look at first, over real TLS, with and without credentials. */
describe('the HTTP surface', () => {
  let cluster: Cluster;
  let admin: ReturnType<typeof supertest.agent>;
  let nobody: ReturnType<typeof supertest.agent>;

  beforeAll(async () => {
    cluster = await createCluster({ nodes: 0 });
    const config = parse(cluster.kubeconfig) as { clusters: [{ cluster: Record<string, string> }]; users: [{ user: Record<string, string> }] };
    const pem = (text: string | undefined): string => Buffer.from(text ?? '', 'base64').toString();
    const ca = pem(config.clusters[0].cluster['certificate-authority-data']);
    const { user } = config.users[0];
    admin = supertest.agent(cluster.url, { ca, cert: pem(user['client-certificate-data']), key: pem(user['client-key-data']) });
    nobody = supertest.agent(cluster.url, { ca });
  });

  afterAll(() => cluster.stop());

  test.each(['/healthz', '/livez', '/readyz'])('%s answers ok to anybody', async (path) => {
    await nobody.get(path).expect(200, 'ok');
  });

  test('the version is v1.36', async () => {
    const { body } = (await nobody.get('/version').expect(200)) as { body: Record<string, string> };
    expect([body['major'], body['minor'], body['gitVersion']]).toEqual(['1', '36', 'v1.36.3']);
  });

  test.each(['/api', '/apis', '/api/v1/pods', '/metrics', '/openapi/v2', '/nope'])('%s is 401 for who has no credentials', async (path) => {
    const { body } = await nobody.get(path).expect(401);
    expect(body).toMatchObject({ kind: 'Status', status: 'Failure', reason: 'Unauthorized', code: 401 });
  });

  test.each([['Bearer nonsense'], ['Bearer eyJhbGciOiJFUzI1NiJ9.e30.x']])('a token that is no good is 401, health included: %s', async (authorization) => {
    await nobody.get('/api/v1/pods').set({ authorization }).expect(401);
  });

  test('metrics are in Prometheus’ text form', async () => {
    const { text } = await admin.get('/metrics').expect(200).expect('content-type', /^text\/plain/);
    expect(text).toMatch(/^apiserver_request_total\{.*\} \d+$/m);
    expect(text).toMatch(/^apiserver_resource_objects\{group="",resource="namespaces"\} [1-9]\d*$/m);
    expect(text).toMatch(/^apiserver_storage_objects\{resource="clusterroles\.rbac\.authorization\.k8s\.io"\} [1-9]\d*$/m);
    // Two groups serve events, two versions autoscalers: each is stored once.
    expect(text.match(/^apiserver_storage_objects\{resource="(?:events|horizontalpodautoscalers)/gm)).toHaveLength(2);
  });

  test('a body over 3 MiB is refused with 413', async () => {
    const { body } = await admin.post('/api/v1/namespaces/default/configmaps').type('application/json').send(`{"metadata":{"name":"big"},"data":{"a":"${'x'.repeat(3 * 1024 * 1024)}"}}`);
    expect(body).toMatchObject({ kind: 'Status', reason: 'RequestEntityTooLarge', code: 413 });
  });

  /** method, path, status, and what the answer is: a Status with a reason, a page of Go's server, or another content type. */
  test.each([
    ['get', '/nope', 404, 'page'],
    ['post', '/nope/x', 404, 'page'],
    ['get', '/apis/nope.example/v1', 404, 'page'],
    ['get', '/apis/nope.example/v1/things', 404, 'page'],
    ['get', '/healthz/', 404, 'page'],
    ['get', '/healthz/nope', 404, 'page'],
    ['get', '/metrics/', 404, 'page'],
    ['get', '/openapi', 404, 'page'],
    ['get', '/openapi/v2/', 404, 'page'],
    ['get', '/openapi/v3/', 404, 'nothing'],
    ['get', '/openapi/v3/nope', 404, 'nothing'],
    ['get', '/api/v9', 404, 'NotFound'],
    ['get', '/apis/apps/v9', 404, 'NotFound'],
    ['get', '/api/v1/nothings', 404, 'NotFound'],
    ['options', '/api/v1/nothings', 404, 'NotFound'],
    ['get', '/api/v1/namespaces/default/pods/a/b/c', 404, 'NotFound'],
    ['get', '/version/x', 404, 'NotFound'],
    ['post', '/api', 405, 'MethodNotAllowed'],
    ['delete', '/api/v1', 405, 'MethodNotAllowed'],
    ['put', '/apis/apps/v1/', 405, 'MethodNotAllowed'],
    ['options', '/api/v1/pods', 405, 'MethodNotAllowed'],
    ['trace', '/apis/apps/v1/namespaces/default/deployments/x', 405, 'MethodNotAllowed'],
    ['put', '/version', 405, 'MethodNotAllowed'],
    ['options', '/openid/v1/jwks', 405, 'MethodNotAllowed'],
    ['delete', '/apis/apiregistration.k8s.io', 405, 'MethodNotAllowed'],
    ['delete', '/apis', 200, 'application/json'],
    ['patch', '/apis/apps', 200, 'application/json'],
    ['post', '/healthz', 200, 'text/plain; charset=utf-8'],
    ['post', '/openapi/v3', 200, 'text/plain; charset=utf-8'],
    ['options', '/openapi/v2', 200, 'application/json'],
    ['get', '/index.html', 200, 'application/json'],
  ] as const)('%s %s is %i: %s', async (method, path, code, kind) => {
    const { headers, text, body } = await admin[method](path).expect(code);
    if (kind === 'page') expect([headers['content-type'], headers['x-content-type-options'], text]).toEqual(['text/plain; charset=utf-8', 'nosniff', '404 page not found\n']);
    else if (kind === 'nothing') expect([headers['content-type'], text]).toEqual([undefined, '']);
    else if (code === 200) expect(headers['content-type']).toBe(kind);
    else expect(body).toMatchObject({ kind: 'Status', code, reason: kind });
  });

  test.each([
    ['v1', 'converting (v1.List) to (core.ConfigMap): unknown conversion'],
    ['apps/v1', 'no kind "List" is registered for version "apps/v1" in scheme "pkg/runtime/scheme.go:111"'],
  ])('a List of %s is no object of a resource', async (apiVersion, why) => {
    const { body } = await admin.post('/api/v1/namespaces/default/configmaps').send({ kind: 'List', apiVersion, items: [] }).expect(400);
    expect(body).toMatchObject({ message: `List in version "v1" cannot be handled as a ConfigMap: ${why}` });
  });

  test('HEAD is for documents, not for resources', async () => {
    const codes = await Promise.all(['/apis', '/openapi/v3', '/api', '/version', '/api/v1/pods', '/api/v1/nothings'].map(async (path) => (await admin.head(path)).status));
    expect(codes).toEqual([200, 200, 405, 405, 405, 404]);
  });

  test('OpenAPI documents are there in the form that is asked for, and once', async () => {
    const protobuf = 'application/com.github.proto-openapi.spec.v3.v1.0+protobuf';
    const path = '/openapi/v3/apis/apps/v1';
    const first = await admin.get(path).set({ accept: `application/json;q=0.5, ${protobuf.replace('v3.v1', 'v3@v1')}` }).expect(200).expect('content-type', protobuf).expect('vary', /Accept$/);
    const { etag, 'last-modified': changed } = first.headers as Record<string, string>;
    await admin.get(path).expect('etag', etag as string).expect('content-type', 'application/json');
    await admin.get(path).set({ 'if-none-match': `"x", W/${etag}` }).expect(304);
    await admin.get(path).set({ 'if-modified-since': changed as string }).expect(304);
    await admin.post(path).set({ 'if-none-match': '*' }).expect(412);
    await admin.get(path).set({ 'if-match': '"x"' }).expect(412);
    await admin.get(path).set({ accept: 'application/yaml' }).expect(406);
    const { location } = (await admin.get(`${path}?hash=old`).expect(301)).headers as Record<string, string>;
    expect(location).toBe(`${path}?hash=${etag?.slice(1, -1)}`);
    await admin.get(location as string).expect(200).expect('cache-control', 'public, immutable').expect('expires', / GMT$/);
  });
});
