import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { WebSocket, type ClientOptions } from 'ws';
import { badRequest } from '../../api/errors.js';
import type { ExecStreams, ExitStatus } from '../../api/streams.js';
import type { ApiResponse } from '../../pipeline/request.js';
import type { Connection } from '../../registry/subresource.js';
import { startFakeServer, type FakeServer } from '../../../test/support/http-fake-server.js';

let fake: FakeServer | undefined;
afterEach(async () => {
  await fake?.stop();
  fake = undefined;
});

const serve = async (connection: Connection): Promise<FakeServer> => (fake = await startFakeServer((): ApiResponse => ({ type: 'connect', warnings: [], connection })));

const execOf = (run: (streams: ExecStreams) => Promise<ExitStatus>, options: Partial<Extract<Connection, { type: 'exec' }>> = {}): Connection => ({ type: 'exec', stdin: true, stdout: true, stderr: true, tty: false, run, ...options });

const PATH = '/api/v1/namespaces/default/pods/web';

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
};

class Client {
  readonly messages: Buffer[] = [];
  readonly closed: Promise<unknown>;

  constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => this.messages.push(data));
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => socket.on('close', resolve));
  }

  /** What came on a channel, all together. */
  on(channel: number): string {
    return String(Buffer.concat(this.messages.filter((message) => message[0] === channel).map((message) => message.subarray(1))));
  }

  send(channel: number, text: string | Buffer): void {
    this.socket.send(Buffer.concat([Buffer.from([channel]), Buffer.from(text as Buffer)]));
  }
}

function dial({ url, pki }: FakeServer, path: string, protocols: string[], options: ClientOptions = {}): Client {
  return new Client(new WebSocket(url.replace('https', 'wss') + path, protocols, { ca: pki.ca.cert, headers: { authorization: 'Bearer secret' }, ...options }));
}

describe('exec over a WebSocket', () => {
  const echo = execOf(async ({ stdin, stdout, stderr }) => {
    stderr!.write('ready');
    await pipeline(stdin!, stdout!, { end: false });
    return { code: 0 };
  });

  test('v5: the message [255, 0] ends the input, the Status comes last', async () => {
    const client = dial(await serve(echo), `${PATH}/exec`, ['v5.channel.k8s.io']);
    await once(client.socket, 'open');
    expect(client.socket.protocol).toBe('v5.channel.k8s.io');
    client.send(0, 'hello');
    client.socket.send(Buffer.from([255, 0]));
    await client.closed;
    expect([client.on(1), client.on(2)]).toEqual(['hello', 'ready']);
    expect(JSON.parse(client.on(3))).toEqual({ metadata: {}, status: 'Success' });
    expect(client.messages[0]).toEqual(Buffer.from([1]));
    expect(client.messages.at(-1)?.[0]).toBe(3);
  });

  test.each([
    ['v4.channel.k8s.io', '{"metadata":{},"status":"Failure","message":"command terminated with non-zero exit code: exit status 7","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"7"}]}}'],
    ['channel.k8s.io', 'command terminated with non-zero exit code: exit status 7'],
  ])('%s tells the exit code in its own way', async (protocol, status) => {
    const client = dial(await serve(execOf(async () => ({ code: 7 }))), `${PATH}/exec`, [protocol]);
    await client.closed;
    expect(client.on(3)).toBe(status);
  });

  test('v4.base64 sends text', async () => {
    const client = dial(await serve(execOf(async ({ stdin, stdout }) => {
      const [chunk] = (await once(stdin!, 'data')) as [Buffer];
      stdout!.write(chunk);
      return { code: 0 };
    })), `${PATH}/exec`, ['v4.base64.channel.k8s.io']);
    await once(client.socket, 'open');
    client.socket.send(`0${Buffer.from('ünï').toString('base64')}`);
    await client.closed;
    const texts = client.messages.map(String);
    expect(texts[0]).toBe('1');
    expect(texts[1]).toBe(`1${Buffer.from('ünï').toString('base64')}`);
  });

  test('v5 wins in the list of @kubernetes/client-node, an unknown list is 400', async () => {
    const server = await serve(execOf(async () => ({ code: 0 })));
    const client = dial(server, `${PATH}/exec`, ['v4.channel.k8s.io', 'v5.channel.k8s.io']);
    await client.closed;
    expect(client.socket.protocol).toBe('v5.channel.k8s.io');
    const [error] = (await once(dial(server, `${PATH}/exec`, ['v9.channel.k8s.io']).socket, 'error')) as [Error];
    expect(error.message).toContain('400');
  });

  test('a process that does not read makes the client wait, not the memory grow', async () => {
    let release = (): void => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    let waiting = 0;
    let received = 0;
    const client = dial(
      await serve(
        execOf(async ({ stdin }) => {
          void released.then(() => stdin!.on('data', (chunk: Buffer) => (received += chunk.length)));
          while (!(await Promise.race([released.then(() => true), new Promise<false>((resolve) => setTimeout(() => resolve(false), 10))]))) waiting = stdin!.readableLength;
          await once(stdin!, 'end');
          return { code: 0 };
        }),
      ),
      `${PATH}/exec`,
      ['v5.channel.k8s.io'],
    );
    await once(client.socket, 'open');
    const chunk = Buffer.alloc(32 * 1024);
    const total = 2000;
    for (let i = 0; i < total; i++) client.send(0, chunk);
    client.socket.send(Buffer.from([255, 0]));
    let before = -1;
    while (before !== client.socket.bufferedAmount) {
      before = client.socket.bufferedAmount;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(client.socket.bufferedAmount).toBeGreaterThan(10 * 1024 * 1024);
    expect(waiting).toBeLessThan(1024 * 1024);
    release();
    await client.closed;
    expect(received).toBe(total * chunk.length);
  });

  test('a client that does not read makes the process wait', async () => {
    let written = 0;
    const client = dial(
      await serve(
        execOf(async ({ stdout, signal }) => {
          const chunk = Buffer.alloc(64 * 1024);
          while (!signal.aborted) {
            written += chunk.length;
            if (!stdout!.write(chunk)) await once(stdout!, 'drain', { signal }).catch(() => {});
          }
          return { code: 0 };
        }),
      ),
      `${PATH}/exec`,
      ['v5.channel.k8s.io'],
    );
    await once(client.socket, 'open');
    client.socket.pause();
    let before = -1;
    while (before !== written) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(written).toBeLessThan(32 * 1024 * 1024);
    client.socket.terminate();
  });

  test('whose client vanishes aborts the process', async () => {
    let aborted = false;
    const client = dial(
      await serve(
        execOf(async ({ signal, stdout }) => {
          await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
          aborted = true;
          stdout!.write('nobody reads this');
          return { code: 137 };
        }),
      ),
      `${PATH}/exec`,
      ['v5.channel.k8s.io'],
    );
    await once(client.socket, 'open');
    client.socket.terminate();
    await until(() => aborted);
    await until(() => fake!.server.connections === 0);
  });

  test('ends when the server stops', async () => {
    const server = await serve(execOf(({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve({ code: 137 })))));
    const client = dial(server, `${PATH}/exec`, ['v5.channel.k8s.io']);
    await once(client.socket, 'message');
    await server.server.stop();
    await client.closed;
    expect(server.server.connections).toBe(0);
  });

  test('broken frames end the session only', async () => {
    let aborted = false;
    const server = await serve(
      execOf(async ({ signal }) => {
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        aborted = true;
        return { code: 1 };
      }),
    );
    const client = dial(server, `${PATH}/exec`, ['v5.channel.k8s.io']);
    await once(client.socket, 'message');
    (client.socket as unknown as { _socket: NodeJS.WritableStream })._socket.write(Buffer.from('ffffffffff', 'hex'));
    await client.closed;
    await until(() => aborted);
  });

  test('a token may come as a subprotocol', async () => {
    const server = await serve(execOf(async () => ({ code: 0 })));
    const protocols = (token: string): string[] => ['v5.channel.k8s.io', `base64url.bearer.authorization.k8s.io.${Buffer.from(token).toString('base64url')}`];
    const client = dial(server, `${PATH}/exec`, protocols('plain'), { headers: {} });
    await client.closed;
    expect(JSON.parse(client.on(3))).toMatchObject({ status: 'Success' });
    expect(server.pipeline.requests[0]?.user.name).toBe('plain');
    const [error] = (await once(dial(server, `${PATH}/exec`, protocols('wrong'), { headers: {} }).socket, 'error')) as [Error];
    expect(error.message).toContain('401');
  });
});

describe('without an upgrade', () => {
  test.each([['exec', execOf(async () => ({ code: 0 }))], ['portforward', { type: 'port-forward', forward: async () => {} } satisfies Connection]])('%s is 400', async (subresource, connection) => {
    const { get } = await serve(connection);
    expect(JSON.parse((await get(`${PATH}/${subresource}`)).text)).toEqual({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: 'Upgrade request required', reason: 'BadRequest', code: 400 });
  });

  test('what the pipeline refuses is a Status also for upgrade requests', async () => {
    fake = await startFakeServer(() => {
      throw badRequest('container name must be specified');
    });
    const client = dial(fake, `${PATH}/exec`, ['v5.channel.k8s.io']);
    const [, response] = (await once(client.socket, 'unexpected-response')) as [unknown, AsyncIterable<Buffer> & { statusCode: number }];
    let text = '';
    for await (const chunk of response) text += String(chunk);
    expect([response.statusCode, JSON.parse(text)]).toEqual([400, expect.objectContaining({ kind: 'Status', message: 'container name must be specified' })]);
  });
});

describe('port-forward by channels', () => {
  test('has a data and an error channel for each port, which begin with its number', async () => {
    const client = dial(
      await serve({
        type: 'port-forward',
        forward: async (port, stream) => {
          if (port === 81) throw new Error('connection refused');
          stream.write(`port ${port}: `);
          await pipeline(stream, stream);
        },
      }),
      `${PATH}/portforward?ports=80&ports=81`,
      ['v5.channel.k8s.io', 'v4.channel.k8s.io'],
    );
    await once(client.socket, 'open');
    expect(client.socket.protocol).toBe('v4.channel.k8s.io');
    client.send(0, 'hi');
    await until(() => client.on(0).endsWith('hi') && client.on(3).endsWith('refused'));
    expect([0, 1, 2, 3].map((channel) => client.on(channel))).toEqual(['P\0port 80: hi', 'P\0', 'Q\0', 'Q\0connection refused']);
    client.socket.close();
    await until(() => fake!.server.connections === 0);
  });

  test.each([['', 'query parameter "ports" is required'], ['?ports=0', 'query parameter "ports" cannot be empty or out of range: "0"'], ['?ports=x', 'query parameter "ports" cannot be empty or out of range: "x"']])('%s is 400', async (query, message) => {
    const client = dial(await serve({ type: 'port-forward', forward: async () => {} }), `${PATH}/portforward${query}`, ['v4.channel.k8s.io']);
    const [, response] = (await once(client.socket, 'unexpected-response')) as [unknown, AsyncIterable<Buffer>];
    let text = '';
    for await (const chunk of response) text += String(chunk);
    expect(JSON.parse(text)).toMatchObject({ code: 400, message });
  });
});

describe('logs', () => {
  const options = { container: 'main', follow: true, previous: false, timestamps: false };
  const lines = async function* (signal?: Promise<void>): AsyncIterable<Buffer> {
    yield Buffer.from('one\n');
    await signal;
    yield Buffer.from('two\n');
  };

  test('go out as they come', async () => {
    let release = (): void => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    const { open } = await serve({ type: 'log', options, chunks: lines(released) });
    const response = await open(`${PATH}/log?follow=true`);
    expect(response.headers).toMatchObject({ 'content-type': 'text/plain', 'transfer-encoding': 'chunked' });
    const text: string[] = [];
    response.on('data', (chunk: Buffer) => text.push(String(chunk)));
    await until(() => text.join('') === 'one\n');
    release();
    await once(response, 'end');
    expect(text.join('')).toBe('one\ntwo\n');
  });

  test('that cannot be read are a Status', async () => {
    const refusal = Promise.reject(badRequest('container "main" in pod "web" is waiting to start: ContainerCreating'));
    const { get } = await serve({ type: 'log', options, chunks: { [Symbol.asyncIterator]: () => ({ next: () => refusal }) } });
    expect(JSON.parse((await get(`${PATH}/log`)).text)).toMatchObject({ code: 400, message: 'container "main" in pod "web" is waiting to start: ContainerCreating' });
  });

  test('of a silent container send their headers all the same', async () => {
    const { open } = await serve({ type: 'log', options, chunks: { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) } });
    const response = await open(`${PATH}/log?follow=true`);
    expect(response.statusCode).toBe(200);
    response.destroy();
    await until(() => fake!.server.connections === 0);
  });

  test('are messages of a WebSocket when that is asked for', async () => {
    const client = dial(await serve({ type: 'log', options, chunks: lines() }), `${PATH}/log`, ['base64.binary.k8s.io']);
    await client.closed;
    expect(client.messages.map((message) => Buffer.from(String(message), 'base64').toString())).toEqual(['one\n', 'two\n']);
  });
});

test('a watch over a WebSocket sends an event in each message', async () => {
  fake = await startFakeServer(
    () =>
      ({
        type: 'watch',
        warnings: [],
        events: (async function* () {
          yield [{ n: 1 }, { n: 2 }];
          yield [{ n: 3 }];
        })(),
      }) as never,
  );
  const client = dial(fake, '/api/v1/pods?watch=true', [], { origin: 'https://example.com' });
  await client.closed;
  expect(client.messages.map((message) => JSON.parse(String(message)) as unknown)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
});

test('a watch over a WebSocket that breaks closes it, and says nothing in HTTP', async () => {
  fake = await startFakeServer(
    () =>
      ({
        type: 'watch',
        warnings: [],
        events: (async function* () {
          yield [{ n: 1 }];
          throw new Error('disk');
        })(),
      }) as never,
  );
  const client = dial(fake, '/api/v1/pods?watch=true', [], { origin: 'https://example.com' });
  const [code] = (await once(client.socket, 'close')) as [number];
  expect(code).toBe(1006);
  expect(client.messages.map(String)).toEqual(['{"n":1}\n']);
});

test.each([
  ['without an origin', [], {}, 403],
  ['from an origin that is none', [], { origin: 'null' }, 403],
  ['that offers several protocols', ['a', 'b'], { origin: 'https://example.com' }, 400],
])('a watch over a WebSocket %s is refused', async (_what, protocols, options, code) => {
  fake = await startFakeServer(() => ({ type: 'watch', warnings: [], events: (async function* () {})() }) as never);
  const { socket } = dial(fake, '/api/v1/pods?watch=true', protocols, options);
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
  expect(response.statusCode).toBe(code);
  socket.on('error', () => {}).terminate();
});
