import { readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { freePort } from '../support/free-port.js';
import { Server } from '../support/server.js';
import { until } from '../support/until.js';

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
    const text = readFileSync(join(import.meta.dirname, '../../examples/hello-node.yml'), 'utf8');
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

  test('create makes the pod and the service, and the pod comes up by way of ContainerCreating and 0/1', async () => {
    const watch = server.kubectl.start(['get', 'pods', '--watch', '--no-headers']);
    let seen = '';
    watch.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()));
    try {
      expect(await kubectl('create', '-f', manifest)).toBe('pod/hello-node created\nservice/hello-node created\n');
      await until(() => /hello-node +1\/1 +Running/.test(seen), 'the pod is 1/1 Running in the watch');
    } finally {
      watch.kill();
    }
    expect(seen).toMatch(/hello-node +0\/1 +Pending/);
    expect(seen).toMatch(/hello-node +0\/1 +ContainerCreating/);
    expect(seen).toMatch(/hello-node +0\/1 +Running[^]*hello-node +1\/1 +Running/);
  });

  test('the service answers on localhost', async () => {
    await until(async () => (await body(`http://localhost:${port}/`)) === 'Hello World!\n', `localhost:${port} answers`);
    await until(async () => /localhost/.test(await kubectl('get', 'service', 'hello-node', '--no-headers')), 'the service has its external address');
  });

  test('describe shows what the real one shows', async () => {
    const text = await kubectl('describe', 'pod', 'hello-node');
    const lines = [
      /^Node: +node-0\/\d+\.\d+\.\d+\.\d+$/m,
      /^IP: +10\.244\.0\.\d+$/m,
      /Container ID: +containerd:\/\/[0-9a-f]{64}$/m,
      /Image ID: +\S+@sha256:[0-9a-f]{64}$/m,
      /State: +Running$/m,
      /Restart Count: +0$/m,
      /Liveness: +http-get http:\/\/:8080\/ delay=0s timeout=1s period=5s #success=1 #failure=3$/m,
      /Readiness: +http-get http:\/\/:8080\/ delay=0s timeout=1s period=1s #success=1 #failure=3$/m,
      /\/var\/run\/secrets\/kubernetes\.io\/serviceaccount from kube-api-access-\w+ \(ro\)$/m,
      /^QoS Class: +Burstable$/m,
      /node\.kubernetes\.io\/not-ready:NoExecute op=Exists for 300s$/m,
      /node\.kubernetes\.io\/unreachable:NoExecute op=Exists for 300s$/m,
      /Normal +Scheduled +\S+ +default-scheduler +Successfully assigned default\/hello-node to node-0$/m,
      /Normal +Pulling +\S+ +kubelet +Pulling image "registry\.example\/hello-node:v1"$/m,
      /Normal +Pulled +\S+ +kubelet +Successfully pulled image "registry\.example\/hello-node:v1" in \S+ \(\S+ including waiting\)\. Image size: \d+ bytes\.$/m,
      /Normal +Created +\S+ +kubelet +Container created$/m,
      /Normal +Started +\S+ +kubelet +Container started$/m,
    ];
    for (const line of lines) expect(text).toMatch(line);
  });

  test('logs has a line for each request', async () => {
    await body(`http://localhost:${port}/some/where`);
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
  });

  test('delete takes both away, and they can be made again', async () => {
    expect(await kubectl('delete', '-f', manifest)).toBe('pod "hello-node" deleted from default namespace\nservice "hello-node" deleted from default namespace\n');
    expect(await kubectl('get', 'pods')).toBe('');
    await kubectl('create', '-f', manifest);
    await kubectl('wait', '--for=condition=Ready', 'pod/hello-node', '--timeout=20s');
    await until(async () => (await body(`http://localhost:${port}/`)) === 'Hello World!\n', 'the service answers again');
    await kubectl('delete', '-f', manifest);
    await until(async () => (await body(`http://localhost:${port}/`)) === undefined, 'nothing listens on localhost any more');
  });
});

/** What a GET answers; undefined when nothing listens. */
function body(url: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: 3000 }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve(text));
    });
    request.on('error', () => resolve(undefined));
    request.on('timeout', () => request.destroy());
  });
}
