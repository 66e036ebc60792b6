import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../support/free-port.js';
import { httpBody } from '../support/http-body.js';
import { Server } from '../support/server.js';
import { hasTerminals, inTerminal } from '../support/terminal.js';
import { until } from '../support/until.js';

const EXAMPLES = join(import.meta.dirname, '../../examples');

/** The walkthrough of the README with the real kubectl: what somebody does who has never seen the project. */
describe('the hello-node walkthrough', () => {
  let server: Server;
  let port: number;
  let manifest: string;
  const kubectl = (...args: string[]): Promise<string> => server.kubectl.ok(...args);

  beforeAll(async () => {
    server = await Server.start();
    port = await freePort(8080);
    manifest = join(server.kubectl.folder, 'hello-node.yml');
    const text = readFileSync(join(EXAMPLES, 'hello-node.yml'), 'utf8');
    writeFileSync(manifest, text.replace(/- name: http\n {6}port: 8080/, `- name: http\n      port: ${port}`));
  });

  afterAll(() => server[Symbol.asyncDispose]());

  test('kubectl tells its own version and the server’s', async () => {
    const text = await kubectl('version');
    expect(text).toMatch(/Client Version: v1\.36\./);
    expect(text).toMatch(/Server Version: v1\.36\.3/);
  });

  test('one node is Ready', async () => {
    expect(await kubectl('get', 'nodes', '--no-headers')).toMatch(/^node-0 +Ready +<none> +\S+ +v1\.36\.3\n$/);
    const description = await kubectl('describe', 'node', 'node-0');
    for (const part of ['KubeletReady', 'kubernetes.io/hostname=node-0', 'Container Runtime Version:', 'Lease:', 'HolderIdentity:']) expect(description).toContain(part);
  });

  test('create makes the pod and the service, and the pod comes up by way of Pending, ContainerCreating and 0/1', async () => {
    using watch = server.kubectl.follow('get', 'pods', '--watch', '--no-headers', '-v=6');
    await watch.shows(/watch=true\S* .*200 OK/);
    expect(await kubectl('create', '-f', manifest)).toBe('pod/hello-node created\nservice/hello-node created\n');
    await watch.shows(/hello-node +1\/1 +Running/);
    expect(watch.stdout).toMatch(/hello-node +0\/1 +Pending[^]*hello-node +0\/1 +ContainerCreating[^]*hello-node +0\/1 +Running[^]*hello-node +1\/1 +Running/);
  });

  test('the service answers on localhost', async () => {
    await until(async () => (await httpBody(`http://localhost:${port}/`)) === 'Hello World!\n', `localhost:${port} answers`);
    await until(async () => /localhost/.test(await kubectl('get', 'service', 'hello-node', '--no-headers')), 'the service has its external address');
  });

  test('describe shows what the real one shows', async () => {
    const text = await kubectl('describe', 'pod', 'hello-node');
    const event = (reason: string, message: string): RegExp => new RegExp(`^ +Normal +${reason} +\\S+ +kubelet +spec\\.containers\\{hello-node\\}: ${message}$`, 'm');
    const lines = [
      /^Node: +node-0\/\d+\.\d+\.\d+\.\d+$/m,
      /^IP: +10\.244\.0\.\d+$/m,
      /Container ID: +containerd:\/\/[0-9a-f]{64}$/m,
      /Image ID: +\S+@sha256:[0-9a-f]{64}$/m,
      /State: +Running$/m,
      /Ready: +True$/m,
      /Restart Count: +0$/m,
      /^ +Limits:\n +cpu: +200m\n +memory: +64Mi$/m,
      /Liveness: +http-get http:\/\/:8080\/ delay=0s timeout=1s period=5s #success=1 #failure=3$/m,
      /Readiness: +http-get http:\/\/:8080\/ delay=0s timeout=1s period=1s #success=1 #failure=3$/m,
      /\/var\/run\/secrets\/kubernetes\.io\/serviceaccount from kube-api-access-\w+ \(ro\)$/m,
      /^ +Ready +True *\n +ContainersReady +True *\n +PodScheduled +True *$/m,
      /^QoS Class: +Burstable$/m,
      /node\.kubernetes\.io\/not-ready:NoExecute op=Exists for 300s$/m,
      /node\.kubernetes\.io\/unreachable:NoExecute op=Exists for 300s$/m,
      /Normal +Scheduled +\S+ +default-scheduler +Successfully assigned default\/hello-node to node-0$/m,
      event('Pulling', 'Pulling image "registry\\.example/hello-node:v1"'),
      event('Pulled', 'Successfully pulled image "registry\\.example/hello-node:v1" in \\S+ \\(\\S+ including waiting\\)\\. Image size: \\d+ bytes\\.'),
      event('Created', 'Container created'),
      event('Started', 'Container started'),
    ];
    for (const line of lines) expect(text).toMatch(line);
  });

  test('logs has a line for each request', async () => {
    await httpBody(`http://localhost:${port}/some/where`);
    await until(async () => (await kubectl('logs', 'hello-node')).includes('/some/where'), 'the request is in the log');
    expect((await kubectl('logs', 'hello-node', '--tail=1')).trimEnd().split('\n')).toHaveLength(1);
    expect(await kubectl('logs', 'hello-node', '--tail=1', '--timestamps')).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z /);
  });

  test('exec shows the container’s processes and passes exit codes on', async () => {
    const ps = await kubectl('exec', 'hello-node', '--', 'ps', 'aux');
    expect(ps).toMatch(/\b1\b.*server\.js/);
    expect(ps).not.toContain('pause');
    expect((await server.kubectl.run(['exec', 'hello-node', '--', 'sh', '-c', 'exit 7'])).code).toBe(7);
    const missing = await server.kubectl.run(['exec', 'hello-node', '--', 'no-such-command']);
    expect(missing.code).toBe(127);
    expect(missing.stderr).toContain('executable file not found');
  });

  (hasTerminals ? test : test.skip)('exec -it gives a shell in a terminal (needs util-linux’ script)', async () => {
    using shell = inTerminal(server.kubectl, ['exec', '-it', 'hello-node', '--', 'sh']);
    await shell.shows(/[#$] $/);
    shell.write('tty; stty size; echo $((6 * 7))\r');
    await shell.shows(/\/dev\/pts\/\d+\r\n30 100\r\n42\r\n/);
    shell.write('sleep 1000\r');
    await until(async () => (await kubectl('exec', 'hello-node', '--', 'ps', 'aux')).includes('sleep 1000'), 'sleep runs');
    shell.write('\x03');
    await shell.shows(/\^C[^]*[#$] $/);
    expect(await kubectl('exec', 'hello-node', '--', 'ps', 'aux')).not.toContain('sleep 1000');
    shell.write('exit 5\r');
    expect(await shell.ended).not.toBe(0);
    expect(shell.stdout).toContain('command terminated with exit code 5');
  });

  test('port-forward and proxy reach the pod', async () => {
    using forward = server.kubectl.follow('port-forward', 'pod/hello-node', ':8080');
    const [, local] = await forward.shows(/Forwarding from 127\.0\.0\.1:(\d+) -> 8080/);
    expect(await httpBody(`http://127.0.0.1:${local}/`)).toBe('Hello World!\n');

    using proxy = server.kubectl.follow('proxy', '--port=0');
    const [, at] = await proxy.shows(/Starting to serve on (127\.0\.0\.1:\d+)/);
    expect(JSON.parse((await httpBody(`http://${at}/version`)) ?? '')).toMatchObject({ gitVersion: 'v1.36.3' });
    expect(await httpBody(`http://${at}/api/v1/namespaces/default/pods/hello-node:8080/proxy/`)).toBe('Hello World!\n');
    expect(await httpBody(`http://${at}/api/v1/namespaces/default/services/hello-node:http/proxy/`)).toBe('Hello World!\n');
    expect(JSON.parse((await httpBody(`http://${at}/api/v1/namespaces/default/pods/hello-node`)) ?? '')).toMatchObject({ status: { phase: 'Running' } });
  });

  test('two containers of a pod share localhost and a volume, and are told apart with -c', async () => {
    await kubectl('create', '-f', join(EXAMPLES, 'two-containers.yml'));
    await kubectl('wait', '--for=condition=Ready', 'pod/two-containers', '--timeout=100s');
    expect(await kubectl('get', 'pod', 'two-containers', '--no-headers')).toMatch(/^two-containers +2\/2 +Running/);
    const page = await kubectl('exec', 'two-containers', '-c', 'content', '--', 'wget', '-qO-', 'http://localhost/');
    expect(page).toMatch(/UTC \d{4}\n$/);
    expect(await kubectl('logs', 'two-containers', '-c', 'content')).toContain(page);
    expect(await kubectl('logs', 'two-containers', '-c', 'web')).toMatch(/"GET \/ HTTP\/1\.1" 200/);
    const ps = (container: string): Promise<string> => kubectl('exec', 'two-containers', '-c', container, '--', 'ps', 'aux');
    expect(await ps('web')).toMatch(/ 1 .*nginx: master process/);
    expect(await ps('web')).not.toContain('while true');
    expect(await ps('content')).toMatch(/ 1 root .*while true/);
    const unknown = await server.kubectl.run(['logs', 'two-containers', '-c', 'nobody']);
    expect(unknown).toMatchObject({ code: 1, stderr: 'error: container nobody is not valid for pod two-containers out of: web, content\n' });
    await kubectl('delete', '-f', join(EXAMPLES, 'two-containers.yml'), '--now');
  });

  test('delete takes both away, and they can be made again', async () => {
    expect(await kubectl('delete', '-f', manifest)).toBe('pod "hello-node" deleted from default namespace\nservice "hello-node" deleted from default namespace\n');
    expect(await kubectl('get', 'pods')).toBe('');
    await kubectl('create', '-f', manifest);
    await kubectl('wait', '--for=condition=Ready', 'pod/hello-node', '--timeout=100s');
    await until(async () => (await httpBody(`http://localhost:${port}/`)) === 'Hello World!\n', 'the service answers again');
    await kubectl('delete', '-f', manifest);
    await until(async () => (await httpBody(`http://localhost:${port}/`)) === undefined, 'nothing listens on localhost any more');
  });
});
