import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { freePort } from '../support/free-port.js';
import { httpBody } from '../support/http-body.js';
import { oldKubectlPath } from '../support/old-kubectl.mjs';
import { Server } from '../support/server.js';
import { hasTerminals, inTerminal } from '../support/terminal.js';
import { until } from '../support/until.js';

const old = oldKubectlPath();
const MB = 2 ** 20;

/** Sessions, copies and logs of pods as people use them, with today's kubectl and with the last that speaks SPDY. */
describe('streams', () => {
  let server: Server;
  const kubectl = (...args: string[]): Promise<string> => server.kubectl.ok(...args);

  beforeAll(async () => {
    server = await Server.start({ inMemory: true, flags: ['--addons', 'none'] });
    await server.kubectl.create(`
apiVersion: v1
kind: Pod
metadata: {name: shell}
spec: {containers: [{name: main, image: busybox, command: [sleep, infinity]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: [{name: main, image: nginx}]}
---
apiVersion: v1
kind: Pod
metadata: {name: talker}
spec: {containers: [{name: main, image: busybox, command: [sh, -c, 'echo one; echo two; echo bad >&2; echo three; sleep infinity']}]}
`);
    await kubectl('wait', '--for=condition=Ready', 'pod', '--all', '--timeout=100s');
  });
  afterAll(() => server[Symbol.asyncDispose]());

  /** kubectl v1.30 with the server's kubeconfig. */
  const oldKubectl = (args: readonly string[], input: string | Buffer = ''): Promise<{ code: number | null; stdout: Buffer; stderr: string }> => {
    const { env } = server.kubectl.commandLine([]);
    const child = spawn(old ?? '', ['--cache-dir', join(server.kubectl.folder, 'cache-30'), ...args], { cwd: server.kubectl.folder, env });
    const out: Buffer[] = [];
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    return new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout: Buffer.concat(out), stderr })));
  };

  (old ? test : test.skip)('an older kubectl: exec with input, output, errors and exit code; attach and cp over SPDY', async () => {
    expect(await oldKubectl(['exec', '-i', 'shell', '--', 'sh', '-c', 'cat; echo bad >&2; exit 7'], 'in')).toMatchObject({ code: 7, stdout: Buffer.from('in'), stderr: 'bad\ncommand terminated with exit code 7\n' });
    const data = randomBytes(5 * MB);
    expect((await oldKubectl(['exec', '-i', 'shell', '--', 'cat'], data)).stdout.equals(data)).toBe(true);
    writeFileSync(join(server.kubectl.folder, 'five'), data);
    expect(await oldKubectl(['cp', 'five', 'shell:/tmp/five'])).toMatchObject({ code: 0 });
    expect(await oldKubectl(['cp', 'shell:/tmp/five', 'back'])).toMatchObject({ code: 0 });
    expect(readFileSync(join(server.kubectl.folder, 'back')).equals(data)).toBe(true);
    const { stdout } = await oldKubectl(['run', 'once', '--rm', '-i', '--quiet', '--restart=Never', '--image=busybox', '--', 'sh', '-c', 'read line; echo "got $line"'], 'something\n');
    expect(stdout.toString()).toContain('got something');
  });

  (old ? test : test.skip)('an older kubectl: port-forward over SPDY', async () => {
    const port = await freePort();
    const { env } = server.kubectl.commandLine([]);
    const child = spawn(old ?? '', ['--cache-dir', join(server.kubectl.folder, 'cache-30'), 'port-forward', 'web', `${port}:80`], { cwd: server.kubectl.folder, env });
    try {
      await until(async () => (await httpBody(`http://localhost:${port}/`))?.includes('Welcome to nginx!'), 'nginx answers through the port');
    } finally {
      child.kill('SIGKILL');
    }
  });

  test('cp of 100 MB both ways: equal checksums, bounded memory', async () => {
    const file = join(server.kubectl.folder, 'large');
    writeFileSync(file, Buffer.concat(Array.from({ length: 10 }, () => randomBytes(10 * MB))));
    const before = residentMb(server.process.pid);
    let peak = before;
    const watch = setInterval(() => (peak = Math.max(peak, residentMb(server.process.pid))), 50);
    try {
      await kubectl('cp', 'large', 'shell:/tmp/large');
      expect((await kubectl('exec', 'shell', '--', 'sha256sum', '/tmp/large')).split(' ')[0]).toBe(await sha256(file));
      await kubectl('cp', 'shell:/tmp/large', 'large-back');
      expect(await sha256(join(server.kubectl.folder, 'large-back'))).toBe(await sha256(file));
    } finally {
      clearInterval(watch);
    }
    // The file itself is kept in memory; what streams needs a few buffers more.
    expect(peak - before).toBeLessThan(600);
    await kubectl('exec', 'shell', '--', 'rm', '/tmp/large');
  });

  test('a client that vanishes takes its process along', async () => {
    const session = server.kubectl.follow('exec', '-i', 'shell', '--', 'sh', '-c', 'echo here; sleep 4242');
    await session.shows(/here/);
    expect(await kubectl('exec', 'shell', '--', 'ps')).toContain('sleep 4242');
    session.child.kill('SIGKILL');
    await until(async () => !(await kubectl('exec', 'shell', '--', 'ps')).includes('sleep 4242'), 'the process has gone');
  });

  test('logs: parts by lines, bytes and time', async () => {
    expect(await kubectl('logs', 'talker')).toBe('one\ntwo\nbad\nthree\n');
    expect(await kubectl('logs', 'talker', '--tail=1')).toBe('three\n');
    expect(await kubectl('logs', 'talker', '--limit-bytes=5')).toBe('one\nt');
    expect(await kubectl('logs', 'talker', '--since-time=2100-01-01T00:00:00Z')).toBe('');
    expect(await kubectl('logs', 'talker', '--since=1h', '--timestamps')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z one\n/);
    expect(await kubectl('logs', 'talker', '--all-containers', '--prefix', '--tail=1')).toBe('[pod/talker/main] three\n');
  });

  test('logs that grow too long lose their oldest lines, and go on', async () => {
    await kubectl('run', 'chatty', '--image=busybox', '--restart=Never', '--', 'sh', '-c', 'seq 1 200000; echo done');
    await until(async () => (await kubectl('get', 'pod', 'chatty', '-o', 'jsonpath={.status.phase}')) === 'Succeeded', 'it has said all');
    const lines = (await kubectl('logs', 'chatty')).trim().split('\n');
    expect(lines.at(-1)).toBe('done');
    expect(lines.at(-2)).toBe('200000');
    expect(Number(lines[0])).toBeGreaterThan(1);
    expect(lines.length).toBeLessThan(200_000);
  });

  test('debug: a copy of a pod with another command, and a node', async () => {
    await kubectl('debug', 'web', '--copy-to=web-debug', '--container=main', '--', 'sleep', '1d');
    await kubectl('wait', '--for=condition=Ready', 'pod/web-debug', '--timeout=100s');
    expect(await kubectl('exec', 'web-debug', '--', 'ps', 'aux')).toContain('sleep 1d');
    const text = await kubectl('debug', 'node/node-0', '--image=busybox', '--', 'sh', '-c', 'hostname; cat /host/etc/os-release; chroot /host sh -c "cat /etc/hostname"');
    const [pod = ''] = /node-debugger-node-0-\w+/.exec(text) ?? [];
    await until(async () => (await kubectl('get', 'pod', pod, '-o', 'jsonpath={.status.phase}')) === 'Succeeded', 'the debugger has ended');
    expect(await kubectl('logs', pod)).toMatch(/^node-0\nPRETTY_NAME="Debian GNU\/Linux[^]*\nnode-0\n$/);
  });

  (hasTerminals ? test : test.skip)('exec -it sh: Ctrl-C ends what runs, Ctrl-D leaves; pasted lines run in turn', async () => {
    using shell = inTerminal(server.kubectl, ['exec', '-it', 'shell', '--', 'sh']);
    await shell.shows(/\/ # /);
    shell.write('sleep 1000\n');
    shell.write('\x03');
    shell.write('echo after $?\n');
    await shell.shows(/after 130/);
    shell.write('echo first\necho second\necho third\n');
    await shell.shows(/\nfirst\r?\n[^]*\nsecond\r?\n[^]*\nthird\r?\n/);
    shell.write('\x04');
    expect(await shell.ended).toBe(0);
  });
});

function residentMb(pid: number | undefined): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
