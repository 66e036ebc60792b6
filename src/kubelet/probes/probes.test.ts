import type { Container } from '../../api/types/core-v1.js';
import { condition, TestNode } from '../testing/test-node.js';
import { serveHttp } from '../runtimes/simulated/images/http-server.js';
import type { ImageProgram } from '../runtimes/simulated/program.js';

/** A web server whose answers the test decides. */
const answers = { status: 200, hang: false, headers: {} as Record<string, string>, requests: [] as string[] };
const web = (): ImageProgram => ({
  run: (process) => serveHttp(process, 8080, (request, response) => {
    answers.requests.push(`${request.url} ${String(request.headers['x-test'] ?? '')} ${request.headers['user-agent']} ${request.headers.host}`);
    if (answers.hang) return;
    response.writeHead(answers.status, answers.headers);
    response.end('body');
  }, { SIGTERM: 0 }),
});

describe('probes', () => {
  let node: TestNode;
  beforeEach(async () => {
    Object.assign(answers, { status: 200, hang: false, headers: {}, requests: [] });
    node = await new TestNode({ images: { web } }).start();
  });
  afterEach(() => node.stop());
  const ready = (): boolean => condition(node.pod('p'), 'Ready') === 'True';
  const run = (container: Partial<Container>): Promise<unknown> => node.run('p', { containers: [{ name: 'c', image: 'web', ports: [{ name: 'http', containerPort: 8080 }], ...container }] });
  const restarts = (): number => node.pod('p')?.status?.containerStatuses?.[0]?.restartCount ?? -1;

  test('a pod is ready once its readiness probe succeeds, and no longer when it fails three times', async () => {
    await run({ readinessProbe: { httpGet: { path: '/ready?x=1', port: 'http', httpHeaders: [{ name: 'X-Test', value: 'yes' }] }, initialDelaySeconds: 3 } });
    await node.until(() => node.pod('p')?.status?.containerStatuses?.[0]?.started);
    expect(ready()).toBe(false);
    await node.clock.advance(3000);
    await node.until(ready);
    expect(answers.requests).toEqual(['/ready?x=1 yes kube-probe/1.36 10.244.0.2:8080']);
    answers.status = 500;
    await node.clock.advance(20_000);
    await node.until(() => answers.requests.length === 3);
    expect(ready()).toBe(true);
    await node.clock.advance(10_000);
    await node.until(() => !ready());
    expect(node.events('p')).toContain('Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 500');
    expect(node.pod('p')?.status?.conditions?.find((c) => c.type === 'Ready')).toMatchObject({ reason: 'ContainersNotReady', message: 'containers with unready status: [c]' });
    expect(node.pod('p')?.status?.containerStatuses?.[0]).toMatchObject({ ready: false, started: true, restartCount: 0 });
    answers.status = 204;
    await node.clock.advance(10_000);
    await node.until(ready);
  });

  test.each([
    ['nothing listens', { httpGet: { path: '/', port: 81 } }, () => {}, 'Get "http://10.244.0.2:81/": dial tcp 10.244.0.2:81: connect: connection refused'],
    ['it answers too late', { httpGet: { path: '/slow', port: 8080 } }, () => (answers.hang = true), 'Get "http://10.244.0.2:8080/slow": context deadline exceeded (Client.Timeout exceeded while awaiting headers)'],
    ['it speaks no TLS', { httpGet: { path: '/', port: 8080, scheme: 'HTTPS' } }, () => {}, 'Get "https://10.244.0.2:8080/": http: server gave HTTP response to HTTPS client'],
    ['no socket is open', { tcpSocket: { port: 82 } }, () => {}, 'dial tcp 10.244.0.2:82: connect: connection refused'],
    ['the host is not there', { tcpSocket: { port: 80, host: '10.244.0.77' } }, () => {}, 'dial tcp 10.244.0.77:80: connect: no route to host'],
    ['no gRPC server is there', { grpc: { port: 83 } }, () => {}, 'timeout: failed to connect service "10.244.0.2:83" within 1s: context deadline exceeded'],
  ])('when %s the event says so', async (_why, probe, prepare, text) => {
    prepare();
    await run({ readinessProbe: { ...probe } });
    await node.untilLater(() => node.events('p').includes(`Unhealthy: Readiness probe failed: ${text}`), 3000, 100);
  });

  test('redirects are followed on the same host and told when they lead to another', async () => {
    answers.status = 302;
    answers.headers = { location: 'http://elsewhere.example/' };
    await run({ readinessProbe: { httpGet: { port: 8080 } } });
    await node.until(ready);
    await node.until(() => node.events('p').includes('ProbeWarning: Readiness probe warning: Probe terminated redirects, Response body: body'));
    answers.headers = { location: '/there' };
    answers.requests.length = 0;
    await node.clock.advance(10_000);
    await node.until(() => answers.requests.length === 11);
    expect(answers.requests[1]).toMatch(/^\/there /);
  });

  test('a readiness probe has to succeed as often in a row as it says', async () => {
    await run({ readinessProbe: { httpGet: { port: 8080 }, periodSeconds: 5, successThreshold: 2, failureThreshold: 1 } });
    await node.until(() => answers.requests.length === 1);
    expect(ready()).toBe(false);
    answers.status = 500;
    await node.clock.advance(5000);
    await node.until(() => answers.requests.length === 2);
    answers.status = 200;
    await node.clock.advance(5000);
    await node.until(() => answers.requests.length === 3);
    expect(ready()).toBe(false);
    await node.clock.advance(5000);
    await node.until(ready);
    expect(answers.requests).toHaveLength(4);
  });

  test('a failing liveness probe restarts the container, with the texts of the real kubelet', async () => {
    answers.status = 503;
    await run({ livenessProbe: { httpGet: { port: 8080 }, periodSeconds: 5, failureThreshold: 2 } });
    await node.until(() => restarts() === 0 && ready());
    await node.clock.advance(5000);
    await node.until(() => restarts() === 1);
    expect(node.events('p')).toEqual(expect.arrayContaining([
      'Unhealthy: Liveness probe failed: HTTP probe failed with statuscode: 503',
      'Killing: Container c failed liveness probe, will be restarted',
    ]));
    expect(node.pod('p')?.status?.containerStatuses?.[0]?.lastState?.terminated).toMatchObject({ exitCode: 0, reason: 'Completed' });
  });

  test('the other probes wait for the startup probe; a container that does not start in time is restarted', async () => {
    answers.status = 500;
    await run({ startupProbe: { httpGet: { path: '/start', port: 8080 }, periodSeconds: 2 }, livenessProbe: { httpGet: { path: '/live', port: 8080 } }, readinessProbe: { httpGet: { path: '/ready', port: 8080 } } });
    await node.until(() => answers.requests.length === 1);
    expect(node.pod('p')?.status?.containerStatuses?.[0]).toMatchObject({ started: false, ready: false });
    await node.clock.advance(4000);
    await node.until(() => restarts() === 1);
    expect(node.events('p')).toContain('Killing: Container c failed startup probe, will be restarted');
    expect(answers.requests.every((r) => r.startsWith('/start'))).toBe(true);
    answers.status = 200;
    await node.clock.advance(2000);
    await node.until(ready);
    expect(answers.requests.some((r) => r.startsWith('/live'))).toBe(true);
  });

  test('a gRPC health service is asked by its protocol', async () => {
    const { createServer } = await import('node:http2');
    let serving = 1;
    const asked: string[] = [];
    const grpc = createServer();
    grpc.on('stream', (stream, headers) => {
      stream.on('data', (data: Buffer) => asked.push(`${headers[':path']} ${data.toString('hex')}`));
      stream.on('end', () => {
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
        stream.end(Buffer.from([0, 0, 0, 0, 2, 8, serving]));
      });
    });
    const own = await new TestNode({ images: { health: () => ({ run: async (p) => {
      await p.network.listen(9000, (stream) => void grpc.emit('connection', stream));
      return new Promise<number>(() => {});
    } }) } }).start();
    await own.run('g', { containers: [{ name: 'c', image: 'health', readinessProbe: { grpc: { port: 9000, service: 'ab' }, failureThreshold: 1 } }], terminationGracePeriodSeconds: 0 });
    await own.until(() => condition(own.pod('g'), 'Ready') === 'True');
    expect(asked).toEqual(['/grpc.health.v1.Health/Check 00000000040a026162']);
    serving = 2;
    await own.clock.advance(10_000);
    await own.until(() => own.events('g').includes('Unhealthy: Readiness probe failed: service unhealthy (responded with "NOT_SERVING")'));
    await own.stop();
  });

  test('an exec probe is judged by its exit code and its time', async () => {
    let code = 0;
    let slow = false;
    const own = await new TestNode({ images: { app: () => ({
      run: () => new Promise<number>(() => {}),
      exec: async (p) => {
        p.stdout.write(`ran ${p.argv.join(' ')}`);
        if (slow) await new Promise(() => {});
        return code;
      },
    }) } }).start();
    await own.run('e', { containers: [{ name: 'c', image: 'app', env: [{ name: 'F', value: '/ok' }], readinessProbe: { exec: { command: ['cat', '$(F)'] }, failureThreshold: 1 } }] });
    await own.until(() => condition(own.pod('e'), 'Ready') === 'True');
    code = 1;
    await own.clock.advance(10_000);
    await own.until(() => own.events('e').includes('Unhealthy: Readiness probe failed: ran cat /ok'));
    slow = true;
    await own.clock.advance(10_000);
    await own.untilLater(() => own.events('e').includes('Unhealthy: Readiness probe failed: command timed out: "cat /ok" timed out after 1s'), 2000, 100);
    await own.stop();
  });
});
