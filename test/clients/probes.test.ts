import { Scratch } from '../support/scratch.js';
import { Server } from '../support/server.js';
import { until } from '../support/until.js';

/** Probes as users meet them: in READY, RESTARTS, endpoints and events. */
describe('probes', () => {
  let server: Server;
  const kubectl = (...args: string[]): Promise<string> => server.kubectl.ok(...args);
  const jsonpath = (pod: string, path: string): Promise<string> => kubectl('get', 'pod', pod, '-o', `jsonpath=${path}`);
  const exec = (pod: string, ...command: string[]): Promise<string> => kubectl('exec', pod, '--', ...command);
  const wait = (pod: string, condition: string): Promise<string> => kubectl('wait', `--for=condition=${condition}`, `pod/${pod}`, '--timeout=100s');
  const event = (pod: string, reason: string, message: string): Promise<string> =>
    until(async () => {
      const text = await kubectl('get', 'events', `--field-selector=involvedObject.name=${pod},reason=${reason}`, '-o', 'jsonpath={range .items[*]}{.type} {.message}{"\\n"}{end}');
      return text.split('\n').find((line) => line.includes(message));
    }, `event ${reason} of ${pod}: ${message}`);
  const readyAddresses = async (service: string): Promise<string> => {
    const slices = JSON.parse(await kubectl('get', 'endpointslices', '-l', `kubernetes.io/service-name=${service}`, '-o', 'json')) as { items: Array<{ endpoints?: Array<{ addresses: string[]; conditions: { ready: boolean } }> }> };
    const endpoints = JSON.parse(await kubectl('get', 'endpoints', service, '-o', 'json')) as { subsets?: Array<{ addresses?: Array<{ ip: string }> }> };
    const bySlices = slices.items.flatMap((slice) => (slice.endpoints ?? []).filter(({ conditions }) => conditions.ready).flatMap(({ addresses }) => addresses));
    const byEndpoints = (endpoints.subsets ?? []).flatMap((subset) => (subset.addresses ?? []).map(({ ip }) => ip));
    return bySlices.join() === byEndpoints.join() ? bySlices.join() : `slices ${bySlices.join()}, endpoints ${byEndpoints.join()}`;
  };

  beforeAll(async () => {
    server = await Server.start();
  });

  afterAll(() => server[Symbol.asyncDispose]());

  test('describe tells the defaults', async () => {
    await server.kubectl.create(`
apiVersion: v1
kind: Pod
metadata: {name: defaults}
spec:
  containers:
  - name: main
    image: nginx
    readinessProbe: {tcpSocket: {port: 80}}
    livenessProbe: {exec: {command: ['true', please]}}
    startupProbe: {httpGet: {path: /, port: 80}}
`);
    const text = await kubectl('describe', 'pod', 'defaults');
    expect(text).toMatch(/Liveness: +exec \[true please\] delay=0s timeout=1s period=10s #success=1 #failure=3/);
    expect(text).toMatch(/Readiness: +tcp-socket :80 delay=0s timeout=1s period=10s #success=1 #failure=3/);
    expect(text).toMatch(/Startup: +http-get http:\/\/:80\/ delay=0s timeout=1s period=10s #success=1 #failure=3/);
    await kubectl('delete', 'pod', 'defaults', '--now');
  });

  test('a failing readiness probe takes the pod out of the endpoints, a good one brings it back', async () => {
    await server.kubectl.create(`
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  containers:
  - name: main
    image: nginx
    readinessProbe: {httpGet: {path: /healthy.html, port: 80}, periodSeconds: 1, failureThreshold: 1}
`);
    expect(await event('web', 'Unhealthy', 'Readiness')).toBe('Warning Readiness probe failed: HTTP probe failed with statuscode: 404');
    expect(await kubectl('get', 'pod', 'web', '--no-headers')).toMatch(/^web +0\/1 +Running +0 /);
    expect(await readyAddresses('web')).toBe('');

    await exec('web', 'touch', '/usr/share/nginx/html/healthy.html');
    await wait('web', 'Ready');
    const ip = await jsonpath('web', '{.status.podIP}');
    await until(async () => (await readyAddresses('web')) === ip, 'the pod is an endpoint');

    await exec('web', 'rm', '/usr/share/nginx/html/healthy.html');
    await wait('web', 'Ready=False');
    expect(await jsonpath('web', '{.status.conditions[?(@.type=="Ready")].reason}: {.status.conditions[?(@.type=="Ready")].message}')).toBe('ContainersNotReady: containers with unready status: [main]');
    await until(async () => (await readyAddresses('web')) === '', 'the pod is no endpoint any more');
    expect(await jsonpath('web', '{.status.containerStatuses[0].restartCount}')).toBe('0');

    await exec('web', 'touch', '/usr/share/nginx/html/healthy.html');
    await until(async () => (await readyAddresses('web')) === ip, 'the pod is an endpoint again');
    await kubectl('delete', 'service/web', 'pod/web', '--now');
  });

  test('a failing liveness probe restarts the container; when it goes on failing, ever later', async () => {
    await server.kubectl.create(`
apiVersion: v1
kind: Pod
metadata: {name: lively}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: main
    image: busybox
    command: [sh, -c, 'trap "exit 0" TERM; echo started; touch /tmp/healthy; while true; do sleep 0.1; done']
    livenessProbe: {exec: {command: [cat, /tmp/healthy]}, initialDelaySeconds: 1, periodSeconds: 1, failureThreshold: 2}
`);
    await wait('lively', 'Ready');
    await exec('lively', 'rm', '/tmp/healthy');
    expect(await event('lively', 'Unhealthy', 'Liveness')).toBe("Warning Liveness probe failed: cat: can't open '/tmp/healthy': No such file or directory");
    expect(await event('lively', 'Killing', 'main')).toBe('Normal Container main failed liveness probe, will be restarted');
    await until(async () => (await jsonpath('lively', '{.status.containerStatuses[0].restartCount} {.status.containerStatuses[0].ready}')) === '1 true', 'the container has been restarted');
    expect(await kubectl('get', 'pod', 'lively', '--no-headers')).toMatch(/^lively +1\/1 +Running +1 \(\d+s ago\)/);
    expect(await kubectl('describe', 'pod', 'lively')).toMatch(/Last State: +Terminated\n +Reason: +Completed\n +Exit Code: +0\n/);
    // What the restart wrote is there again: the file system is a new one.
    await exec('lively', 'cat', '/tmp/healthy');

    await exec('lively', 'rm', '/tmp/healthy');
    await until(async () => /CrashLoopBackOff/.test(await kubectl('get', 'pod', 'lively', '--no-headers')), 'the second restart waits');
    expect(await jsonpath('lively', '{.status.containerStatuses[0].state.waiting.message}')).toMatch(/^back-off 10s restarting failed container=main pod=lively_default\([0-9a-f-]{36}\)$/);
    expect(await event('lively', 'BackOff', 'main')).toMatch(/^Warning Back-off restarting failed container main in pod lively_default\([0-9a-f-]{36}\)$/);
    await kubectl('delete', 'pod', 'lively', '--now');
  });

  test('a startup probe holds the others back, and restarts what does not come up', async () => {
    await server.kubectl.create(`
apiVersion: v1
kind: Pod
metadata: {name: slow}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: main
    image: nginx
    startupProbe: {exec: {command: [test, -e, /tmp/up]}, periodSeconds: 1, failureThreshold: 30}
    readinessProbe: {exec: {command: ['true']}, periodSeconds: 1}
    livenessProbe: {exec: {command: ['false']}, periodSeconds: 1, failureThreshold: 1}
---
apiVersion: v1
kind: Pod
metadata: {name: stuck}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: main
    image: nginx
    startupProbe: {exec: {command: ['false']}, periodSeconds: 1, failureThreshold: 1}
`);
    expect(await event('slow', 'Unhealthy', 'Startup')).toBe('Warning Startup probe failed: ');
    expect(await jsonpath('slow', '{.status.containerStatuses[0].started} {.status.containerStatuses[0].ready} {.status.containerStatuses[0].restartCount}')).toBe('false false 0');
    expect(await kubectl('get', 'events', '--field-selector=involvedObject.name=slow')).not.toContain('Liveness');
    await exec('slow', 'touch', '/tmp/up');
    await event('slow', 'Killing', 'Container main failed liveness probe, will be restarted');
    await event('stuck', 'Killing', 'Container main failed startup probe, will be restarted');
    await kubectl('delete', 'pod', 'slow', 'stuck', '--now');
  });

  test('tcpSocket probes connect, and tell why they could not', async () => {
    await server.kubectl.create(`
apiVersion: v1
kind: Pod
metadata: {name: tcp}
spec:
  containers:
  - {name: good, image: nginx, ports: [{name: web, containerPort: 80}], readinessProbe: {tcpSocket: {port: web}, periodSeconds: 1}}
  - {name: bad, image: busybox, command: [sleep, infinity], readinessProbe: {tcpSocket: {port: 81}, periodSeconds: 1}}
`);
    await until(async () => (await jsonpath('tcp', '{.status.containerStatuses[?(@.name=="good")].ready}')) === 'true', 'the good container is ready');
    const ip = await jsonpath('tcp', '{.status.podIP}');
    expect(await event('tcp', 'Unhealthy', 'Readiness')).toBe(`Warning Readiness probe failed: dial tcp ${ip}:81: connect: connection refused`);
    expect(await kubectl('get', 'pod', 'tcp', '--no-headers')).toMatch(/^tcp +1\/2 +Running/);
    await kubectl('delete', 'pod', 'tcp', '--now');
  });
});

/** A program of the user's, from a file: a gRPC health service whose answer can be switched. */
const HEALTH_SERVICE = `
import { createServer } from 'node:http2';

export default {
  'example/health': () => ({
    async run({ network, signal }) {
      const server = createServer();
      server.on('stream', (stream) => {
        stream.on('data', () => {});
        stream.on('end', () => {
          stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
          stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
          stream.end(Buffer.from([0, 0, 0, 0, 2, 8, switched ? 2 : 1]));
        });
      });
      let switched = false;
      const listener = await network.listen(9000, (stream) => server.emit('connection', stream));
      const control = await network.listen(9001, (stream) => { switched = !switched; stream.end(); });
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      listener.close();
      control.close();
      return 0;
    },
  }),
};
`;

describe('grpc probes', () => {
  test('ask the health service of a user’s own image', async () => {
    using folder = new Scratch();
    const images = folder.write('images.mjs', HEALTH_SERVICE);
    await using server = await Server.start({ flags: ['--images', images] });
    const { kubectl } = server;
    await kubectl.create(`
apiVersion: v1
kind: Pod
metadata: {name: rpc}
spec:
  containers:
  - {name: good, image: 'example/health:v1', readinessProbe: {grpc: {port: 9000}, periodSeconds: 1, failureThreshold: 1}}
---
apiVersion: v1
kind: Pod
metadata: {name: deaf}
spec:
  containers:
  - {name: main, image: busybox, command: [sleep, infinity], readinessProbe: {grpc: {port: 9000}, periodSeconds: 1}}
`);
    await kubectl.ok('wait', '--for=condition=Ready', 'pod/rpc', '--timeout=100s');
    const messages = (pod: string): Promise<string> => kubectl.ok('get', 'events', `--field-selector=involvedObject.name=${pod},reason=Unhealthy`, '-o', 'jsonpath={.items[*].message}');
    await until(async () => /^Readiness probe failed: timeout: failed to connect service "10\.244\.0\.\d+:9000" within 1s: context deadline exceeded/.test(await messages('deaf')), 'the other one is not served');

    using forward = kubectl.follow('port-forward', 'pod/rpc', ':9001');
    const [, port] = await forward.shows(/Forwarding from 127\.0\.0\.1:(\d+)/);
    await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
    await kubectl.ok('wait', '--for=condition=Ready=False', 'pod/rpc', '--timeout=100s');
    expect(await messages('rpc')).toContain('Readiness probe failed: service unhealthy (responded with "NOT_SERVING")');
  });
});
