import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { createConnection } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { badRequest } from '../../src/api/errors.js';
import type { ExecStreams, ExitStatus, TerminalSize } from '../../src/api/streams.js';
import type { Connection } from '../../src/registry/subresource.js';
import { fakePods } from '../support/http-fake-pods.js';
import { startFakeServer, type FakeServer } from '../support/http-fake-server.js';
import { Kubectl } from '../support/kubectl.js';

/** The real kubectl against http/ alone: what stands behind the streams is the test itself. */

let fake: FakeServer;
let kubectl: RawKubectl;

afterEach(async () => {
  await fake.stop();
  kubectl[Symbol.dispose]();
});

interface Finished {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** kubectl whose output is taken byte by byte. */
class RawKubectl extends Kubectl {
  constructor(
    kubeconfig: string,
    private readonly environment: Readonly<Record<string, string>>,
  ) {
    super(kubeconfig);
  }

  open(...args: string[]): ReturnType<Kubectl['start']> {
    return this.start(args, this.environment);
  }

  finish(args: string[], stdin?: Buffer | string): Promise<Finished> {
    const child = this.open(...args);
    const stdout: Buffer[] = [];
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => (stderr += String(chunk)));
    child.stdin.on('error', () => {});
    child.stdin.end(stdin);
    return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout: Buffer.concat(stdout), stderr })));
  }
}

async function start(connection: (query: URLSearchParams) => Connection, environment: Record<string, string>): Promise<void> {
  fake = await startFakeServer(fakePods((request) => connection(request.query)));
  kubectl = new RawKubectl(fake.kubeconfig, environment);
}

const exec = (run: (streams: ExecStreams, query: URLSearchParams) => Promise<ExitStatus>) => (query: URLSearchParams): Connection => {
  const asked = (name: string): boolean => query.get(name) === 'true';
  return { type: 'exec', stdin: asked('stdin'), stdout: asked('stdout'), stderr: asked('stderr'), tty: asked('tty'), run: (streams) => run(streams, query) };
};

const write = (stream: NodeJS.WritableStream | undefined, data: string | Buffer): Promise<void> => new Promise((resolve) => (stream ? stream.write(data, () => resolve()) : resolve()));

describe.each([
  ['WebSocket', { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'true' }],
  ['SPDY', { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false' }],
])('kubectl exec over %s', (_name, environment) => {
  test('shows both outputs and the exit code', async () => {
    await start(
      exec(async ({ stdout, stderr, stdin }, query) => {
        expect(stdin).toBeUndefined();
        await write(stdout, `out ${query.getAll('command').join(' ')}\n`);
        await write(stderr, 'err\n');
        return { code: 3 };
      }),
      environment,
    );
    const result = await kubectl.finish(['exec', 'web', '--', 'ls', '-l']);
    expect(String(result.stdout)).toBe('out ls -l\n');
    expect(result.stderr).toBe('err\ncommand terminated with exit code 3\n');
    expect(result.code).toBe(3);
  });

  test('carries megabytes both ways, byte by byte, and the end of the input', async () => {
    await start(
      exec(async ({ stdin, stdout }) => {
        await pipeline(stdin!, stdout!, { end: false });
        return { code: 0 };
      }),
      environment,
    );
    const data = randomBytes(5 * 1024 * 1024);
    const result = await kubectl.finish(['exec', '-i', 'web', '--', 'cat'], data);
    expect(result.stderr).toBe('');
    expect(result.code).toBe(0);
    expect(result.stdout.equals(data)).toBe(true);
  });

  test('reports what the node says', async () => {
    await start(
      exec(async () => {
        throw badRequest('container not found ("main")');
      }),
      environment,
    );
    const result = await kubectl.finish(['exec', 'web', '--', 'ls']);
    expect(result.stderr).toContain('container not found ("main")');
    expect(result.code).toBe(1);
  });

  test('stops the process when kubectl is killed', async () => {
    let running = (): void => {};
    let gone = (): void => {};
    const isRunning = new Promise<void>((resolve) => (running = resolve));
    const isGone = new Promise<void>((resolve) => (gone = resolve));
    await start(
      exec(async ({ signal }) => {
        signal.addEventListener('abort', () => gone());
        running();
        await isGone;
        return { code: 137 };
      }),
      environment,
    );
    const child = kubectl.open('exec', '-i', 'web', '--', 'sleep', '1000');
    await isRunning;
    child.kill('SIGKILL');
    await isGone;
    await fake.stop();
    expect(fake.server.connections).toBe(0);
  });

  test('runs fifty sessions at once', async () => {
    await start(
      exec(async ({ stdin, stdout }) => {
        await pipeline(stdin!, stdout!, { end: false });
        return { code: 0 };
      }),
      environment,
    );
    const results = await Promise.all(Array.from({ length: 50 }, (_, i) => kubectl.finish(['exec', '-i', 'web', '--', 'cat'], `hello ${i}`)));
    expect(results.map(({ stdout }) => String(stdout))).toEqual(results.map((_, i) => `hello ${i}`));
  });
});

describe.each([
  ['WebSocket', { KUBECTL_PORT_FORWARD_WEBSOCKETS: 'true' }],
  ['SPDY', { KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false' }],
])('kubectl port-forward over %s', (_name, environment) => {
  const forwardTo = async (connection: () => Connection): Promise<{ port: number; saysOnStderr: (text: string) => Promise<void>; kill: () => void }> => {
    await start(connection, environment);
    const child = kubectl.open('port-forward', 'web', ':80');
    let stderr = '';
    let told = (): void => {};
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += String(chunk);
      told();
    });
    const port = await new Promise<number>((resolve, reject) => {
      let stdout = '';
      child.stdout.on('data', (chunk: Buffer) => {
        const match = /127\.0\.0\.1:(\d+) -> 80/.exec((stdout += String(chunk)));
        if (match) resolve(Number(match[1]));
      });
      child.on('close', () => reject(new Error(stderr)));
    });
    const saysOnStderr = (text: string): Promise<void> =>
      new Promise((resolve) => {
        told = () => stderr.includes(text) && resolve();
        told();
      });
    return { port, saysOnStderr, kill: () => child.kill('SIGKILL') };
  };

  test('joins connections to the port, many at once, large ones too', async () => {
    const ports: number[] = [];
    const { port, kill } = await forwardTo(() => ({
      type: 'port-forward',
      forward: async (to, stream) => {
        ports.push(to);
        await pipeline(stream, stream);
      },
    }));
    const data = randomBytes(2 * 1024 * 1024);
    const echo = async (): Promise<boolean> => {
      const socket = createConnection({ port, host: '127.0.0.1' });
      socket.end(data);
      const chunks: Buffer[] = [];
      for await (const chunk of socket) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks).equals(data);
    };
    expect(await Promise.all(Array.from({ length: 10 }, echo))).toEqual(Array<boolean>(10).fill(true));
    expect(ports).toEqual(Array<number>(10).fill(80));
    kill();
  });

  test('tells when nothing listens', async () => {
    const text = 'failed to connect to localhost:80 inside namespace x, IPv4: dial tcp4 127.0.0.1:80: connect: connection refused';
    const { port, saysOnStderr, kill } = await forwardTo(() => ({ type: 'port-forward', forward: () => Promise.reject(new Error(text)) }));
    const socket = createConnection({ port, host: '127.0.0.1' });
    await once(socket.resume(), 'close');
    await saysOnStderr(text);
    kill();
  });
});

describe('kubectl attach with a terminal', () => {
  test('is told sizes through the resize stream', async () => {
    const sizes: TerminalSize[] = [];
    await start(
      exec(async ({ resize, stdout, stderr, tty }) => {
        expect([tty, stderr]).toEqual([true, undefined]);
        await write(stdout, 'ready\n');
        for await (const size of resize) {
          sizes.push(size);
          break;
        }
        return { code: 0 };
      }),
      {},
    );
    // Without a terminal of its own kubectl sends no sizes: the query says that there is one.
    const { resizeByHand } = await import('../support/http-resize-client.js');
    await resizeByHand(fake, { width: 120, height: 40 });
    expect(sizes).toEqual([{ width: 120, height: 40 }]);
  });
});
