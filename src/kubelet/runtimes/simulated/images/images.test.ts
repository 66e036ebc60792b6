import { Readable, Writable } from 'node:stream';
import type { ConfigMap, Container, Pod } from '../../../../api/types/core-v1.js';
import { httpGet } from '../../../probes/http-get.js';
import { condition, TestNode } from '../../../testing/test-node.js';

describe('built-in images', () => {
  let node: TestNode;
  beforeEach(async () => {
    node = await new TestNode().start();
  });
  afterEach(() => node.stop());

  const run = async (container: Partial<Container> & { image: string }, spec: Partial<Pod['spec']> = {}): Promise<void> => {
    await node.run('p', { containers: [{ name: 'c', ...container }], ...spec });
    await node.until(() => condition(node.pod('p'), 'Ready') === 'True' || node.pod('p')?.status?.phase === 'Succeeded' || node.pod('p')?.status?.phase === 'Failed');
  };
  const ip = (): string => node.pod('p')?.status?.podIP ?? '';
  const get = async (path: string, port = 8080): Promise<{ status: number; body: string }> => {
    const answer = httpGet({ scheme: 'http', host: ip(), port, path, headers: [] }, { connect: (host, to) => node.network.connect(host, to, { from: '10.244.0.77' }), clock: node.clock, timeoutMs: 5000, agent: 'probe' });
    let done: { status: number; body: string } | undefined;
    answer.then((found) => (done = found), (error: unknown) => (done = { status: 0, body: String(error) }));
    return node.until(() => done);
  };
  const exec = async (command: string[], stdin = ''): Promise<{ code: number; out: string; err: string }> => {
    const [out, err]: [Buffer[], Buffer[]] = [[], []];
    const sink = (into: Buffer[]): Writable => new Writable({ write: (chunk: Buffer, _e, next) => (into.push(chunk), next()) });
    const status = await node.kubelet.agent?.exec(node.pod('p') as Pod, { container: 'c', command }, { stdin: Readable.from([Buffer.from(stdin)]), stdout: sink(out), stderr: sink(err), tty: false, resize: (async function* () {})(), signal: new AbortController().signal });
    return { code: status?.code ?? -1, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() };
  };
  const logs = async (name = 'p'): Promise<string> => {
    let text = '';
    for await (const chunk of node.kubelet.agent?.logs(node.pod(name) as Pod, { container: 'c', follow: false, previous: false, timestamps: false }, new AbortController().signal) ?? []) text += chunk.toString();
    return text;
  };
  const AGNHOST = 'registry.k8s.io/e2e-test-images/agnhost:2.53';

  test('agnhost pauses unless told otherwise, and knows no other words', async () => {
    await run({ image: AGNHOST });
    expect(await logs()).toBe('Paused\n');
    expect(await exec(['/agnhost', 'tea'])).toMatchObject({ code: 1, err: expect.stringContaining('Error: unknown command "tea" for "app"') as string });
    expect((await exec(['/agnhost', 'dns-suffix'])).out).toBe('default.svc.cluster.local,svc.cluster.local,cluster.local\n');
    expect((await exec(['/agnhost', 'connect', `${ip()}:99`])).err).toBe('REFUSED\n');
    expect((await exec(['/agnhost', 'connect', 'nobody:99'])).err).toMatch(/^DNS: /);
  });

  test('agnhost netexec answers by path, runs commands, asks others, and exits', async () => {
    await run({ image: AGNHOST, args: ['netexec', '--http-port=8080'] });
    expect(await logs()).toMatch(/^I0101 00:00:00\.000000 {7}1 log\.go:195\] Started HTTP server on port 8080\n/);
    expect((await get('/')).body).toMatch(/^NOW: 2026-01-01 00:00:00\.000 \+0000 UTC m=\+0\.0/);
    expect((await get('/hostname')).body).toBe('p');
    expect((await get('/clientip')).body).toMatch(/^10\.244\.0\.77:\d+$/);
    expect(await get('/echo?msg=hi&code=418')).toMatchObject({ status: 418, body: 'hi' });
    expect(JSON.parse((await get('/shell?cmd=echo%20hi%3B%20hostname')).body)).toEqual({ output: 'hi\np\n' });
    expect(JSON.parse((await get('/shell?cmd=exit%203')).body)).toEqual({ error: 'exit status 3' });
    expect(JSON.parse((await get(`/dial?host=${ip()}&port=8080&request=hostName&tries=2`)).body)).toEqual({ responses: ['p', 'p'] });
    expect((await get('/serverport')).body).toBe('8080');
    expect((await get('/readyz')).body).toBe('ok');
    expect((await get('/healthz')).status).toBe(200);
    expect(JSON.parse((await get('/header')).body)).toMatchObject({ 'User-Agent': ['kube-probe/1.36'] });
    expect(await get('/echo?msg=hi&code=teapot')).toMatchObject({ status: 200, body: 'argument \'code\' must be an integer or empty, got "teapot"\n' });
    expect(await get('/dial?host=p&port=80')).toMatchObject({ status: 400, body: 'request parameter not specified. <nil>\n' });
    expect(JSON.parse((await get(`/dial?host=${ip()}&port=99&request=hostName`)).body)).toEqual({ errors: [`Get "http://${ip()}:99/hostName": dial tcp ${ip()}:99: connect: connection refused`] });
    const upload = await exec(['sh', '-c', `echo data > /tmp/x; curl -s -F file=@/tmp/x http://${ip()}:8080/upload`]);
    const { output } = JSON.parse(upload.out) as { output: string };
    expect((await exec(['cat', output])).out).toBe('data\n');
    // It never answers: it has exited.
    expect((await get('/exit?code=5')).body).toContain('EOF');
    await node.until(() => node.pod('p')?.status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode === 5);
  });

  test('agnhost answers datagrams, asks others by them, and nc speaks them too', async () => {
    await run({ image: AGNHOST, args: ['netexec', '--udp-port=8090'] });
    const dial = async (port: number, request: string): Promise<unknown> => JSON.parse((await get(`/dial?host=${ip()}&port=${port}&protocol=udp&request=${request}`)).body);
    expect(await dial(8090, 'hostname')).toEqual({ responses: ['p'] });
    expect(await dial(8090, 'echo%20Hello')).toEqual({ responses: ['hello'] });
    expect(await dial(8090, 'serverport')).toEqual({ responses: ['8090'] });
    expect(await dial(8090, 'clientip')).toEqual({ responses: [expect.stringMatching(`^${ip()}:\\d+$`)] });
    expect(await dial(8091, 'hostname')).toEqual({ errors: [expect.stringMatching(/^reading from udp connection failed\. err:'read udp .*: read: connection refused'$/)] });
    expect((await exec(['/agnhost', 'connect', '--protocol=udp', `${ip()}:8090`])).code).toBe(0);
    expect((await exec(['/agnhost', 'connect', '--protocol=udp', `${ip()}:99`])).err).toMatch(/^REFUSED: /);
    const answer = exec(['sh', '-c', `echo hostname | nc -u -w1 ${ip()} 8090`]);
    let done: { out: string } | undefined;
    void answer.then((found) => (done = found));
    expect((await node.untilLater(() => done)).out).toBe('p');
    expect((await exec(['nc', '-zvu', ip(), '99'])).code).toBe(1);
  });

  test('agnhost grpc-health-checking is as healthy as it is told to be', async () => {
    await node.run('p', { containers: [{ name: 'c', image: AGNHOST, args: ['grpc-health-checking'], readinessProbe: { grpc: { port: 5000 }, periodSeconds: 1, failureThreshold: 1 } }] });
    await node.untilLater(() => condition(node.pod('p'), 'Ready') === 'True');
    await get('/make-not-serving');
    await node.untilLater(() => condition(node.pod('p'), 'Ready') === 'False');
    expect(node.events('p')).toContainEqual('Unhealthy: Readiness probe failed: service unhealthy (responded with "NOT_SERVING")');
    await get('/make-serving');
    await node.untilLater(() => condition(node.pod('p'), 'Ready') === 'True');
  });

  test('agnhost liveness is healthy for ten seconds', async () => {
    await run({ image: AGNHOST, args: ['liveness'], livenessProbe: { httpGet: { path: '/healthz', port: 8080 }, initialDelaySeconds: 3, periodSeconds: 3 } });
    expect(await get('/healthz')).toMatchObject({ status: 200, body: 'ok' });
    await node.untilLater(() => (node.pod('p')?.status?.containerStatuses?.[0]?.restartCount ?? 0) > 0, 120_000);
    expect(node.events('p')).toContain('Unhealthy: Liveness probe failed: HTTP probe failed with statuscode: 500');
    expect(node.events('p')).toContain('Killing: Container c failed liveness probe, will be restarted');
  });

  test('agnhost entrypoint-tester, mounttest and logs-generator', async () => {
    await run({ image: AGNHOST, args: ['entrypoint-tester', 'override', 'arguments'] }, { restartPolicy: 'Never' });
    expect(await logs()).toBe('[/agnhost entrypoint-tester override arguments]\n');
    await node.delete('p', 0);
    await node.untilLater(() => !node.pod('p') && node.kubelet.agent?.stats().pods.length === 0);
    await run({ image: AGNHOST, args: ['mounttest', '--new_file_0644=/v/f', '--file_mode=/v/f', '--file_perm=/v/f', '--file_content=/v/f', '--file_owner=/v/f'], volumeMounts: [{ name: 'v', mountPath: '/v' }] }, { restartPolicy: 'Never', volumes: [{ name: 'v', emptyDir: {} }] });
    expect((await logs()).split('\n').sort()).toEqual(['', '', 'content of file "/v/f": mount-tester new file', 'mode of file "/v/f": -rw-r--r--', 'owner GID of "/v/f": 0', 'owner UID of "/v/f": 0', 'perms of file "/v/f": -rw-r--r--'].sort());
    await node.delete('p', 0);
    await node.untilLater(() => !node.pod('p'));
    await node.run('p', { containers: [{ name: 'c', image: AGNHOST, args: ['logs-generator', '--log-lines-total', '5', '--run-duration', '5s'] }], restartPolicy: 'Never' });
    await node.untilLater(() => node.pod('p')?.status?.phase === 'Succeeded', 20_000, 500);
    expect((await logs()).trim().split('\n')).toHaveLength(5);
    expect(await logs()).toMatch(/logs_generator\.go:76\] 0 (GET|POST|PUT) \/api\/v1\/namespaces\/(default|kube-system|ns)\/pods\/[a-z0-9]+ \d{3}\n/);
  });

  test('postgres and mysql want a password, say what the real ones say, and listen', async () => {
    for (const [name, image, variable, port, complaint, ready] of [
      ['pg', 'postgres:17', 'POSTGRES_PASSWORD', 5432, 'Error: Database is uninitialized and superuser password is not specified.', 'LOG:  database system is ready to accept connections'],
      ['my', 'mysql:8.0', 'MYSQL_ROOT_PASSWORD', 3306, '[ERROR] [Entrypoint]: Database is uninitialized and password option is not specified', '/usr/sbin/mysqld: ready for connections.'],
    ] as const) {
      await node.run(`${name}-without`, { containers: [{ name: 'c', image }], restartPolicy: 'Never' });
      const failed = await node.until(() => node.pod(`${name}-without`)?.status?.phase === 'Failed' && node.pod(`${name}-without`)) as Pod;
      expect(failed.status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({ exitCode: 1, reason: 'Error' });
      expect(await logs(`${name}-without`)).toContain(complaint);
      await node.run(name, { containers: [{ name: 'c', image, env: [{ name: variable, value: 'secret' }] }] });
      await node.until(() => condition(node.pod(name), 'Ready') === 'True');
      expect(await logs(name)).toContain(ready);
      expect(await logs(name)).not.toContain('$(');
      (await node.network.connect(node.pod(name)?.status?.podIP ?? '', port)).destroy();
    }
    await run({ image: 'postgres', env: [{ name: 'POSTGRES_PASSWORD', value: 'x' }] });
    expect(await exec(['pg_isready', '-U', 'postgres'])).toMatchObject({ code: 0, out: '/var/run/postgresql:5432 - accepting connections\n' });
    expect((await exec(['ls', '/etc/os-release'])).code).toBe(0);
  });

  test('nginx follows the ports and the root of its configuration', async () => {
    await run({ image: 'nginxinc/nginx-unprivileged:1.27' });
    expect((await get('/')).body).toContain('Welcome to nginx!');
    await node.api.resource<ConfigMap>({ group: '', version: 'v1', resource: 'configmaps' }).create({
      apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'conf', namespace: 'default' }, data: { 'site.conf': 'server {\n  listen 8081; # listen 9;\n  listen [::]:8082;\n  root /etc;\n}\n' },
    });
    await node.run('conf', {
      containers: [{ name: 'c', image: 'nginx', volumeMounts: [{ name: 'conf', mountPath: '/etc/nginx/conf.d' }] }], volumes: [{ name: 'conf', configMap: { name: 'conf' } }],
    });
    await node.until(() => condition(node.pod('conf'), 'Ready') === 'True');
    const address = node.pod('conf')?.status?.podIP ?? '';
    for (const port of [8081, 8082]) expect((await exec(['wget', '-qO-', `http://${address}:${port}/hostname`])).out).toBe('conf\n');
    await expect(node.network.connect(address, 80)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('images of languages: a version, a file server, and no session without a terminal', async () => {
    await run({ image: 'python:3.12-slim', command: ['sh', '-c', 'sleep infinity'] });
    expect((await exec(['python3', '--version'])).out).toBe('Python 3.12\n');
    await node.run('files', { containers: [{ name: 'c', image: 'python:3', command: ['python', '-m', 'http.server', '8080', '--directory', '/etc'] }] });
    await node.until(() => condition(node.pod('files'), 'Ready') === 'True');
    const address = node.pod('files')?.status?.podIP ?? '';
    expect((await exec(['wget', '-qO-', `http://${address}:8080/hostname`])).out).toBe('files\n');
    expect((await exec(['wget', '-qO-', `http://${address}:8080/`])).out).toContain('<li><a href="passwd">passwd</a></li>');
    await node.run('done', { containers: [{ name: 'c', image: 'node:22' }], restartPolicy: 'Never' });
    await node.until(() => node.pod('done')?.status?.phase === 'Succeeded');
  });

  test('redis: the documentation\'s ConfigMap example, all kinds of values, expiry', async () => {
    await run({ image: 'redis:8.0.2', command: ['redis-server', '/conf/redis.conf'], volumeMounts: [{ name: 'v', mountPath: '/conf' }] }, { volumes: [{ name: 'v', emptyDir: {} }] });
    expect(await logs()).toContain('* Ready to accept connections tcp\n');
    const cli = async (...words: string[]): Promise<string> => (await exec(['redis-cli', ...words])).out;
    expect(await cli('ping')).toBe('PONG\n');
    expect([await cli('set', 'greeting', 'hello world'), await cli('get', 'greeting'), await cli('get', 'none')]).toEqual(['OK\n', 'hello world\n', '\n']);
    expect([await cli('incr', 'n'), await cli('incrby', 'n', '41'), await cli('incr', 'greeting')]).toEqual(['1\n', '42\n', 'ERR value is not an integer or out of range\n']);
    expect([await cli('rpush', 'l', 'a', 'b'), await cli('lrange', 'l', '0', '-1'), await cli('get', 'l')]).toEqual(['2\n', 'a\nb\n', 'WRONGTYPE Operation against a key holding the wrong kind of value\n']);
    expect([await cli('hset', 'h', 'f', '1'), await cli('--no-raw', 'hgetall', 'h'), await cli('sadd', 's', 'x', 'x')]).toEqual(['1\n', '1) "f"\n2) "1"\n', '1\n']);
    expect((await cli('keys', '*')).trim().split('\n').sort()).toEqual(['greeting', 'h', 'l', 'n', 's']);
    expect([await cli('expire', 'n', '10'), await cli('ttl', 'n'), await cli('ttl', 'greeting'), await cli('ttl', 'none')]).toEqual(['1\n', '10\n', '-1\n', '-2\n']);
    await node.clock.advance(10_001);
    expect([await cli('exists', 'n'), await cli('del', 'greeting', 'none'), await cli('dbsize')]).toEqual(['0\n', '1\n', '3\n']);
    expect(await cli('config', 'get', 'maxmemory')).toBe('maxmemory\n0\n');
    expect(await cli('info', 'server')).toContain('redis_version:8.2.2');
    expect(await cli('brew', 'tea')).toBe("ERR unknown command 'brew', with args beginning with: 'tea' \n");
    expect((await exec(['redis-cli'], 'set a 1\nget a\n')).out).toBe('OK\n1\n');
    expect(await exec(['redis-cli', '-p', '1', 'ping'])).toMatchObject({ code: 1, err: 'Could not connect to Redis at 127.0.0.1:1: Connection refused\n' });
  });

  test('servers of tutorials answer as their pages show', async () => {
    const answers: ReadonlyArray<readonly [Partial<Container> & { image: string }, number, string | RegExp]> = [
      [{ image: 'gcr.io/google-samples/kubernetes-bootcamp:v1' }, 8080, 'Hello Kubernetes bootcamp! | Running on: p | v=1\n'],
      [{ image: 'docker.io/jocatalin/kubernetes-bootcamp:v2' }, 8080, 'Hello Kubernetes bootcamp! | Running on: p | v=2\n'],
      [{ image: 'us-docker.pkg.dev/google-samples/containers/gke/hello-app:2.0' }, 8080, 'Hello, world!\nVersion: 2.0.0\nHostname: p\n'],
      [{ image: 'hashicorp/http-echo', args: ['-text=hi there', '-listen=:80'] }, 80, 'hi there\n'],
      [{ image: 'traefik/whoami' }, 80, /^Hostname: p\nIP: 127\.0\.0\.1\n[^]*\nGET \/ HTTP\/1\.1\nHost: /],
      [{ image: 'kicbase/echo-server:1.0' }, 8080, /^Request served by p\n\nGET \/ HTTP\/1\.1\n\n/],
      [{ image: 'registry.k8s.io/echoserver:1.10' }, 8080, /\nHostname: p\n[^]*client_address=10\.244\.0\.77\n\tmethod=GET\n/],
      [{ image: 'registry.k8s.io/echoserver:1.4' }, 8080, /^CLIENT VALUES:\nclient_address=10\.244\.0\.77\ncommand=GET\nreal path=\/\nquery=nil\n/],
      [{ image: 'registry.k8s.io/hpa-example' }, 80, 'OK!'],
      [{ image: 'registry.k8s.io/nginx-slim:0.24' }, 80, /Welcome to nginx!/],
    ];
    for (const [container, port, expected] of answers) {
      await run(container);
      const { status, body } = await get('/', port);
      expect({ image: container.image, status, body }).toEqual({ image: container.image, status: 200, body: typeof expected === 'string' ? expected : expect.stringMatching(expected) });
      await node.delete('p', 0);
      await node.untilLater(() => !node.pod('p') && node.kubelet.agent?.stats().pods.length === 0);
    }
  });

  test('stress uses what it says: memory beyond the limit is OOMKilled, CPU stays below its limit', async () => {
    const stress = { image: 'polinux/stress', command: ['stress'], args: ['--vm', '1', '--vm-bytes', '250M', '--vm-hang', '1'], resources: { limits: { memory: '100Mi' } } };
    await node.run('p', { containers: [{ name: 'c', ...stress }], restartPolicy: 'Never' });
    await node.until(() => node.pod('p')?.status?.containerStatuses?.[0]?.state?.terminated?.reason === 'OOMKilled');
    await node.run('q', { containers: [{ name: 'c', image: 'vish/stress', args: ['-cpus', '2'], resources: { limits: { cpu: '1' } } }] });
    await node.until(() => condition(node.pod('q'), 'Ready') === 'True');
    expect(node.kubelet.agent?.stats().pods[0]?.containers[0]?.cpuNanocores).toBe(1_000_000_000);
  });

  test('hpa-example uses CPU as long as it is asked', async () => {
    await run({ image: 'registry.k8s.io/hpa-example' });
    const cores = (): number => node.kubelet.agent?.stats().pods[0]?.containers[0]?.cpuNanocores ?? 0;
    const idle = cores();
    for (let i = 0; i < 60; i++) await get('/', 80);
    expect(cores()).toBeGreaterThan(idle + 150_000_000);
    await node.clock.advance(20_000);
    expect(cores()).toBe(idle);
  });

  test('perl computes the digits of π, as the documentation\'s Job does', async () => {
    await run({ image: 'perl:5.34.0', command: ['perl', '-Mbignum=bpi', '-wle', 'print bpi(50)'] }, { restartPolicy: 'Never' });
    await node.until(() => node.pod('p')?.status?.phase === 'Succeeded');
    expect(await logs()).toBe('3.1415926535897932384626433832795028841971693993751\n');
  });
});
