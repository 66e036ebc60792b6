import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import type { ExecStreams } from '../../src/api/streams.js';
import type { ContainerConfig, ContainerRuntime, PodSandbox, PodSandboxConfig, RuntimeEvent } from '../../src/kubelet/runtime.js';

/** What the suite needs of a runtime under test. */
export interface RuntimeHarness {
  readonly runtime: ContainerRuntime;
  /** An image with a POSIX shell and the usual small tools. */
  readonly shellImage: string;
  /** An image that answers HTTP on port 8080 with `Hello World!`. */
  readonly webImage: string;
  /** A name that no registry has. */
  readonly missingImage: string;
  close(): Promise<void>;
}

export interface RuntimeTraits {
  /** What containers share with the host: then the tests of isolation do not apply. */
  readonly shares?: string;
}

/** What every container runtime of a kubelet must do (src/kubelet/runtime.ts). Real time: runtimes may run real processes. */
export function runtimeConformance(name: string, make: () => Promise<RuntimeHarness>, { shares }: RuntimeTraits = {}): void {
  describe(`container runtime ${name}`, () => {
    /** A test of what only containers can do that are apart from the host; elsewhere it would write the host's own files. */
    const isolated = (behaviour: string, run: () => Promise<void>): void => {
      if (shares === undefined) test(behaviour, run);
    };
    if (shares !== undefined) test(`has no isolation: containers share ${shares}`, () => expect(harness.runtime.name).toBe('process'));
    let harness: RuntimeHarness;
    let runtime: ContainerRuntime;
    let events: RuntimeEvent[];
    let pods = 0;

    beforeEach(async () => {
      harness = await make();
      ({ runtime } = harness);
      events = [];
      runtime.onEvent((event) => events.push(event));
      for (const image of [harness.shellImage, harness.webImage]) await runtime.images.pull(image);
    });
    afterEach(() => harness.close());

    const sandbox = (overrides: Partial<PodSandboxConfig> = {}): Promise<PodSandbox> => {
      const n = ++pods;
      return runtime.runPodSandbox({
        podUid: `uid-${n}`, podName: `pod-${n}`, namespace: 'default', attempt: 0, hostname: `pod-${n}`, labels: {}, annotations: {}, shareProcessNamespace: false, hostNetwork: false, hostPid: false,
        dns: { servers: ['10.96.0.10'], searches: [], options: [] }, hosts: (ip) => `127.0.0.1\tlocalhost\n${ip}\tpod-${n}\n`, ...overrides,
      });
    };
    const config = (overrides: Partial<ContainerConfig> = {}): ContainerConfig => ({
      name: 'main', image: harness.shellImage, attempt: 0, command: ['sleep', '3600'], args: undefined, workingDir: undefined, env: [], mounts: [], tty: false, stdin: false, stdinOnce: false,
      user: { groups: [] }, readOnlyRootFilesystem: false, terminationMessagePath: '/dev/termination-log', memoryLimitBytes: undefined, stopSignal: undefined, targetContainer: undefined, ...overrides,
    });
    const sh = (script: string, overrides: Partial<ContainerConfig> = {}): ContainerConfig => config({ command: ['sh', '-c', script], ...overrides });
    const start = async (pod: PodSandbox, container: ContainerConfig): Promise<string> => {
      const id = await runtime.createContainer(pod.id, container);
      await runtime.startContainer(id);
      return id;
    };
    const until = async <T>(what: () => T | Promise<T>): Promise<NonNullable<T>> => {
      const deadline = performance.now() + 60_000;
      for (;;) {
        const found = await what();
        if (found) return found;
        if (performance.now() > deadline) throw new Error(`not so in time: ${String(what)}`);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    };
    const ended = (id: string): Promise<unknown> => until(() => runtime.containerStatus(id)?.state === 'exited');
    const logOf = (id: string, stream?: string): string => {
      const log = runtime.logs(id);
      let text = '';
      for (let at = log?.first ?? 0; at < (log?.end ?? 0); at++) {
        const entry = log?.at(at);
        if (entry && (stream === undefined || stream === entry.stream)) text += `${entry.data.toString()}${entry.partial ? '' : '\n'}`;
      }
      return text;
    };
    const exec = async (id: string, command: string[], parts: Partial<ExecStreams> = {}): Promise<{ code: number; out: string; err: string }> => {
      const out: Buffer[] = [];
      const err: Buffer[] = [];
      const sink = (into: Buffer[]): Writable => new Writable({ write: (chunk: Buffer, _e, done) => (into.push(chunk), done()) });
      const streams: ExecStreams = { stdin: undefined, stdout: sink(out), stderr: sink(err), tty: false, resize: (async function* () {})(), signal: new AbortController().signal, ...parts };
      const { code } = await runtime.exec(id, command, streams);
      return { code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() };
    };

    describe('images', () => {
      test('are there once pulled, and gone once removed', async () => {
        const status = await runtime.images.pull(harness.shellImage);
        expect(runtime.images.status(harness.shellImage)).toEqual(status);
        expect(status.id).toMatch(/@sha256:[0-9a-f]{64}$/);
        expect(runtime.images.list().map((image) => image.id)).toContain(status.id);
        await runtime.images.remove(harness.shellImage);
        expect(runtime.images.status(harness.shellImage)).toBeUndefined();
      });

      test('that no registry has cannot be pulled', async () => {
        await expect(runtime.images.pull(harness.missingImage)).rejects.toMatchObject({ name: 'RuntimeError' });
      });
    });

    describe('sandboxes', () => {
      test('have an address each, which comes free when they stop', async () => {
        const [a, b] = [await sandbox(), await sandbox()];
        expect(a.ip).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
        expect(a.ip).not.toBe(b.ip);
        expect(runtime.podSandbox(a.id)).toMatchObject({ state: 'ready', ip: a.ip });
        await runtime.stopPodSandbox(a.id);
        expect(runtime.podSandbox(a.id)?.state).toBe('notready');
        await runtime.stopPodSandbox(a.id);
        await runtime.removePodSandbox(a.id);
        await runtime.removePodSandbox(a.id);
        expect(runtime.podSandbox(a.id)).toBeUndefined();
      });

      test('end their containers when they stop, and forget them when they are removed', async () => {
        const pod = await sandbox();
        const id = await start(pod, config());
        await runtime.stopPodSandbox(pod.id);
        await ended(id);
        expect(runtime.containerStatus(id)?.exitCode).toBe(137);
        await expect(runtime.createContainer(pod.id, config({ name: 'late' }))).rejects.toMatchObject({ name: 'RuntimeError' });
        await runtime.removePodSandbox(pod.id);
        expect(runtime.containerStatus(id)).toBeUndefined();
        expect(runtime.logs(id)).toBeUndefined();
      });
    });

    describe('containers', () => {
      test('can be ended on demand, as by the kernel or by their own fault', async () => {
        const pod = await sandbox();
        const [killed, failed] = [await start(pod, config({ name: 'a' })), await start(pod, config({ name: 'b' }))];
        runtime.endContainer(killed, { exitCode: 137, reason: 'OOMKilled' });
        runtime.endContainer(failed, { exitCode: 3 });
        await ended(killed);
        await ended(failed);
        expect(runtime.containerStatus(killed)).toMatchObject({ state: 'exited', exitCode: 137, reason: 'OOMKilled' });
        expect(runtime.containerStatus(failed)).toMatchObject({ state: 'exited', exitCode: 3, reason: 'Error' });
        runtime.endContainer(failed, { exitCode: 4 });
        expect(runtime.containerStatus(failed)?.exitCode).toBe(3);
      });

      test('tell what they use and may use; the limit can change while they run', async () => {
        const pod = await sandbox();
        const id = await start(pod, config({ memoryLimitBytes: 512 * 2 ** 20 }));
        const stats = await until(() => runtime.stats(id));
        expect(stats).toMatchObject({ memoryLimitBytes: 512 * 2 ** 20 });
        expect(stats.memoryWorkingSetBytes).toBeGreaterThan(0);
        runtime.updateContainer(id, { memoryLimitBytes: 1024 * 2 ** 20 });
        expect(runtime.stats(id)?.memoryLimitBytes).toBe(1024 * 2 ** 20);
        await runtime.stopContainer(id, 0);
        expect(runtime.stats(id)).toBeUndefined();
      });

      test('are created, run and exit, and tell of it', async () => {
        const pod = await sandbox();
        const id = await runtime.createContainer(pod.id, sh('exit 0'));
        expect(runtime.containerStatus(id)).toMatchObject({ state: 'created', name: 'main', sandbox: pod.id, podUid: pod.podUid, startedAt: 0 });
        await runtime.startContainer(id);
        await ended(id);
        const status = runtime.containerStatus(id);
        expect(status).toMatchObject({ state: 'exited', exitCode: 0, reason: 'Completed' });
        expect(status?.finishedAt).toBeGreaterThanOrEqual(status?.startedAt ?? Number.POSITIVE_INFINITY);
        expect(events.filter((e) => e.container === 'main')).toEqual([{ type: 'started', podUid: pod.podUid, container: 'main' }, { type: 'stopped', podUid: pod.podUid, container: 'main' }]);
      });

      test('keep the code they exit with', async () => {
        const id = await start(await sandbox(), sh('exit 3'));
        await ended(id);
        expect(runtime.containerStatus(id)).toMatchObject({ exitCode: 3, reason: 'Error' });
      });

      test('cannot be started with a command that does not exist', async () => {
        const id = await runtime.createContainer((await sandbox()).id, config({ command: ['no-such-command'] }));
        await expect(runtime.startContainer(id)).rejects.toThrow(/no-such-command.*executable file not found in \$PATH/);
        expect(runtime.containerStatus(id)).toMatchObject({ state: 'exited', exitCode: 128, reason: 'StartError' });
      });

      isolated('see their variables, arguments, working directory and host name', async () => {
        const pod = await sandbox();
        const id = await start(pod, config({ command: ['sh', '-c', 'echo "$0 $1 $GREETING $PWD $(hostname)"'], args: ['a', 'b'], env: [['GREETING', 'hello']], workingDir: '/tmp' }));
        await ended(id);
        expect(logOf(id)).toBe(`a b hello /tmp pod-${pods}\n`);
      });

      test('log both streams line by line; an unfinished last line is kept', async () => {
        const id = await start(await sandbox(), sh('echo one; echo two >&2; printf rest'));
        await ended(id);
        const log = runtime.logs(id);
        await until(() => log?.closed);
        expect(logOf(id, 'stdout')).toBe('one\nrest');
        expect(logOf(id, 'stderr')).toBe('two\n');
        expect(log?.at(log.first)?.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
      });

      test('show output while they run', async () => {
        const id = await start(await sandbox(), sh('echo ready; sleep 3600'));
        await until(() => logOf(id) === 'ready\n');
        expect(runtime.logs(id)?.closed).toBe(false);
      });

      test('that handle the stop signal end by themselves', async () => {
        const id = await start(await sandbox(), sh('trap "echo bye; exit 4" TERM; echo ready; while :; do sleep 0.05; done'));
        await until(() => logOf(id) === 'ready\n');
        await runtime.stopContainer(id, 30);
        expect(runtime.containerStatus(id)).toMatchObject({ state: 'exited', exitCode: 4 });
        await until(() => logOf(id) === 'ready\nbye\n');
      });

      test('that do not are killed when their time is over', async () => {
        const id = await start(await sandbox(), sh('trap "" TERM; echo ready; while :; do sleep 0.05; done'));
        await until(() => logOf(id) === 'ready\n');
        await runtime.stopContainer(id, 0.2);
        expect(runtime.containerStatus(id)).toMatchObject({ state: 'exited', exitCode: 137, reason: 'Error' });
        await runtime.stopContainer(id, 1);
      });

      isolated('leave a termination message', async () => {
        const id = await start(await sandbox(), sh('echo why > /dev/termination-log; exit 1'));
        await ended(id);
        expect(await runtime.readFile(id, '/dev/termination-log', 4096)).toBe('why\n');
        expect(await runtime.readFile(id, '/no-such-file', 4096)).toBeUndefined();
      });

      isolated('have their process as PID 1 unless the pod shares the process namespace: then it is pause', async () => {
        const own = await start(await sandbox(), config());
        expect((await exec(own, ['sh', '-c', 'ps -o pid,args || ps'])).out).toMatch(/^\s*1\s.*sleep 3600/m);
        const pod = await sandbox({ shareProcessNamespace: true });
        const a = await start(pod, config({ name: 'a' }));
        await start(pod, config({ name: 'b', command: ['sleep', '1800'] }));
        const list = (await exec(a, ['sh', '-c', 'ps -o pid,args || ps'])).out;
        expect(list).toMatch(/^\s*1\s.*pause/m);
        expect(list).toMatch(/sleep 3600/);
        expect(list).toMatch(/sleep 1800/);
      });
    });

    describe('exec', () => {
      test('passes output, input and the exit code', async () => {
        const id = await start(await sandbox(), config());
        expect(await exec(id, ['sh', '-c', 'echo out; echo err >&2; exit 5'])).toEqual({ code: 5, out: 'out\n', err: 'err\n' });
        expect(await exec(id, ['cat'], { stdin: Readable.from([Buffer.from('abc')]) })).toMatchObject({ code: 0, out: 'abc' });
        expect((await exec(id, ['no-such-command'])).code).toBe(127);
      });

      test('is refused when the container does not run', async () => {
        const id = await start(await sandbox(), sh('exit 0'));
        await ended(id);
        await expect(exec(id, ['true'])).rejects.toMatchObject({ name: 'RuntimeError' });
      });

      test('ends when the client goes', async () => {
        const id = await start(await sandbox(), config());
        const abort = new AbortController();
        const running = exec(id, ['sleep', '1000'], { signal: abort.signal });
        await until(async () => (await exec(id, ['sh', '-c', 'ps -o pid,args || ps'])).out.includes('sleep 1000'));
        abort.abort();
        expect((await running).code).not.toBe(0);
        await until(async () => !(await exec(id, ['sh', '-c', 'ps -o pid,args || ps'])).out.includes('sleep 1000'));
      });

      test('sees the container\'s files', async () => {
        const id = await start(await sandbox(), sh('echo data > /tmp/x; echo ready; sleep 3600'));
        await until(() => logOf(id) === 'ready\n');
        expect((await exec(id, ['cat', '/tmp/x'])).out).toBe('data\n');
      });
    });

    test('attach joins the main process\'s streams', async () => {
      const id = await start(await sandbox(), config({ command: ['cat'], stdin: true, stdinOnce: true }));
      const out: Buffer[] = [];
      const stdin = new PassThrough();
      const attached = runtime.attach(id, {
        stdin, stdout: new Writable({ write: (chunk: Buffer, _e, done) => (out.push(chunk), done()) }), stderr: undefined, tty: false, resize: (async function* () {})(), signal: new AbortController().signal,
      });
      stdin.write('ping\n');
      await until(() => Buffer.concat(out).toString() === 'ping\n');
      stdin.end();
      await attached;
      await ended(id);
      expect(logOf(id)).toBe('ping\n');
    });

    describe('volumes', () => {
      const file = (path: string, text: string) => ({ path, data: Buffer.from(text), mode: 0o644 });

      isolated('are shared by the containers of a pod', async () => {
        const pod = await sandbox();
        await runtime.volumes.mount(pod.podUid, 'tmp', { type: 'empty', medium: '' });
        const mounts = [{ volume: 'tmp', path: '/data', subPath: undefined, readOnly: false }];
        const writer = await start(pod, sh('echo shared > /data/x', { name: 'writer', mounts }));
        await ended(writer);
        const reader = await start(pod, sh('cat /data/x', { name: 'reader', mounts }));
        await ended(reader);
        expect(logOf(reader)).toBe('shared\n');
      });

      isolated('of files can be read, not written where read-only, and are replaced all at once', async () => {
        const pod = await sandbox();
        await runtime.volumes.mount(pod.podUid, 'conf', { type: 'files', files: [file('a', 'old'), file('sub/b', 'B')] });
        const id = await start(pod, config({ mounts: [{ volume: 'conf', path: '/conf', subPath: undefined, readOnly: true }] }));
        expect((await exec(id, ['cat', '/conf/a', '/conf/sub/b'])).out).toBe('oldB');
        expect((await exec(id, ['sh', '-c', 'echo x > /conf/a'])).code).not.toBe(0);
        await runtime.volumes.mount(pod.podUid, 'conf', { type: 'files', files: [file('a', 'new')] });
        expect((await exec(id, ['cat', '/conf/a'])).out).toBe('new');
        expect((await exec(id, ['ls', '/conf'])).out).toBe('a\n');
      });

      isolated('of the node are what their type says, folders and files', async () => {
        const pod = await sandbox();
        const node = await mkdtemp(join(tmpdir(), 'kubette-host-path-'));
        const mount = (name: string, path: string, check: string): Promise<void> => runtime.volumes.mount(pod.podUid, name, { type: 'host', path: join(node, path), check });
        try {
          await mount('file', 'made/file', 'FileOrCreate');
          await mount('folder', 'folder', 'DirectoryOrCreate');
          await mount('any', 'any', '');
          const at = (volume: string, path: string, subPath?: string) => ({ volume, path, subPath, readOnly: false });
          const id = await start(pod, sh('echo text > /one; echo more > /two/more; cat /again; cat /three/sub/x', { mounts: [at('file', '/one'), at('folder', '/two'), at('file', '/again'), at('any', '/three/sub/x', 'new')] }));
          await ended(id);
          expect(logOf(id)).toMatch(/^text\ncat: /);
          for (const [path, check, what] of [['made/file', 'Directory', 'a directory'], ['folder', 'FileOrCreate', 'a file'], ['none', 'File', 'a file'], ['none', 'Directory', 'a directory'], ['folder', 'Socket', 'a socket file'], ['made/file', 'CharDevice', 'a character device'], ['none', 'BlockDevice', 'a block device']]) {
            await expect(mount('wrong', path ?? '', check ?? '')).rejects.toThrow(`hostPath type check failed: ${join(node, path ?? '')} is not ${what}`);
          }
        } finally {
          await rm(node, { recursive: true, force: true });
        }
      });

      isolated('may be mounted in part', async () => {
        const pod = await sandbox();
        await runtime.volumes.mount(pod.podUid, 'conf', { type: 'files', files: [file('one', '1'), file('two', '2')] });
        const id = await start(pod, config({ mounts: [{ volume: 'conf', path: '/etc/only', subPath: 'two', readOnly: true }] }));
        expect((await exec(id, ['cat', '/etc/only'])).out).toBe('2');
      });

      isolated('that persist are found again by another pod', async () => {
        const [a, b] = [await sandbox(), await sandbox()];
        for (const pod of [a, b]) await runtime.volumes.mount(pod.podUid, 'disk', { type: 'persistent', id: `disk-${pods}` });
        const mounts = [{ volume: 'disk', path: '/disk', subPath: undefined, readOnly: false }];
        await ended(await start(a, sh('echo kept > /disk/x', { mounts })));
        await runtime.removePodSandbox(a.id);
        await runtime.volumes.unmountAll(a.podUid);
        const reader = await start(b, sh('cat /disk/x', { mounts }));
        await ended(reader);
        expect(logOf(reader)).toBe('kept\n');
      });
    });

    describe('network', () => {
      const get = async (id: string, port: number): Promise<string> => {
        const stream = await runtime.portForward(id, port);
        let text = '';
        stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
        stream.on('error', () => {});
        stream.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
        return until(() => (text.includes('Hello World!') ? text : ''));
      };

      test('two pods listen on the same port; port-forward reaches each', async () => {
        const [a, b] = [await sandbox(), await sandbox()];
        for (const pod of [a, b]) await start(pod, config({ image: harness.webImage, command: undefined }));
        for (const pod of [a, b]) expect(await until(() => get(pod.id, 8080).catch(() => ''))).toContain('200 OK');
        await expect(runtime.portForward(a.id, 9)).rejects.toThrow(/connection refused/);
      });
    });

    test('close ends everything', async () => {
      const pod = await sandbox();
      const id = await start(pod, config());
      await runtime.close();
      expect(runtime.podSandbox(pod.id)).toBeUndefined();
      expect(runtime.containerStatus(id)).toBeUndefined();
    });
  });
}
