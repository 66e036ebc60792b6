import { createConnection, createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { AppsV1Api, ApiException, CoreV1Api, Exec, KubeConfig, KubernetesObjectApi, Log, makeInformer, PatchStrategy, PortForward, setHeaderOptions, Watch, type V1ConfigMap, type V1Pod, type V1Status } from '@kubernetes/client-node';
import { createCluster, type Cluster, type ImageProgramFactory } from '../../src/index.js';
import { Rest, type Answer } from '../support/rest.js';
import { Scratch } from '../support/scratch.js';
import { until } from '../support/until.js';

interface Thing {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: { readonly name: string; readonly uid: string; readonly resourceVersion: string; readonly generation?: number; readonly labels?: Record<string, string>; readonly continue?: string; readonly remainingItemCount?: number; readonly annotations?: Record<string, string> };
  readonly data?: Record<string, string>;
  readonly items?: readonly Thing[];
  readonly status?: unknown;
}

interface Failure {
  readonly kind: 'Status';
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly code: number;
  readonly details?: { readonly name?: string; readonly kind?: string; readonly group?: string; readonly causes?: ReadonlyArray<{ readonly reason: string; readonly field: string; readonly message: string }> };
}

class Collector extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += String(chunk);
    done();
  }
}

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const configMap = (name: string, data: Record<string, string> = {}, labels?: Record<string, string>): object => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...(labels ? { labels } : {}) }, data });

describe('the bare REST API', () => {
  let cluster: Cluster;
  let rest: Rest;
  const call = <T = Thing>(method: string, path: string, body?: unknown, contentType?: string): Promise<Answer<T>> => rest.send<T>(path, { method, body, ...(contentType ? { contentType } : {}) });

  beforeAll(async () => {
    cluster = await createCluster();
    rest = new Rest(cluster.kubeconfig);
  });

  afterAll(async () => {
    rest[Symbol.dispose]();
    await cluster.stop();
  });

  test('create, get, update, list and delete', async () => {
    const created = await call('POST', CONFIG_MAPS, configMap('crud', { a: '1' }));
    expect(created.code).toBe(201);
    expect(created.body).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'crud', namespace: 'default' }, data: { a: '1' } });
    expect((await call('GET', `${CONFIG_MAPS}/crud`)).body).toEqual(created.body);
    const updated = await call('PUT', `${CONFIG_MAPS}/crud`, { ...created.body, data: { a: '2' } });
    expect(updated.code).toBe(200);
    expect(updated.body.metadata.uid).toBe(created.body.metadata.uid);
    expect(Number(updated.body.metadata.resourceVersion)).toBeGreaterThan(Number(created.body.metadata.resourceVersion));
    const list = await call('GET', `${CONFIG_MAPS}?fieldSelector=metadata.name=crud`);
    expect(list.body).toMatchObject({ kind: 'ConfigMapList', items: [{ metadata: { name: 'crud' }, data: { a: '2' } }] });
    const deleted = await call<Failure>('DELETE', `${CONFIG_MAPS}/crud`);
    expect(deleted).toMatchObject({ code: 200, body: { kind: 'Status', status: 'Success', details: { name: 'crud', kind: 'configmaps', uid: created.body.metadata.uid } } });
    expect((await call('GET', `${CONFIG_MAPS}/crud`)).code).toBe(404);
  });

  test('patches of all kinds', async () => {
    await call('POST', CONFIG_MAPS, configMap('patched', { a: '1', b: '2' }, { app: 'x' }));
    const path = `${CONFIG_MAPS}/patched`;
    expect((await call('PATCH', path, { data: { a: null, c: '3' } }, 'application/merge-patch+json')).body.data).toEqual({ b: '2', c: '3' });
    expect((await call('PATCH', path, [{ op: 'test', path: '/data/b', value: '2' }, { op: 'replace', path: '/data/b', value: '4' }], 'application/json-patch+json')).body.data).toEqual({ b: '4', c: '3' });
    expect((await call('PATCH', path, { metadata: { labels: { tier: 'y' } } }, 'application/strategic-merge-patch+json')).body.metadata.labels).toEqual({ app: 'x', tier: 'y' });
    const applied = await call('PATCH', `${path}?fieldManager=tester&force=true`, 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: patched}\ndata: {d: "5"}\n', 'application/apply-patch+yaml');
    expect(applied.body.data).toEqual({ b: '4', c: '3', d: '5' });
    expect((await call<Failure>('PATCH', path, { data: {} }, 'application/json')).code).toBe(415);
    expect((await call<Failure>('PATCH', path, [{ op: 'test', path: '/data/b', value: 'no' }], 'application/json-patch+json')).body).toMatchObject({ reason: 'Invalid', code: 422 });
  });

  test.each<[string, string, string, unknown, Partial<Failure>]>([
    ['what is not there', 'GET', `${CONFIG_MAPS}/nobody`, undefined, { code: 404, reason: 'NotFound', message: 'configmaps "nobody" not found', details: { name: 'nobody', kind: 'configmaps' } }],
    ['a resource that there is not', 'GET', '/api/v1/namespaces/default/espressos', undefined, { code: 404, reason: 'NotFound', message: 'the server could not find the requested resource' }],
    ['a group that there is not', 'GET', '/apis/example.com/v1/things', undefined, { code: 404 }],
    ['a name twice', 'POST', CONFIG_MAPS, configMap('kube-root-ca.crt'), { code: 409, reason: 'AlreadyExists', message: 'configmaps "kube-root-ca.crt" already exists' }],
    ['no JSON', 'POST', CONFIG_MAPS, '{"kind":', { code: 400, reason: 'BadRequest' }],
    ['another kind', 'POST', CONFIG_MAPS, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' } }, { code: 400, reason: 'BadRequest' }],
    ['a name that is none', 'POST', CONFIG_MAPS, configMap('No Name'), { code: 422, reason: 'Invalid', details: expect.objectContaining({ causes: [expect.objectContaining({ reason: 'FieldValueInvalid', field: 'metadata.name' })] }) as NonNullable<Failure['details']> }],
    ['a collection put', 'PUT', CONFIG_MAPS, configMap('x'), { code: 405, reason: 'MethodNotAllowed', message: 'the server does not allow this method on the requested resource' }],
    ['a collection patched', 'PATCH', CONFIG_MAPS, configMap('x'), { code: 405, reason: 'MethodNotAllowed' }],
    ['an object posted to', 'POST', `${CONFIG_MAPS}/kube-root-ca.crt`, configMap('x'), { code: 405, reason: 'MethodNotAllowed' }],
    ['a selector that is none', 'GET', `${CONFIG_MAPS}?labelSelector=a%3D%3D%3Db`, undefined, { code: 400, reason: 'BadRequest' }],
  ])('%s is told in a Status', async (_name, method, path, body, expected) => {
    const answer = await call<Failure>(method, path, body);
    expect(answer.code).toBe(expected.code);
    if (expected.message !== undefined || expected.reason !== undefined) expect(answer.body).toMatchObject({ kind: 'Status', apiVersion: 'v1', status: 'Failure', ...expected });
    else expect(answer.body).toBe('404 page not found\n');
  });

  test('who writes what somebody else has changed meanwhile gets a conflict', async () => {
    const { body: first } = await call('POST', CONFIG_MAPS, configMap('contested'));
    await call('PUT', `${CONFIG_MAPS}/contested`, { ...first, data: { by: 'another' } });
    const late = await call<Failure>('PUT', `${CONFIG_MAPS}/contested`, { ...first, data: { by: 'me' } });
    expect(late.body).toMatchObject({ code: 409, reason: 'Conflict', message: 'Operation cannot be fulfilled on configmaps "contested": the object has been modified; please apply your changes to the latest version and try again' });
  });

  test('long lists come in pages of one revision', async () => {
    await Promise.all(Array.from({ length: 25 }, (_, i) => call('POST', CONFIG_MAPS, configMap(`page-${String(i).padStart(2, '0')}`, {}, { set: 'pages' }))));
    const names: string[] = [];
    let next: string | undefined = '';
    let revision: string | undefined;
    while (next !== undefined) {
      const { body }: Answer<Thing> = await call('GET', `${CONFIG_MAPS}?labelSelector=set%3Dpages&limit=10&continue=${encodeURIComponent(next)}`);
      revision ??= body.metadata.resourceVersion;
      expect(body.metadata.resourceVersion).toBe(revision);
      names.push(...(body.items ?? []).map(({ metadata }) => metadata.name));
      if (names.length === 10) await call('POST', CONFIG_MAPS, configMap('page-99', {}, { set: 'pages' }));
      next = body.metadata.continue;
    }
    expect(names).toEqual(Array.from({ length: 25 }, (_, i) => `page-${String(i).padStart(2, '0')}`));
    expect((await call<Failure>('GET', `${CONFIG_MAPS}?limit=1&continue=nonsense`)).body).toMatchObject({ code: 400 });
  });

  test('a watch starts with what is there, marks its end, and goes on; one from a revision resumes', async () => {
    await call('POST', CONFIG_MAPS, configMap('watched', {}, { set: 'watch' }));
    const query = 'watch=true&labelSelector=set%3Dwatch';
    const stream = await rest.open(`${CONFIG_MAPS}?${query}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`);
    const events = frames(stream);
    expect(await events.next()).toMatchObject({ value: { type: 'ADDED', object: { metadata: { name: 'watched' } } } });
    const { value: bookmark } = await events.next();
    expect(bookmark).toMatchObject({ type: 'BOOKMARK', object: { kind: 'ConfigMap', metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } } });
    await call('PATCH', `${CONFIG_MAPS}/watched`, { data: { a: '1' } }, 'application/merge-patch+json');
    expect(await events.next()).toMatchObject({ value: { type: 'MODIFIED', object: { data: { a: '1' } } } });
    await call('PATCH', `${CONFIG_MAPS}/watched`, { metadata: { labels: { set: 'other' } } }, 'application/merge-patch+json');
    expect(await events.next()).toMatchObject({ value: { type: 'DELETED', object: { metadata: { name: 'watched' } } } });
    stream.destroy();

    const resumed = await rest.open(`${CONFIG_MAPS}?${query}&resourceVersion=${bookmark?.object.metadata.resourceVersion}`);
    const again = frames(resumed);
    expect(await again.next()).toMatchObject({ value: { type: 'MODIFIED' } });
    expect(await again.next()).toMatchObject({ value: { type: 'DELETED' } });
    resumed.destroy();

    const ahead = await rest.open(`${CONFIG_MAPS}?watch=true&resourceVersion=999999999&timeoutSeconds=1`);
    expect(await frames(ahead).next()).toMatchObject({ done: true });
  });

  test('Tables, metadata alone and YAML', async () => {
    const table = await rest.send<{ kind: string; columnDefinitions: Array<{ name: string }>; rows: Array<{ cells: unknown[] }> }>('/api/v1/nodes', { headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' } });
    expect(table.body.columnDefinitions.slice(0, 2).map(({ name }) => name)).toEqual(['Name', 'Status']);
    expect(table.body.rows[0]?.cells.slice(0, 2)).toEqual(['node-0', 'Ready']);
    const partial = await rest.send<Thing>('/api/v1/nodes/node-0', { headers: { accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io' } });
    expect(partial.body).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'node-0' } });
    expect(partial.body.status).toBeUndefined();
    const yaml = await rest.send<string>('/api/v1/namespaces/default', { headers: { accept: 'application/yaml' } });
    expect(yaml.body).toMatch(/^apiVersion: v1\nkind: Namespace\n/);
    expect((await rest.send<Failure>('/api/v1/nodes', { headers: { accept: 'image/png' } })).code).toBe(406);
  });
});

describe('@kubernetes/client-node', () => {
  let cluster: Cluster;
  let config: KubeConfig;
  let core: CoreV1Api;
  const namespace = 'default';
  const pod = (name: string, image: string, command?: string[]): V1Pod => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { app: name } }, spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'main', image, ...(command ? { command } : {}) }] } });
  const isReady = async (name: string): Promise<boolean> => (await core.readNamespacedPod({ name, namespace })).status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';

  beforeAll(async () => {
    cluster = await createCluster();
    config = new KubeConfig();
    config.loadFromString(cluster.kubeconfig);
    core = config.makeApiClient(CoreV1Api);
    await core.createNamespacedPod({ namespace, body: pod('shell', 'busybox', ['sleep', 'infinity']) });
    await core.createNamespacedPod({ namespace, body: pod('talker', 'busybox', ['sh', '-c', 'trap "exit 0" TERM; echo first; while true; do date; sleep 1; done']) });
    await core.createNamespacedPod({ namespace, body: pod('hello', 'registry.example/hello-node') });
    await until(async () => (await Promise.all(['shell', 'talker', 'hello'].map(isReady))).every(Boolean), 'the pods are ready');
  });

  afterAll(() => cluster.stop());

  test('creates, reads, patches, lists and deletes, and throws what the server says', async () => {
    const created = await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'typed' }, data: { a: '1' } } });
    expect(created.metadata?.creationTimestamp).toBeInstanceOf(Date);
    const patched = await core.patchNamespacedConfigMap({ namespace, name: 'typed', body: { data: { b: '2' } } }, setHeaderOptions('Content-Type', PatchStrategy.MergePatch));
    expect(patched.data).toEqual({ a: '1', b: '2' });
    const { items } = await core.listNamespacedConfigMap({ namespace, fieldSelector: 'metadata.name=typed' });
    expect(items.map(({ data }) => data)).toEqual([{ a: '1', b: '2' }]);
    await core.deleteNamespacedConfigMap({ namespace, name: 'typed' });
    const error: unknown = await core.readNamespacedConfigMap({ namespace, name: 'typed' }).catch((problem: unknown) => problem);
    expect(error).toBeInstanceOf(ApiException);
    expect(error).toMatchObject({ code: 404 });
    expect(JSON.parse((error as ApiException<string>).body)).toMatchObject({ reason: 'NotFound', message: 'configmaps "typed" not found' });
  });

  test('objects of any kind through the generic client, with its own discovery', async () => {
    const objects = KubernetesObjectApi.makeApiClient(config);
    const spec = { replicas: 2, selector: { matchLabels: { app: 'rs' } }, template: { metadata: { labels: { app: 'rs' } }, spec: { containers: [{ name: 'main', image: 'nginx' }] } } };
    await objects.create({ apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'rs', namespace }, spec } as object as V1ConfigMap);
    const apps = config.makeApiClient(AppsV1Api);
    await until(async () => (await apps.readNamespacedReplicaSet({ name: 'rs', namespace })).status?.readyReplicas === 2, 'two replicas are ready');
    await objects.delete({ apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'rs', namespace } }, undefined, undefined, undefined, undefined, 'Foreground');
    await until(async () => (await core.listNamespacedPod({ namespace, labelSelector: 'app=rs' })).items.length === 0, 'its pods are gone');
  });

  test('an informer sees what is there, what changes and what goes', async () => {
    await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'before', labels: { set: 'informer' } } } });
    const list = (): ReturnType<CoreV1Api['listNamespacedConfigMap']> => core.listNamespacedConfigMap({ namespace, labelSelector: 'set=informer' });
    const informer = makeInformer<V1ConfigMap>(config, `/api/v1/namespaces/${namespace}/configmaps`, list, 'set=informer');
    const seen: string[] = [];
    for (const verb of ['add', 'update', 'delete'] as const) informer.on(verb, ({ metadata }) => void seen.push(`${verb} ${metadata?.name}`));
    await informer.start();
    try {
      await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'after', labels: { set: 'informer' } } } });
      await core.patchNamespacedConfigMap({ namespace, name: 'before', body: { data: { a: '1' } } }, setHeaderOptions('Content-Type', PatchStrategy.MergePatch));
      await core.deleteNamespacedConfigMap({ namespace, name: 'after' });
      await until(() => seen.includes('delete after'), 'the informer has seen it all');
      expect(seen).toEqual(['add before', 'add after', 'update before', 'delete after']);
      expect(informer.list().map(({ metadata }) => metadata?.name)).toEqual(['before']);
    } finally {
      await informer.stop();
    }
  });

  test('a watch with Watch', async () => {
    const seen: string[] = [];
    const watch = await new Watch(config).watch(`/api/v1/namespaces/${namespace}/configmaps`, { fieldSelector: 'metadata.name=watched' }, (type: string, object: V1ConfigMap) => void seen.push(`${type} ${object.metadata?.name}`), () => {});
    await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'watched' } } });
    await core.deleteNamespacedConfigMap({ namespace, name: 'watched' });
    await until(() => seen.length === 2, 'both events');
    expect(seen).toEqual(['ADDED watched', 'DELETED watched']);
    watch.abort();
  });

  test('logs are followed with Log', async () => {
    expect(await core.readNamespacedPodLog({ name: 'talker', namespace })).toMatch(/^first\n/);
    const output = new Collector();
    await new Log(config).log(namespace, 'talker', 'main', output, { follow: true, tailLines: 1 });
    await until(() => (output.text.match(/UTC/g) ?? []).length >= 2, 'new lines come');
    // Not by abort(): client-node leaves the error that comes of it to nobody. With the pod the log ends by itself.
    const ended = once(output, 'finish');
    await core.deleteNamespacedPod({ name: 'talker', namespace });
    await ended;
  });

  test('commands are run with Exec', async () => {
    const [stdout, stderr, stdin] = [new Collector(), new Collector(), new PassThrough()];
    const status = await new Promise<V1Status>((resolve, reject) => {
      const command = ['sh', '-c', 'read line; echo "got $line"; echo oops >&2; exit 4'];
      new Exec(config).exec(namespace, 'shell', 'main', command, stdout, stderr, stdin, false, resolve).then(() => stdin.write('something\n'), reject);
    });
    expect([stdout.text, stderr.text]).toEqual(['got something\n', 'oops\n']);
    expect(status).toMatchObject({ status: 'Failure', reason: 'NonZeroExitCode', details: { causes: [{ reason: 'ExitCode', message: '4' }] } });
  });

  test('ports are reached with PortForward', async () => {
    const forward = new PortForward(config);
    const server = createServer((socket) => void forward.portForward(namespace, 'hello', [8080], socket, null, socket));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const client = createConnection((server.address() as AddressInfo).port, '127.0.0.1');
    client.write('GET / HTTP/1.0\r\n\r\n');
    let text = '';
    client.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    await until(() => text.endsWith('Hello World!\n'), 'the answer');
    client.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('clusters in one process', () => {
  test('live side by side and share nothing', async () => {
    await using one = await createCluster();
    await using two = await createCluster({ nodes: 2 });
    using first = new Rest(one.kubeconfig);
    using second = new Rest(two.kubeconfig);
    expect(one.port).not.toBe(two.port);
    expect((await first.send(CONFIG_MAPS, { method: 'POST', body: configMap('mine') })).code).toBe(201);
    expect((await second.send(`${CONFIG_MAPS}/mine`)).code).toBe(404);
    expect((await second.send<Thing>('/api/v1/nodes')).body.items?.map(({ metadata }) => metadata.name)).toEqual(['node-0', 'node-1']);
    await one.stop();
    expect((await second.send('/readyz')).code).toBe(200);
    await expect(first.send('/readyz')).rejects.toThrow(/ECONNREFUSED|ECONNRESET|hang up/);
  });

  test('run programs of the user’s own, and tell of a data directory in use', async () => {
    using scratch = new Scratch();
    const greeter: ImageProgramFactory = (image) => ({
      run: async ({ stdout, env, signal }) => {
        stdout.write(`${image} greets ${env['WHO']}\n`);
        await once(signal, 'abort');
        return 0;
      },
      exec: async ({ argv, stdout }) => {
        stdout.write(`asked for ${argv.join(' ')}\n`);
        return 0;
      },
    });
    await using cluster = await createCluster({ dataDir: scratch.join('data'), images: { 'registry.example/*': greeter } });
    using rest = new Rest(cluster.kubeconfig);
    const spec = { containers: [{ name: 'main', image: 'registry.example/greeter:v1', env: [{ name: 'WHO', value: 'you' }] }] };
    await rest.send('/api/v1/namespaces/default/pods', { method: 'POST', body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'greeter' }, spec } });
    await until(async () => (await rest.send('/api/v1/namespaces/default/pods/greeter/log')).body === 'registry.example/greeter:v1 greets you\n', 'the program has greeted');
    await expect(createCluster({ dataDir: scratch.join('data') })).rejects.toMatchObject({ name: 'StorageError', code: 'locked' });
    expect((await rest.send('/readyz')).code).toBe(200);
  });

  test('leave no handle behind when they stop, even with pods running and watches open', async () => {
    const before = handles();
    for (let i = 0; i < 3; i++) {
      const cluster = await createCluster();
      using rest = new Rest(cluster.kubeconfig);
      await rest.send('/api/v1/namespaces/default/pods', { method: 'POST', body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'busy' }, spec: { containers: [{ name: 'main', image: 'busybox', command: ['sh', '-c', 'while true; do date; sleep 1; done'] }] } } });
      const watch = await rest.open('/api/v1/pods?watch=true');
      watch.on('error', () => {}).resume();
      await until(async () => String((await rest.send('/api/v1/namespaces/default/pods/busy/log')).body).includes('UTC'), 'the pod runs');
      await cluster.stop();
      await cluster.stop();
    }
    await until(() => handles() === before, `the handles are ${before} again, not ${handles()}`);
  });
});

/** What keeps this process busy, by kind: sockets, servers, timers. */
function handles(): string {
  const counts = new Map<string, number>();
  for (const name of process.getActiveResourcesInfo()) if (/TCP|Timeout|Pipe|FSReq|TLS/.test(name)) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => `${name}: ${count}`).sort().join(', ');
}

/** The events of a watch, one a line. */
async function* frames(stream: AsyncIterable<Buffer>): AsyncGenerator<{ type: string; object: Thing }> {
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line) as { type: string; object: Thing };
  }
}
