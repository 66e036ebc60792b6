import { Server } from '../support/server.js';
import { until } from '../support/until.js';

/** The pods' network as users of kubectl see it: NetworkPolicies (with the examples of kubernetes.io), DNS, traffic policies. */
describe('the pods\' network', () => {
  let server: Server;
  const kubectl = (...args: string[]): Promise<string> => server.kubectl.ok(...args);
  const inPod = (pod: string, command: string, namespace = 'default') => server.kubectl.run(['exec', '-n', namespace, pod, '--', 'sh', '-c', command]);
  const reaches = async (pod: string, url: string, namespace = 'default'): Promise<boolean> => {
    const { code, stdout, stderr } = await inPod(pod, `wget -qO- -T 1 ${url}`, namespace);
    if (code !== 0) expect(stderr).toContain('wget: download timed out');
    else expect(stdout).toContain('Welcome to nginx!');
    return code === 0;
  };
  const becomes = (expected: boolean, pod: string, url: string, namespace?: string) => until(async () => (await reaches(pod, url, namespace)) === expected, `${pod} ${expected ? 'reaches' : 'cannot reach'} ${url}`);

  beforeAll(async () => {
    server = await Server.start({ inMemory: true, flags: ['--nodes', '2', '--addons', 'none'] });
    await server.kubectl.create(`
apiVersion: v1
kind: Namespace
metadata: {name: other, labels: {team: blue}}
---
apiVersion: v1
kind: Pod
metadata: {name: nginx, labels: {app: nginx}}
spec:
  nodeName: node-0
  containers: [{name: nginx, image: nginx, ports: [{name: http, containerPort: 80}], readinessProbe: {httpGet: {port: 80}, periodSeconds: 1}}]
---
apiVersion: v1
kind: Service
metadata: {name: nginx}
spec: {selector: {app: nginx}, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: nginx-local}
spec: {selector: {app: nginx}, internalTrafficPolicy: Local, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: far}
spec: {type: ExternalName, externalName: example.com}
---
apiVersion: v1
kind: Pod
metadata: {name: near}
spec: {nodeName: node-0, containers: [{name: main, image: busybox, command: [sleep, infinity]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: remote}
spec: {nodeName: node-1, containers: [{name: main, image: busybox, command: [sleep, infinity]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: guest, namespace: other}
spec: {containers: [{name: main, image: busybox, command: [sleep, infinity]}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  replicas: 2
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: main, image: nginx, ports: [{name: web, containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {clusterIP: None, selector: {app: db}, ports: [{name: web, port: 80}]}
`);
    await kubectl('wait', '--for=condition=Ready', 'pod', '--all', '--timeout=100s', '-A');
    await kubectl('rollout', 'status', 'statefulset/db', '--timeout=100s');
    await becomes(true, 'near', 'http://nginx');
  });

  afterAll(() => server[Symbol.asyncDispose]());

  test('policies: declared access by label, from another namespace, and no more once they are deleted', async () => {
    await server.kubectl.create(`
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: access-nginx}
spec:
  podSelector: {matchLabels: {app: nginx}}
  ingress:
  - from: [{podSelector: {matchLabels: {access: "true"}}}]
    ports: [{port: http}]
`);
    await becomes(false, 'near', 'http://nginx');
    await kubectl('label', 'pod', 'near', 'access=true');
    await becomes(true, 'near', 'http://nginx');
    expect(await reaches('guest', 'http://nginx.default', 'other')).toBe(false);
    await kubectl('patch', 'networkpolicy', 'access-nginx', '--type=json', '-p', '[{"op": "add", "path": "/spec/ingress/-", "value": {"from": [{"namespaceSelector": {"matchLabels": {"team": "blue"}}}]}}]');
    await becomes(true, 'guest', 'http://nginx.default', 'other');
    // The kubelet's probes are not bound by policies, nor is the API server's proxy.
    expect(await kubectl('get', 'pod', 'nginx', '-o', 'jsonpath={.status.conditions[?(@.type=="Ready")].status}')).toBe('True');
    expect(await kubectl('get', '--raw', '/api/v1/namespaces/default/pods/nginx:80/proxy/')).toContain('Welcome to nginx!');
    expect(await reaches('remote', 'http://nginx')).toBe(false);
    await kubectl('delete', 'networkpolicy', 'access-nginx');
    await becomes(true, 'remote', 'http://nginx');
  });

  test('policies: default deny of egress takes the DNS away too, until it is let through', async () => {
    await server.kubectl.create('{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: deny}, spec: {podSelector: {}, policyTypes: [Egress]}}');
    const ip = await kubectl('get', 'pod', 'nginx', '-o', 'jsonpath={.status.podIP}');
    await becomes(false, 'remote', `http://${ip}`);
    expect((await inPod('remote', 'nslookup nginx')).stdout).toBe(';; connection timed out; no servers could be reached\n');
    await server.kubectl.create('{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: dns}, spec: {podSelector: {}, policyTypes: [Egress], egress: [{ports: [{protocol: UDP, port: 53}]}, {to: [{podSelector: {matchLabels: {app: nginx}}}]}]}}');
    await becomes(true, 'remote', 'http://nginx');
    expect(await reaches('remote', 'http://db-0.db')).toBe(false);
    await kubectl('delete', 'networkpolicy', 'deny', 'dns');
    await becomes(true, 'remote', 'http://db-0.db');
  });

  test('internalTrafficPolicy Local keeps to the client\'s node', async () => {
    expect(await reaches('near', 'http://nginx-local')).toBe(true);
    expect(await reaches('remote', 'http://nginx-local')).toBe(false);
  });

  test('DNS: records of every kind', async () => {
    const ask = async (command: string): Promise<string> => (await inPod('near', command)).stdout;
    const ip = await kubectl('get', 'service', 'nginx', '-o', 'jsonpath={.spec.clusterIP}');
    const podIp = await kubectl('get', 'pod', 'db-1', '-o', 'jsonpath={.status.podIP}');
    expect(await ask('nslookup nginx')).toBe(`Server:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n\nName:\tnginx.default.svc.cluster.local\nAddress: ${ip}\n\n`);
    expect(await ask('nslookup -type=srv _http._tcp.nginx.default.svc.cluster.local')).toContain('_http._tcp.nginx.default.svc.cluster.local\tservice = 0 100 80 nginx.default.svc.cluster.local.\n');
    expect(await ask('nslookup db-1.db')).toContain(`Name:\tdb-1.db.default.svc.cluster.local\nAddress: ${podIp}\n`);
    expect(await ask(`nslookup ${podIp}`)).toContain('name = db-1.db.default.svc.cluster.local.\n');
    expect(await ask(`nslookup ${ip}`)).toContain('name = nginx.default.svc.cluster.local.\n');
    expect(await ask('nslookup far')).toContain('far.default.svc.cluster.local\tcanonical name = example.com.\n');
    expect((await inPod('near', 'nslookup nobody')).stdout).toContain("** server can't find nobody: NXDOMAIN");
    expect((await inPod('db-0', 'cat /etc/hosts')).stdout).toMatch(/\tdb-0\.db\.default\.svc\.cluster\.local\tdb-0\n/);
  });
});
