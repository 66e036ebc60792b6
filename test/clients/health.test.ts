import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import supertest from 'supertest';
import { parse } from 'yaml';
import { createCluster, type Cluster } from '../../src/index.js';

/** What probes, monitors and people who look after a control plane ask; test/fixtures/health is what kube-apiserver v1.36.3 answered. */
describe('health and state of the server', () => {
  let cluster: Cluster;
  let admin: ReturnType<typeof supertest.agent>;
  let nobody: ReturnType<typeof supertest.agent>;
  const recorded = (endpoint: string): string => readFileSync(join(import.meta.dirname, '../fixtures/health', `${endpoint}.txt`), 'utf8');

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

  test.each(['healthz', 'livez', 'readyz'])('/%s lists the checks of kube-apiserver, and each answers for itself', async (endpoint) => {
    const { text } = await nobody.get(`/${endpoint}?verbose`).expect(200).expect('x-content-type-options', 'nosniff');
    expect(text).toBe(recorded(endpoint));
    const names = [...text.matchAll(/^\[\+\](\S+) ok$/gm)].map(([, name]) => name);
    for (const name of names) await admin.get(`/${endpoint}/${name}`).expect(200, 'ok');
    const { body } = (await admin.get('/').expect(200)) as { body: { paths: string[] } };
    expect(body.paths).toEqual(expect.arrayContaining(names.map((name) => `/${endpoint}/${name}`)));
  });

  test('what is excluded is told, and what cannot be', async () => {
    await nobody.get('/livez?exclude=etcd').expect(200, 'ok');
    const { text } = await nobody.get('/readyz?verbose&exclude=etcd&exclude=nope').expect(200);
    expect(text).toContain('[+]etcd excluded: ok\n[+]etcd-readiness ok\n');
    expect(text).toContain('[+]shutdown ok\nwarn: some health checks cannot be excluded: no matches for "nope"\nreadyz check passed\n');
  });

  test('a check that one endpoint has not is no page of another', async () => {
    await admin.get('/readyz/loopback-serving-certificate').expect(404, '404 page not found\n');
    await admin.get('/livez/informer-sync').expect(404, '404 page not found\n');
  });

  test('/metrics/slis counts the checks that were made', async () => {
    const count = async (): Promise<number> => {
      const { text } = await admin.get('/metrics/slis').expect(200).expect('content-type', 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores');
      expect(text).toMatch(/^process_start_time_seconds \d/m);
      return Number(/^kubernetes_healthchecks_total\{name="etcd",status="success",type="livez"\} (\d+)$/m.exec(text)?.[1] ?? 0);
    };
    const before = await count();
    await nobody.get('/livez').expect(200);
    await nobody.get('/livez').expect(200);
    // One check alone is none of a probe's, and an excluded one is not made.
    await admin.get('/livez/etcd').expect(200);
    await nobody.get('/livez?exclude=etcd').expect(200);
    expect(await count()).toBe(before + 2);
    expect((await admin.get('/metrics/slis')).text).toContain('kubernetes_healthcheck{name="poststarthook/rbac/bootstrap-roles",type="livez"} 1\n');
  });

  describe('/statusz', () => {
    test('is text for who asks for nothing else', async () => {
      const { text } = await admin.get('/statusz').expect(200).expect('content-type', 'text/plain; charset=utf-8');
      expect(text).toMatch(/^\napiserver statusz\nWarning: .*\n\nStarted: \w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d UTC \d{4}\nUp: \d+ hr \d\d min \d\d sec\nGo version: go1\S+\nBinary version: 1\.36\.3\nEmulation version: 1\.36\nPaths: \/healthz \/livez \/metrics \/readyz \/statusz \/version\n$/);
    });

    test.each(['v1alpha1', 'v1beta1'])('is an object for who names config.k8s.io/%s', async (version) => {
      const type = `application/json;v=${version};g=config.k8s.io;as=Statusz`;
      const reply = await admin.get('/statusz').set('accept', type).expect(200).expect('content-type', `application/json;g=config.k8s.io;v=${version};as=Statusz`);
      expect(JSON.parse(reply.text)).toMatchObject({ kind: 'Statusz', apiVersion: `config.k8s.io/${version}`, metadata: { name: 'apiserver' }, uptimeSeconds: expect.any(Number), binaryVersion: '1.36.3', paths: expect.arrayContaining(['/livez', '/statusz']) });
      expect(reply.headers['warning']).toBe(version === 'v1alpha1' ? '299 - "This version of the statusz endpoint is deprecated. Please use a newer version."' : undefined);
    });

    test.each(['application/json', 'application/xml', 'application/json;v=v1;g=config.k8s.io;as=Statusz'])('%s is not acceptable', async (accept) => {
      const { body } = await admin.get('/statusz').set('accept', accept).expect(406);
      expect(body).toMatchObject({ reason: 'NotAcceptable', message: 'only the following media types are accepted: application/json, application/yaml, text/plain', code: 406 });
    });

    test('is nobody’s business without credentials', () => nobody.get('/statusz').expect(401));
  });
});
