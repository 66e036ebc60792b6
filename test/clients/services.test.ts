import { createServer, type Server as NetServer } from 'node:net';
import { freePort } from '../support/free-port.js';
import { httpBody } from '../support/http-body.js';
import { Server } from '../support/server.js';
import { until } from '../support/until.js';

/** Services from inside pods, from localhost and through the API's proxy. */
describe('services', () => {
  let server: Server;
  const kubectl = (...args: string[]): Promise<string> => server.kubectl.ok(...args);
  const inPod = (...command: string[]): Promise<string> => kubectl('exec', 'client', '--', ...command);

  beforeAll(async () => {
    server = await Server.start();
    await server.kubectl.create(`
apiVersion: v1
kind: Pod
metadata: {name: client}
spec: {containers: [{name: main, image: busybox, command: [sleep, infinity]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: hello-node, labels: {app: hello-node}}
spec: {containers: [{name: main, image: registry.example/hello-node, ports: [{name: http, containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: hello-node}
spec: {selector: {app: hello-node}, ports: [{name: web, port: 8080, targetPort: http}]}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: nginx, readinessProbe: {exec: {command: [sh, -c, 'hostname > /usr/share/nginx/html/index.html']}, periodSeconds: 1}}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: web-headless}
spec: {clusterIP: None, selector: {app: web}, ports: [{port: 80}]}
`);
    await kubectl('wait', '--for=condition=Ready', 'pod', '--all', '--timeout=100s');
  });

  afterAll(() => server[Symbol.asyncDispose]());

  test('are found by name and by cluster IP from inside a pod', async () => {
    const ip = await kubectl('get', 'service', 'hello-node', '-o', 'jsonpath={.spec.clusterIP}');
    await until(async () => (await server.kubectl.run(['exec', 'client', '--', 'wget', '-qO-', 'http://hello-node:8080'])).stdout === 'Hello World!\n', 'hello-node answers');
    for (const host of [ip, 'hello-node.default', 'hello-node.default.svc', 'hello-node.default.svc.cluster.local']) {
      expect(await inPod('wget', '-qO-', `http://${host}:8080`)).toBe('Hello World!\n');
    }
    expect(await inPod('nslookup', 'hello-node')).toContain(`Address: ${ip}`);
    const unknown = await server.kubectl.run(['exec', 'client', '--', 'wget', '-qO-', 'http://nobody:8080']);
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain("wget: bad address 'nobody:8080'");
    const closed = await server.kubectl.run(['exec', 'client', '--', 'wget', '-qO-', `http://${ip}:81`]);
    expect(closed.stderr).toContain(`wget: can't connect to remote host (${ip}): Connection refused`);
  });

  test('a headless one resolves to its pods', async () => {
    const ips = (await kubectl('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].status.podIP}')).split(' ').sort();
    await until(async () => {
      const found = [...(await inPod('nslookup', 'web-headless.default.svc.cluster.local')).matchAll(/Address: (10\.244\.[\d.]+)/g)].map(([, ip = '']) => ip).sort();
      return found.join() === ips.join();
    }, `web-headless resolves to ${ips.join()}`);
  });

  test('spread requests over the pods that are ready', async () => {
    const names = new Set((await kubectl('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].metadata.name}')).split(' '));
    const answers = async (): Promise<Set<string>> => new Set((await inPod('sh', '-c', 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do wget -qO- http://web; done')).trim().split('\n'));
    await until(async () => names.size === 3 && (await answers()).size === 3, 'all three answer');
    expect(await answers()).toEqual(names);

    const [unready = ''] = names;
    await kubectl('label', 'pod', unready, 'app=other', '--overwrite');
    await until(async () => {
      const seen = await answers();
      return !seen.has(unready) && seen.size === 3;
    }, 'a pod whose label is changed gets no more requests, its replacement does');
    await kubectl('delete', 'pod', unready, '--now');
  });

  test('through the API’s proxy', async () => {
    expect(await kubectl('get', '--raw', '/api/v1/namespaces/default/services/hello-node:web/proxy/any/path')).toBe('Hello World!\n');
    expect(await kubectl('get', '--raw', '/api/v1/namespaces/default/services/http:hello-node:8080/proxy/')).toBe('Hello World!\n');
    expect(await kubectl('get', '--raw', '/api/v1/namespaces/default/pods/hello-node:8080/proxy/')).toBe('Hello World!\n');
    const none = await server.kubectl.run(['get', '--raw', '/api/v1/namespaces/default/services/hello-node:nothing/proxy/']);
    expect(none.code).toBe(1);
    expect(none.stderr).toMatch(/^Error from server \(ServiceUnavailable\): /);
  });

  test('the API server itself is one of them', async () => {
    expect(await kubectl('get', 'endpoints', 'kubernetes', '-o', 'jsonpath={.subsets[0].addresses[0].ip}:{.subsets[0].ports[0].port}')).toBe(server.url.replace('https://', ''));
    const text = await inPod('sh', '-c', 'wget --no-check-certificate -qO- --header "Authorization: Bearer $(cat /var/run/secrets/kubernetes.io/serviceaccount/token)" https://kubernetes.default.svc/version');
    expect(text).toContain('"gitVersion": "v1.36.3"');
  });

  describe('on localhost', () => {
    let blocker: NetServer;
    let taken: number;

    beforeAll(async () => {
      taken = await freePort();
      blocker = createServer((socket) => socket.on('error', () => {}).resume().end('blocked'));
      await new Promise<void>((resolve) => void blocker.listen(taken, '127.0.0.1', resolve));
    });

    afterAll(() => new Promise((resolve) => blocker.close(resolve)));

    test('a LoadBalancer and a NodePort answer, and stop when they are deleted', async () => {
      const port = await freePort();
      await kubectl('expose', 'pod', 'hello-node', '--name=balanced', '--type=LoadBalancer', `--port=${port}`, '--target-port=8080');
      await until(async () => (await httpBody(`http://localhost:${port}/`)) === 'Hello World!\n', 'the load balancer answers');
      await until(async () => (await kubectl('get', 'service', 'balanced', '--no-headers')).includes(' localhost '), 'its address is known');
      const nodePort = await kubectl('get', 'service', 'balanced', '-o', 'jsonpath={.spec.ports[0].nodePort}');
      expect(await httpBody(`http://localhost:${nodePort}/`)).toBe('Hello World!\n');
      expect(await kubectl('describe', 'service', 'balanced')).toMatch(/LoadBalancer Ingress: +localhost[^]*EnsuringLoadBalancer[^]*EnsuredLoadBalancer/);
      await kubectl('delete', 'service', 'balanced');
      await until(async () => (await httpBody(`http://localhost:${port}/`)) === undefined && (await httpBody(`http://localhost:${nodePort}/`)) === undefined, 'nothing listens any more');
    });

    test('a port that somebody else has is told in an event, nothing is lost, and it is taken once it is free', async () => {
      await kubectl('expose', 'pod', 'hello-node', '--name=unlucky', '--type=LoadBalancer', `--port=${taken}`, '--target-port=8080');
      const message = await until(
        () => kubectl('get', 'events', '--field-selector=involvedObject.name=unlucky,reason=SyncLoadBalancerFailed', '-o', 'jsonpath={.items[0].message}').catch(() => undefined).then((text) => text || undefined),
        'the event',
      );
      expect(message).toBe(`Error syncing load balancer: failed to ensure load balancer: listen tcp 127.0.0.1:${taken}: bind: address already in use`);
      expect(await kubectl('get', 'service', 'unlucky', '--no-headers')).toMatch(/ LoadBalancer +\S+ +<pending> /);
      // The rest of it works: from inside, by its cluster IP.
      expect(await inPod('wget', '-qO-', `http://unlucky:${taken}`)).toBe('Hello World!\n');
      expect(await httpBody(`http://localhost:${taken}/`)).not.toBe('Hello World!\n');
      await new Promise((resolve) => blocker.close(resolve));
      await until(async () => (await httpBody(`http://localhost:${taken}/`)) === 'Hello World!\n', 'the load balancer has its port');
    });
  });
});
