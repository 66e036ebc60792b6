import { createServer, type RequestListener, type Server } from 'node:http';
import { duplexPair } from '../../fixtures/duplex-pair.js';
import { FakeClock } from '../../../../../../base/fake-clock.js';
import { TestContainer } from '../../fixtures/container.js';
import type { PodNetworkNamespace } from '../../../program.js';

const keepAlive = setInterval(() => {}, 1000);
afterAll(() => clearInterval(keepAlive));

const NAMES: Record<string, string> = { web: '10.96.0.20', 'web.default.svc.cluster.local': '10.96.0.20', slow: '10.96.0.21', closed: '10.96.0.22' };

/** A network with a web server at web:80, an address that never answers, and one that refuses. */
function network(listener: RequestListener): Partial<PodNetworkNamespace> {
  const server: Server = createServer(listener);
  const listeners = new Map<number, Parameters<PodNetworkNamespace['listen']>[1]>();
  return {
    resolve: async (name) => (NAMES[name] ? [NAMES[name]] : []),
    query: async (name, type) => {
      const data = NAMES[name];
      return data === undefined ? { status: 'NXDOMAIN', answers: [], additional: [] } : { status: 'NOERROR', answers: type === 'A' ? [{ name, type, ttl: 30, data }] : [], additional: [] };
    },
    listen: async (port, onConnection) => {
      listeners.set(port, onConnection);
      return { port, close: () => { listeners.delete(port); } };
    },
    connect: async (host, port, signal) => {
      const [near, far] = duplexPair();
      const local = listeners.get(port);
      if (host === '127.0.0.1' && local) local(far);
      else if (host === '10.96.0.20' && port === 80) server.emit('connection', far);
      else if (host === '10.96.0.21') await new Promise((_, reject) => { signal?.addEventListener('abort', () => reject(signal.reason as Error)); });
      else throw Object.assign(new Error('connection refused'), { code: 'ECONNREFUSED' });
      return near;
    },
  };
}

const echo: RequestListener = (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    if (request.url === '/missing') response.writeHead(404, { 'Content-Type': 'text/plain' }).end('nothing\n');
    else if (request.url === '/moved') response.writeHead(302, { Location: '/there' }).end();
    else response.writeHead(200, { 'Content-Type': 'text/plain', 'X-Test': 'yes' }).end(`${request.method} ${request.url} ${String(request.headers['x-a'] ?? '')}${Buffer.concat(chunks).toString()}\n`);
  });
};

describe('wget and curl in a pod', () => {
  test.each([
    ['wget -qO- http://web/x', 0, 'GET /x \n', ''],
    ['wget -q -O - web', 0, 'GET / \n', ''],
    ['wget -O /dev/null http://web', 0, '', "Connecting to web (10.96.0.20:80)\nsaving to '/dev/null'\n/dev/null            100% |********************************|     7  0:00:00 ETA\n'/dev/null' saved\n"],
    ['wget -q --post-data a=1 -O- http://web', 0, 'POST / a=1\n', ''],
    ['wget -qO- http://web/missing', 1, '', 'wget: server returned error: HTTP/1.1 404 Not Found\n'],
    ['wget -qO- http://nowhere', 1, '', "wget: bad address 'nowhere'\n"],
    ['wget -qO- http://nowhere:8080/', 1, '', "wget: bad address 'nowhere:8080'\n"],
    ['wget -qO- http://closed', 1, '', "wget: can't connect to remote host (10.96.0.22): Connection refused\n"],
    ['wget -q --spider http://web && echo up', 0, 'up\n', ''],
    ['wget -qO- http://web/moved', 0, 'GET /there \n', ''],
    ['wget http://web/page; cat page', 0, 'GET /page \n', expect.stringContaining("'page' saved")],
  ])('%s', async (script, code, stdout, stderr) => {
    const container = new TestContainer({ network: network(echo) });
    expect(await container.run(['sh', '-c', script])).toMatchObject({ code, stdout, stderr });
  });

  test.each([
    ['curl -s http://web/x', 0, 'GET /x \n', ''],
    ['curl -sS -X PUT -d hello -H "X-A: b " web/y', 0, 'PUT /y bhello\n', ''],
    ['curl -s -o /dev/null -w "%{http_code}\\n" http://web/missing', 0, '404\n', ''],
    ['curl -sf http://web/missing', 22, '', ''],
    ['curl -fsS http://web/missing', 22, '', 'curl: (22) The requested URL returned error: 404\n'],
    ['curl -sL http://web/moved', 0, 'GET /there \n', ''],
    ['curl -si http://web/moved | head -2', 0, 'HTTP/1.1 302 Found\r\nLocation: /there\r\n', ''],
    ['curl -sI http://web | grep -i x-test', 0, 'X-Test: yes\r\n', ''],
    ['curl http://nowhere', 6, '', 'curl: (6) Could not resolve host: nowhere\n'],
    ['curl -sS http://closed:81', 7, '', 'curl: (7) Failed to connect to closed port 81 after 0 ms: Could not connect to server\n'],
    ['curl -s --json "{}" web', 0, 'POST / {}\n', ''],
    ['echo body | curl -s --data-binary @- web', 0, 'POST / body\n\n', ''],
  ])('%s', async (script, code, stdout, stderr) => {
    const container = new TestContainer({ image: 'curlimages/curl', network: network(echo) });
    expect(await container.run(['sh', '-c', script])).toMatchObject({ code, stdout, stderr });
  });

  test.each([
    ['wget -q -T 2 -O- http://slow', 1, 'wget: download timed out\n'],
    ['curl -sS --max-time 2 http://slow', 28, 'curl: (28) Connection timed out after 2000 milliseconds\n'],
    ['nc -z -v -w 2 slow 80', 1, 'nc: timed out\n'],
  ])('%s gives up by the cluster clock', async (script, code, stderr) => {
    const clock = new FakeClock();
    const container = new TestContainer({ image: 'curlimages/curl', clock, network: network(echo) });
    const running = container.start(['sh', '-c', script]);
    while (clock.timers === 0) await new Promise((resolve) => { setImmediate(resolve); });
    await clock.advance(2000);
    expect(await running.done).toBe(code);
    expect(running.stderr).toBe(stderr);
  });
});

describe('other network tools', () => {
  test('nslookup walks the search path and reports NXDOMAIN', async () => {
    const container = new TestContainer({ network: network(echo) });
    expect((await container.run(['nslookup', 'web'])).stdout).toBe('Server:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n\nName:\tweb.default.svc.cluster.local\nAddress: 10.96.0.20\n\n');
    expect(await container.run(['nslookup', 'gone'])).toMatchObject({ code: 1, stdout: expect.stringContaining("** server can't find gone: NXDOMAIN") as string });
  });

  test('nc talks to a listener of the same pod, both ways', async () => {
    const container = new TestContainer({ network: network(echo) });
    const server = container.start(['nc', '-l', '-p', '9000']);
    await new Promise((resolve) => { setImmediate(resolve); });
    const client = container.start(['nc', 'localhost', '9000']);
    client.stdin.write('ping\n');
    await server.until(/^ping\n$/);
    server.stdin.write('pong\n');
    await client.until(/^pong\n$/);
    client.stdin.end();
    server.stdin.end();
    expect(await server.done).toBe(0);
    expect(await client.done).toBe(0);
  });

  test('bash reaches ports through /dev/tcp', async () => {
    const container = new TestContainer({ image: 'debian', network: network(echo) });
    const result = await container.run(['bash', '-c', 'exec 3<>/dev/tcp/10.96.0.20/80; printf "GET /tcp HTTP/1.0\\r\\n\\r\\n" >&3; tail -1 <&3; (: < /dev/tcp/10.96.0.22/1) 2>/dev/null || echo closed']);
    expect(result.stdout).toBe('GET /tcp \nclosed\n');
  });

  test('ping counts what answers', async () => {
    const container = new TestContainer({ network: network(echo) });
    expect((await container.run(['ping', '-c', '1', 'web'])).stdout).toContain('1 packets transmitted, 1 packets received, 0% packet loss');
    expect(await container.run(['ping', '-c', '1', 'gone'])).toMatchObject({ code: 1, stderr: "ping: bad address 'gone'\n" });
  });
});
