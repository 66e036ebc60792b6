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
  });

  test('a body over 3 MiB is refused with 413', async () => {
    const { body } = await admin.post('/api/v1/namespaces/default/configmaps').type('application/json').send(`{"metadata":{"name":"big"},"data":{"a":"${'x'.repeat(3 * 1024 * 1024)}"}}`);
    expect(body).toMatchObject({ kind: 'Status', reason: 'RequestEntityTooLarge', code: 413 });
  });

  test('unknown paths of known groups are a Status, others a page that is not found', async () => {
    for (const path of ['/api/v1/nothings', '/apis/apps/v9', '/api/v1/namespaces/default/pods/a/b/c']) {
      const { body } = await admin.get(path).expect(404);
      expect(body).toMatchObject({ kind: 'Status', code: 404 });
    }
    for (const path of ['/nope', '/apis/nope.example/v1', '/apis/nope.example/v1/things']) {
      const { text } = await admin.get(path).expect(404).expect('content-type', 'text/plain; charset=utf-8');
      expect(text).toBe('404 page not found\n');
    }
  });
});
