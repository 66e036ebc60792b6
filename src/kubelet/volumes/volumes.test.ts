import type { ConfigMap, Pod, Secret, Service } from '../../api/types/core-v1.js';
import type { ImageProgram, ProgramProcess } from '../runtimes/simulated/program.js';
import { condition, TestNode } from '../testing/test-node.js';

const CONFIG_MAPS = { group: '', version: 'v1', resource: 'configmaps' };
const SECRETS = { group: '', version: 'v1', resource: 'secrets' };
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Keeps its process, so that a test can look through the container's eyes. */
const eyes = new Map<string, ProgramProcess>();
const app = (): ImageProgram => ({ run: (process) => new Promise((resolve) => {
  eyes.set(`${process.hostname}/${process.process.container}`, process);
  process.signal.addEventListener('abort', () => resolve(0));
}) });

describe('volumes and variables', () => {
  let node: TestNode;
  beforeEach(async () => {
    eyes.clear();
    node = await new TestNode({ images: { app } }).start();
  });
  afterEach(() => node.stop());

  const configMap = (name: string, data: Record<string, string>): Promise<ConfigMap> => node.api.resource<ConfigMap>(CONFIG_MAPS).create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data });
  const secret = (name: string, data: Record<string, string>): Promise<Secret> =>
    node.api.resource<Secret>(SECRETS).create({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'default' }, data: Object.fromEntries(Object.entries(data).map(([k, v]) => [k, base64(v)])) });
  const running = (name = 'p'): Promise<unknown> => node.until(() => condition(node.pod(name), 'Ready') === 'True');
  const inside = async (container = 'c', pod = 'p'): Promise<ProgramProcess> => node.until(() => eyes.get(`${pod}/${container}`));

  test('a pod waits for its ConfigMap with FailedMount and starts when it is there', async () => {
    await node.run('p', { containers: [{ name: 'c', image: 'app', volumeMounts: [{ name: 'conf', mountPath: '/conf' }] }], volumes: [{ name: 'conf', configMap: { name: 'settings' } }] });
    await node.until(() => node.events('p').includes('FailedMount: MountVolume.SetUp failed for volume "conf" : configmap "settings" not found'));
    expect(node.pod('p')?.status?.containerStatuses?.[0]?.state?.waiting?.reason).toBe('ContainerCreating');
    await configMap('settings', { 'a.txt': 'A', b: 'B' });
    await node.untilLater(() => condition(node.pod('p'), 'Ready') === 'True', 10_000);
    const { fs } = await inside();
    expect(await fs.readFile('/conf/a.txt')).toBe('A');
    expect((await fs.readdir('/conf')).filter((n) => !n.startsWith('..')).sort()).toEqual(['a.txt', 'b']);
    expect((await fs.lstat('/conf/b')).isSymbolicLink).toBe(true);
  });

  test('files of secrets, projections and the downward API are where they shall be, with their modes', async () => {
    await secret('keys', { id: 'key' });
    await configMap('ca', { 'ca.crt': 'CERT' });
    await node.run('p', {
      containers: [{ name: 'c', image: 'app', resources: { limits: { cpu: '1500m', memory: '64Mi' } }, volumeMounts: [
        { name: 'keys', mountPath: '/keys', readOnly: true }, { name: 'all', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }, { name: 'down', mountPath: '/down' }, { name: 'keys', mountPath: '/one', subPath: 'sub/id' },
      ] }],
      volumes: [
        { name: 'keys', secret: { secretName: 'keys', defaultMode: 0o400, items: [{ key: 'id', path: 'sub/id' }] } },
        { name: 'all', projected: { sources: [{ serviceAccountToken: { path: 'token', expirationSeconds: 3607 } }, { configMap: { name: 'ca' } }, { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } }] } },
        { name: 'down', downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }, { path: 'cpu', resourceFieldRef: { containerName: 'c', resource: 'limits.cpu' } }, { path: 'mem', resourceFieldRef: { containerName: 'c', resource: 'limits.memory', divisor: '1Mi' } }] } },
      ],
    }, { labels: { b: '2', a: 'x"y' } });
    await running();
    const { fs } = await inside();
    expect(await fs.readFile('/keys/sub/id')).toBe('key');
    expect((await fs.stat('/keys/sub/id')).mode & 0o777).toBe(0o400);
    expect(await fs.readFile('/one')).toBe('key');
    await expect(fs.writeFile('/keys/x', '')).rejects.toThrow(/EROFS/);
    const account = '/var/run/secrets/kubernetes.io/serviceaccount';
    expect(await fs.readFile(`${account}/token`)).toBe('token-of-default-default');
    expect(await fs.readFile(`${account}/ca.crt`)).toBe('CERT');
    expect(await fs.readFile(`${account}/namespace`)).toBe('default');
    expect(await fs.readFile('/down/labels')).toBe('a="x\\"y"\nb="2"');
    expect(await fs.readFile('/down/cpu')).toBe('2');
    expect(await fs.readFile('/down/mem')).toBe('64');
  });

  test('containers of a pod share an emptyDir, which survives a restart but not the pod', async () => {
    const mount = [{ name: 'tmp', mountPath: '/data' }];
    await node.run('p', { containers: [{ name: 'a', image: 'app', volumeMounts: mount }, { name: 'b', image: 'app', volumeMounts: mount }], volumes: [{ name: 'tmp', emptyDir: {} }] });
    await running();
    await (await inside('a')).fs.writeFile('/data/x', 'shared');
    expect(await (await inside('b')).fs.readFile('/data/x')).toBe('shared');
    (await inside('a')).pids.kill(1, 'SIGKILL', { fromOutside: true });
    await node.until(() => (node.pod('p')?.status?.containerStatuses?.[0]?.restartCount ?? 0) === 1);
    const again = await inside('a');
    expect(await again.fs.readFile('/data/x')).toBe('shared');
  });

  test('variables come from values, fields, resources, ConfigMaps, Secrets and Services', async () => {
    await configMap('settings', { color: 'red', 'with.dot': 'yes' });
    await secret('keys', { key: 's3cret' });
    await node.api.resource<Service>({ group: '', version: 'v1', resource: 'services' }).create({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'my-db', namespace: 'default' }, spec: { clusterIP: '10.96.0.9', ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }] } });
    await node.until(() => node.informers.for({ group: '', version: 'v1', resource: 'services' }).list().length === 1);
    await node.run('p', { containers: [{
      name: 'c', image: 'app', args: ['--color=$(COLOR)', '$$(COLOR)', '$(MISSING)'], resources: { requests: { memory: '1Gi' } },
      envFrom: [{ configMapRef: { name: 'settings' }, prefix: 'P_' }, { secretRef: { name: 'nope', optional: true } }],
      env: [
        { name: 'COLOR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'color' } } },
        { name: 'BOTH', value: '$(COLOR) at $(MY_DB_SERVICE_HOST)' },
        { name: 'KEY', valueFrom: { secretKeyRef: { name: 'keys', key: 'key' } } },
        { name: 'NONE', valueFrom: { configMapKeyRef: { name: 'settings', key: 'no', optional: true } } },
        { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
        { name: 'LABEL', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
        { name: 'MEM', valueFrom: { resourceFieldRef: { resource: 'requests.memory', divisor: '1Mi' } } },
        { name: 'CPUS', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
        { name: 'EMPTY' },
      ],
    }] }, { labels: { app: 'web' } });
    await running();
    const { env, argv, hostname } = await inside();
    expect(env).toMatchObject({
      P_color: 'red', 'P_with.dot': 'yes', COLOR: 'red', BOTH: 'red at 10.96.0.9', KEY: 's3cret', IP: '10.244.0.2', LABEL: 'web', MEM: '1024', CPUS: '32', EMPTY: '', HOSTNAME: 'p',
      MY_DB_SERVICE_HOST: '10.96.0.9', MY_DB_SERVICE_PORT: '5432', MY_DB_SERVICE_PORT_SQL: '5432', MY_DB_PORT: 'tcp://10.96.0.9:5432', MY_DB_PORT_5432_TCP_ADDR: '10.96.0.9',
    });
    expect(Object.hasOwn(env, 'NONE')).toBe(false);
    expect(argv).toEqual(['--color=red', '$(COLOR)', '$(MISSING)']);
    expect(hostname).toBe('p');
  });

  test.each<[string, Pod['spec']['containers'][number]['env'], string]>([
    ['a ConfigMap', [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'nope', key: 'k' } } }], 'configmap "nope" not found'],
    ['a Secret', [{ name: 'A', valueFrom: { secretKeyRef: { name: 'nope', key: 'k' } } }], 'secret "nope" not found'],
    ['a key', [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'there', key: 'k' } } }], "couldn't find key k in ConfigMap default/there"],
  ])('a variable of %s that is not there gives CreateContainerConfigError', async (_what, env, message) => {
    await configMap('there', {});
    await node.run('p', { containers: [{ name: 'c', image: 'app', env }] });
    const pod = await node.until(() => node.pod('p')?.status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerConfigError' && node.pod('p'));
    expect(pod.status?.containerStatuses?.[0]?.state?.waiting?.message).toBe(message);
    await node.until(() => node.events('p').includes(`Failed: Error: ${message}`));
  });

  test('a pod knows its name, its hosts file and its DNS', async () => {
    await node.run('p', { containers: [{ name: 'c', image: 'app' }], hostname: 'db', subdomain: 'svc', hostAliases: [{ ip: '192.0.2.1', hostnames: ['one', 'two'] }], dnsConfig: { searches: ['example.com'], options: [{ name: 'ndots', value: '2' }] } });
    await running();
    const { fs, network } = await inside('c', 'db');
    expect(await fs.readFile('/etc/hostname')).toBe('db\n');
    expect(await fs.readFile('/etc/hosts')).toContain('10.244.0.2\tdb.svc.default.svc.cluster.local\tdb\n\n# Entries added by HostAliases.\n192.0.2.1\tone\ttwo\n');
    expect(await fs.readFile('/etc/resolv.conf')).toBe('search default.svc.cluster.local svc.cluster.local cluster.local example.com\nnameserver 10.96.0.10\noptions ndots:2\n');
    expect(await network.resolve('two')).toEqual(['192.0.2.1']);
    expect(await network.resolve('db')).toEqual(['10.244.0.2']);
  });

  test('files follow their ConfigMap while the pod runs', async () => {
    await configMap('settings', { a: 'old', gone: 'x' });
    await node.run('p', { containers: [{ name: 'c', image: 'app', volumeMounts: [{ name: 'conf', mountPath: '/conf' }] }], volumes: [{ name: 'conf', configMap: { name: 'settings' } }] });
    await running();
    const { fs } = await inside();
    expect(await fs.readFile('/conf/a')).toBe('old');
    const current = node.api.find('configmaps', 'settings', 'default') as ConfigMap;
    await node.api.resource<ConfigMap>(CONFIG_MAPS).update({ ...current, data: { a: 'new', more: 'y' } });
    await node.untilLater(() => eyes.size > 0 && node.clock.now() > Date.UTC(2026, 0, 1, 0, 1, 40), 200_000, 5000);
    expect(await fs.readFile('/conf/a')).toBe('new');
    expect((await fs.readdir('/conf')).filter((n) => !n.startsWith('..')).sort()).toEqual(['a', 'more']);
  });
});
