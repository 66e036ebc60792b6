import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kubectl } from '../support/kubectl.js';
import { httpBody } from '../support/http-body.js';
import { Follower } from '../support/follower.js';
import { Server } from '../support/server.js';
import { until } from '../support/until.js';

const PODS = `
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: [{name: main, image: nginx}]}
---
apiVersion: v1
kind: Pod
metadata: {name: shell}
spec: {containers: [{name: main, image: busybox, command: [sh, -c, 'echo started; sleep infinity']}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: readers}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: ServiceAccount, name: default, namespace: default}]
`;

/** A cluster below /clusters/NAME to the real kubectl, and to the pods inside of it. */
describe('a virtual cluster', () => {
  let server: Server;
  let kubectl: Kubectl;
  const made: Kubectl[] = [];

  async function create(name: string): Promise<Kubectl> {
    const body = join(server.kubectl.folder, `${name}.json`);
    writeFileSync(body, '{"nodes": 1}');
    const own = new Kubectl(await server.kubectl.ok('create', '--raw', `/kubette/v1/clusters/${name}`, '-f', body));
    made.push(own);
    await own.create(PODS);
    await own.ok('wait', 'pod', '--all', '--for=condition=Ready', '--timeout=100s');
    return own;
  }

  beforeAll(async () => {
    server = await Server.start({ inMemory: true, flags: ['--nodes', '1', '--addons', 'none'] });
    kubectl = await create('one');
  });

  afterAll(async () => {
    for (const own of made) own[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
  });

  test.each([
    ['WebSocket', 'true'],
    ['SPDY', 'false'],
  ])('exec and port-forward over %s', async (_name, webSockets) => {
    const env = { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: webSockets, KUBECTL_PORT_FORWARD_WEBSOCKETS: webSockets };
    const outcome = await kubectl.run(['exec', '-i', 'shell', '--', 'sh', '-c', 'cat; echo problem >&2; exit 7'], { input: 'said', env });
    expect(outcome).toMatchObject({ code: 7, stdout: 'said' });
    expect(outcome.stderr).toContain('problem\n');

    using forward = new Follower(kubectl.start(['port-forward', 'pod/web', ':80'], env));
    const [, port = ''] = await forward.shows(/127\.0\.0\.1:(\d+) -> 80/);
    await until(async () => (await httpBody(`http://127.0.0.1:${port}/`))?.includes('Welcome to nginx!'), 'nginx answers through the port');
  });

  test('logs -f shows what is said from now on, and cp copies', async () => {
    using logs = kubectl.follow('logs', '-f', 'web');
    await kubectl.ok('exec', 'shell', '--', 'wget', '-qO-', `http://${await kubectl.ok('get', 'pod', 'web', '-o', 'jsonpath={.status.podIP}')}/followed`).catch(() => {});
    await logs.shows(/GET \/followed/);
    await kubectl.ok('cp', kubectl.kubeconfig, 'shell:/tmp/copied');
    expect(await kubectl.ok('exec', 'shell', '--', 'cat', '/tmp/copied')).toContain('/clusters/one');
  });

  test('is the one that its pods find at kubernetes.default, with their own tokens', async () => {
    const other = await create('two');
    await kubectl.ok('create', 'configmap', 'only-in-one');
    await server.kubectl.ok('create', 'configmap', 'only-outside');
    const ask = async (of: Kubectl, token: string, host: string): Promise<string> => {
      const { stdout, stderr } = await of.run(['exec', 'shell', '--', 'sh', '-c', `wget --no-check-certificate -qO- --header "Authorization: Bearer ${token}" https://${host}/api/v1/namespaces/default/configmaps`]);
      return stdout + stderr;
    };
    const OWN = '$(cat /var/run/secrets/kubernetes.io/serviceaccount/token)';
    for (const host of ['kubernetes.default.svc', '$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT']) {
      const one = await ask(kubectl, OWN, host);
      expect(one).toContain('"only-in-one"');
      expect(one).not.toContain('only-outside');
      const two = await ask(other, OWN, host);
      expect(two).toContain('"kube-root-ca.crt"');
      expect(two).not.toMatch(/only-in-one|only-outside/);
    }
    // The token of one cluster is nothing to another.
    const token = (await kubectl.ok('exec', 'shell', '--', 'cat', '/var/run/secrets/kubernetes.io/serviceaccount/token')).trim();
    expect(await ask(other, token, 'kubernetes.default.svc')).toContain('401 Unauthorized');
    // The server's prefix is a path like any other there, to which readers have no right.
    expect(await ask(kubectl, OWN, 'kubernetes.default.svc/clusters/one')).toContain('403 Forbidden');
    await server.kubectl.ok('delete', '--raw', '/kubette/v1/clusters/two');
    expect((await other.run(['get', 'pods'])).code).not.toBe(0);
    expect(await kubectl.ok('get', 'pods', '-o', 'name')).toBe('pod/shell\npod/web\n');
    expect(server.stderr).toBe('');
  });
});
