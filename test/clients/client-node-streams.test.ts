import { once } from 'node:events';
import { createConnection, createServer, type AddressInfo } from 'node:net';
import { PassThrough, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Attach, Exec, KubeConfig, Log, PortForward, type V1Status } from '@kubernetes/client-node';
import type { Connection } from '../../src/registry/subresource.js';
import { fakePods } from '../support/http-fake-pods.js';
import { startFakeServer, type FakeServer } from '../support/http-fake-server.js';

/** @kubernetes/client-node against http/ alone. */
let fake: FakeServer;
afterEach(() => fake.stop());

async function start(connection: Connection): Promise<KubeConfig> {
  fake = await startFakeServer(fakePods(() => connection));
  const config = new KubeConfig();
  config.loadFromString(fake.kubeconfig);
  return config;
}

class Collector extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += String(chunk);
    done();
  }
}

test('exec shows outputs and the exit status', async () => {
  const config = await start({
    type: 'exec',
    stdin: true,
    stdout: true,
    stderr: true,
    tty: false,
    run: async ({ stdin, stdout, stderr }) => {
      const [line] = (await once(stdin!, 'data')) as [Buffer];
      stdout!.write(`got ${String(line)}`);
      stderr!.write('oops');
      return { code: 4 };
    },
  });
  const stdout = new Collector();
  const stderr = new Collector();
  const stdin = new PassThrough();
  const status = await new Promise<V1Status>((resolve, reject) => {
    new Exec(config).exec('default', 'web', 'main', ['cat'], stdout, stderr, stdin, false, resolve).then(() => stdin.write('line'), reject);
  });
  expect([stdout.text, stderr.text]).toEqual(['got line', 'oops']);
  expect(status).toMatchObject({ status: 'Failure', reason: 'NonZeroExitCode', details: { causes: [{ reason: 'ExitCode', message: '4' }] } });
});

test('attach shows what the container writes', async () => {
  const config = await start({ type: 'exec', stdin: false, stdout: true, stderr: true, tty: false, run: async ({ stdout }) => (stdout!.write('attached'), { code: 0 }) });
  const stdout = new Collector();
  const socket = await new Attach(config).attach('default', 'web', 'main', stdout, null, null, false);
  if (socket.readyState !== 3) await new Promise((resolve) => socket.addEventListener('close', resolve));
  expect(stdout.text).toBe('attached');
});

test('port-forward joins a local socket to the port', async () => {
  const config = await start({
    type: 'port-forward',
    forward: async (port, stream) => {
      stream.write(`${port}:`);
      await pipeline(stream, stream);
    },
  });
  const forward = new PortForward(config);
  const server = createServer((socket) => void forward.portForward('default', 'web', [8080], socket, null, socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = createConnection((server.address() as AddressInfo).port, '127.0.0.1');
  client.write('hello');
  let text = '';
  for await (const chunk of client) {
    text += String(chunk);
    if (text === '8080:hello') break;
  }
  expect(text).toBe('8080:hello');
  server.close();
});

test('logs are followed', async () => {
  const config = await start({
    type: 'log',
    options: { container: 'main', follow: true, previous: false, timestamps: false },
    chunks: (async function* () {
      yield Buffer.from('one\n');
      yield Buffer.from('two\n');
    })(),
  });
  const sink = new Collector();
  await new Log(config).log('default', 'web', 'main', sink, { follow: true });
  while (sink.text !== 'one\ntwo\n') await new Promise((resolve) => setImmediate(resolve));
});
