import { PassThrough, Readable, Writable } from 'node:stream';
import type { ExecStreams, LogOptions } from '../../api/streams.js';
import type { ImageProgram } from '../runtimes/simulated/program.js';
import { condition, TestNode } from '../testing/test-node.js';

const lines: Array<(text: string) => void> = [];
const images = {
  /** Prints three lines, then what the test says. */
  talker: (): ImageProgram => ({
    run: async (process) => {
      process.stdout.write('one\ntwo\n');
      process.stderr.write('bad\n');
      lines.push((text) => process.stdout.write(text));
      return new Promise((resolve) => process.pids.handle(process.process.pid, (signal) => {
        if (signal !== 'SIGTERM') return false;
        process.stdout.write('unfinished');
        resolve(0);
        return true;
      }));
    },
    exec: async (process) => {
      if (process.argv[0] === 'cat') {
        for await (const chunk of process.stdin) process.stdout.write(chunk);
        return 0;
      }
      process.stdout.write(`out ${process.argv.join(' ')} ${process.terminal?.size.width ?? 'no terminal'}`);
      process.stderr.write('err');
      return 7;
    },
  }),
  echo: (): ImageProgram => ({ run: async (process) => {
    for await (const chunk of process.stdin) process.stdout.write(`got ${String(chunk)}\n`);
    return 0;
  } }),
  crash: (): ImageProgram => ({ run: async (process) => {
    process.stdout.write(`run ${process.restartCount}\n`);
    return 1;
  } }),
};

const OPTIONS: LogOptions = { container: 'c', follow: false, previous: false, timestamps: false };

function collector(): { stream: Writable; text: () => string } {
  const chunks: Buffer[] = [];
  return { stream: new Writable({ write: (chunk: Buffer, _e, done) => (chunks.push(chunk), done()) }), text: () => Buffer.concat(chunks).toString() };
}

async function* noSizes(): AsyncGenerator<never> {}

const streams = (parts: Partial<ExecStreams> = {}): ExecStreams => ({ stdin: undefined, stdout: undefined, stderr: undefined, tty: false, resize: noSizes(), signal: new AbortController().signal, ...parts });

describe('what a node serves', () => {
  let node: TestNode;
  beforeEach(async () => {
    lines.length = 0;
    node = await new TestNode({ images }).start();
  });
  afterEach(() => node.stop());

  const logs = async (options: Partial<LogOptions> = {}, name = 'p'): Promise<string> => {
    const chunks: Buffer[] = [];
    const pod = node.pod(name);
    if (!pod) throw new Error('no pod');
    for await (const chunk of node.kubelet.agent?.logs(pod, { ...OPTIONS, ...options }, new AbortController().signal) ?? []) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  };
  const talker = async (): Promise<void> => {
    await node.run('p', { containers: [{ name: 'c', image: 'talker' }] });
    await node.until(() => condition(node.pod('p'), 'Ready') === 'True' && lines.length > 0);
  };

  test('logs: all, the last lines, a number of bytes, one stream, with times', async () => {
    await talker();
    expect(await logs()).toBe('one\ntwo\nbad\n');
    expect(await logs({ tailLines: 2 })).toBe('two\nbad\n');
    expect(await logs({ tailLines: 0 })).toBe('');
    expect(await logs({ limitBytes: 5 })).toBe('one\nt');
    expect(await logs({ stream: 'Stderr' })).toBe('bad\n');
    expect(await logs({ timestamps: true, tailLines: 1 })).toBe('2026-01-01T00:00:00.000000002Z bad\n');
    await node.clock.advance(60_000);
    lines[0]?.('late\n');
    expect(await logs({ sinceSeconds: 30 })).toBe('late\n');
    expect(await logs({ sinceTime: '2026-01-01T00:00:30Z' })).toBe('late\n');
  });

  test('logs -f goes on until the container ends, which also ends an unfinished line', async () => {
    await talker();
    let text = '';
    const pod = node.pod('p');
    const done = (async () => {
      for await (const chunk of node.kubelet.agent?.logs(pod as never, { ...OPTIONS, follow: true, tailLines: 1 }, new AbortController().signal) ?? []) text += chunk.toString();
    })();
    await node.until(() => text === 'bad\n');
    lines[0]?.('half');
    lines[0]?.(' line\nnext\n');
    await node.until(() => text === 'bad\nhalf line\nnext\n');
    await node.delete('p');
    await done;
    expect(text).toBe('bad\nhalf line\nnext\nunfinished');
  });

  test('logs of the previous container', async () => {
    await node.run('p', { containers: [{ name: 'c', image: 'crash' }] });
    await node.until(() => node.pod('p')?.status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CrashLoopBackOff');
    expect(await logs()).toBe('run 1\n');
    await node.untilLater(() => node.pod('p')?.status?.containerStatuses?.[0]?.restartCount === 2, 20_000, 100);
    expect(await logs({ previous: true })).toMatch(/^run [12]\n$/);
  });

  test('what has no log says why, as the real kubelet does', async () => {
    await node.run('p', { containers: [{ name: 'c', image: 'talker', volumeMounts: [{ name: 'v', mountPath: '/v' }] }], volumes: [{ name: 'v', configMap: { name: 'nope' } }] });
    await node.until(() => node.events('p').length > 0);
    await expect(logs()).rejects.toMatchObject({ code: 400, reason: 'BadRequest', message: 'container "c" in pod "p" is waiting to start: ContainerCreating' });
    await expect(logs({ container: 'x' })).rejects.toMatchObject({ message: 'container "x" in pod "p" is not available' });
    await node.run('q', { containers: [{ name: 'c', image: 'registry.invalid/x' }] });
    await node.until(() => node.pod('q')?.status?.containerStatuses?.[0]?.state?.waiting?.reason === 'ErrImagePull');
    await expect(logs({}, 'q')).rejects.toMatchObject({ message: 'container "c" in pod "q" is waiting to start: image can\'t be pulled' });
    await node.run('r', { containers: [{ name: 'c', image: 'x' }] });
    await node.until(() => condition(node.pod('r'), 'Ready') === 'True');
    await expect(logs({ previous: true }, 'r')).rejects.toMatchObject({ message: 'previous terminated container "c" in pod "r" not found' });
  });

  test('exec passes streams and the exit code on', async () => {
    await talker();
    const out = collector();
    const err = collector();
    const pod = node.pod('p') as never;
    const status = await node.kubelet.agent?.exec(pod, { container: 'c', command: ['do', 'it'] }, streams({ stdout: out.stream, stderr: err.stream }));
    expect([status?.code, out.text(), err.text()]).toEqual([7, 'out do it no terminal', 'err']);
    const echoed = collector();
    expect(await node.kubelet.agent?.exec(pod, { container: 'c', command: ['cat'] }, streams({ stdin: Readable.from([Buffer.from('abc')]), stdout: echoed.stream }))).toEqual({ code: 0 });
    expect(echoed.text()).toBe('abc');
    await expect(node.kubelet.agent?.exec(pod, { container: 'x', command: ['a'] }, streams())).rejects.toMatchObject({ code: 500, message: 'Internal error occurred: unable to upgrade connection: container not found ("x")' });
  });

  test('a client that goes ends what it started', async () => {
    await talker();
    const abort = new AbortController();
    const running = node.kubelet.agent?.exec(node.pod('p') as never, { container: 'c', command: ['cat'] }, streams({ stdin: new PassThrough(), stdout: collector().stream, signal: abort.signal }));
    const pids = node.kubelet.worker(node.pod('p')?.metadata.uid ?? '');
    expect(pids).toBeDefined();
    abort.abort();
    expect(await running).toEqual({ code: 137, signal: 'SIGKILL' });
  });

  test('attach joins the streams of the main process', async () => {
    await node.run('p', { containers: [{ name: 'c', image: 'echo', stdin: true, stdinOnce: true }], restartPolicy: 'Never' });
    await node.until(() => condition(node.pod('p'), 'Ready') === 'True');
    const out = collector();
    const stdin = new PassThrough();
    const attached = node.kubelet.agent?.attach(node.pod('p') as never, 'c', streams({ stdin, stdout: out.stream }));
    stdin.write('hello');
    await node.until(() => out.text() === 'got hello\n');
    stdin.end();
    expect(await attached).toEqual({ code: 0 });
    await node.until(() => node.pod('p')?.status?.phase === 'Succeeded');
    expect(await logs()).toBe('got hello\n');
  });

  test('port-forward reaches what listens on the pod\'s localhost, and says what does not', async () => {
    await node.run('web', { containers: [{ name: 'c', image: 'nginx' }] });
    await node.until(() => condition(node.pod('web'), 'Ready') === 'True');
    const near = new PassThrough();
    const far = new PassThrough();
    const { Duplex } = await import('node:stream');
    const stream = Duplex.from({ readable: near, writable: far });
    let answer = '';
    far.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    const forwarded = node.kubelet.agent?.portForward(node.pod('web') as never, 80, stream);
    near.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    await node.until(() => answer.includes('Welcome to nginx!'));
    near.end();
    await forwarded;
    await expect(node.kubelet.agent?.portForward(node.pod('web') as never, 81, new PassThrough())).rejects.toThrow(/^error forwarding port 81 to pod [0-9a-f]{64}, uid : .*failed to connect to localhost:81 inside namespace .*connection refused/);
  });
});

describe('what a node tells of its use', () => {
  test('CPU and memory of containers, as their programs say, and of the node as a whole', async () => {
    const node = await new TestNode({ images: { busy: () => ({ run: (p) => { p.use({ cpuCores: 0.5, memoryBytes: 64e6 }); return new Promise(() => {}); } }) } }).start();
    await node.run('p', { containers: [{ name: 'a', image: 'busy' }, { name: 'b', image: 'quiet' }] });
    await node.until(() => condition(node.pod('p'), 'Ready') === 'True');
    const before = node.kubelet.agent?.stats();
    await node.clock.advance(10_000);
    const after = node.kubelet.agent?.stats();
    const [pod] = after?.pods ?? [];
    expect(pod).toMatchObject({ name: 'p', namespace: 'default', uid: node.pod('p')?.metadata.uid });
    expect(pod?.containers.find((c) => c.name === 'a')).toMatchObject({ cpuNanocores: 500_000_000, cpuNanoseconds: 5_000_000_000, memoryWorkingSetBytes: 64_000_000 });
    const idle = pod?.containers.find((c) => c.name === 'b');
    expect(idle?.cpuNanocores).toBeLessThan(5_000_000);
    expect(idle?.memoryWorkingSetBytes).toBeGreaterThan(2 ** 20);
    expect((after?.cpuNanoseconds ?? 0) - (before?.cpuNanoseconds ?? 0)).toBe(10 * (after?.cpuNanocores ?? 0));
    expect(after?.memoryWorkingSetBytes).toBeGreaterThan(64e6);
    await node.delete('p', 0);
    await node.until(() => !node.pod('p'));
    await node.untilLater(() => node.kubelet.agent?.stats().pods.length === 0);
    await node.stop();
  });

  test('a container that takes more memory than its limit is OOMKilled and restarted', async () => {
    const node = await new TestNode({ images: { greedy: () => ({ run: (p) => { p.use({ memoryBytes: 101 * 2 ** 20 }); return new Promise(() => {}); } }) } }).start();
    await node.run('p', { containers: [{ name: 'c', image: 'greedy', resources: { limits: { memory: '100Mi' } } }] });
    const killed = await node.until(() => node.pod('p')?.status?.containerStatuses?.[0]?.lastState?.terminated);
    expect(killed).toMatchObject({ reason: 'OOMKilled', exitCode: 137 });
    await node.stop();
  });
});

describe('hooks', () => {
  test('postStart runs before the container counts as started; preStop before it is stopped', async () => {
    const ran: string[] = [];
    const node = await new TestNode({ images: { app: () => ({
      run: (p) => new Promise((resolve) => p.pids.handle(p.process.pid, (signal) => (signal === 'SIGTERM' ? (ran.push('term'), resolve(0), true) : false))),
      exec: async (p) => (ran.push(p.argv.join(' ')), 0),
    }) } }).start();
    await node.run('p', { containers: [{ name: 'c', image: 'app', lifecycle: { postStart: { exec: { command: ['hello'] } }, preStop: { exec: { command: ['bye'] } } } }] });
    await node.until(() => condition(node.pod('p'), 'Ready') === 'True');
    expect(ran).toEqual(['hello']);
    await node.delete('p');
    await node.until(() => !node.pod('p'));
    expect(ran).toEqual(['hello', 'bye', 'term']);
    await node.stop();
  });

  test('a postStart hook that fails ends the container with FailedPostStartHook', async () => {
    const node = await new TestNode({ images: { app: () => ({ run: () => new Promise(() => {}), exec: async () => 3 }) } }).start();
    await node.run('p', { containers: [{ name: 'c', image: 'app', lifecycle: { postStart: { exec: { command: ['hello'] } } } }], terminationGracePeriodSeconds: 1 });
    await node.untilLater(() => node.events('p').includes('FailedPostStartHook: PostStartHook failed'), 10_000, 100);
    await node.untilLater(() => (node.pod('p')?.status?.containerStatuses?.[0]?.restartCount ?? 0) > 0 || node.pod('p')?.status?.containerStatuses?.[0]?.state?.waiting?.reason === 'PostStartHookError', 10_000, 100);
    await node.stop();
  });

  test('a sleeping preStop hook counts against the grace period', async () => {
    const node = await new TestNode().start();
    await node.run('p', { containers: [{ name: 'c', image: 'x', lifecycle: { preStop: { sleep: { seconds: 5 } } } }] });
    await node.until(() => condition(node.pod('p'), 'Ready') === 'True');
    await node.delete('p');
    await node.until(() => node.events('p').includes('Killing: Stopping container c'));
    await node.clock.advance(4900);
    expect(node.pod('p')).toBeDefined();
    await node.clock.advance(100);
    await node.untilLater(() => !node.pod('p'), 5000);
    await node.stop();
  });

  test('a node that is switched off does not wait for hooks, and leaves no timer', async () => {
    const node = await new TestNode().start();
    await node.run('p', { containers: [{ name: 'c', image: 'x', lifecycle: { preStop: { sleep: { seconds: 20 } } } }] });
    await node.until(() => condition(node.pod('p'), 'Ready') === 'True');
    await node.delete('p');
    await node.until(() => node.events('p').includes('Killing: Stopping container c'));
    await node.stop();
    expect(node.clock.timers).toBe(0);
  });
});
