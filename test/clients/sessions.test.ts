import { Server } from '../support/server.js';
import { hasTerminals, inTerminal } from '../support/terminal.js';
import { until } from '../support/until.js';

const atTerminal = hasTerminals ? test : test.skip;

/** Terminal sessions, debuggers and logs of several containers, as people use them with kubectl. */
describe('sessions', () => {
  let server: Server;
  const kubectl = (...args: string[]): Promise<string> => server.kubectl.ok(...args);
  const jsonpath = (pod: string, path: string): Promise<string> => kubectl('get', 'pod', pod, '-o', `jsonpath=${path}`);

  beforeAll(async () => {
    server = await Server.start({ inMemory: true, flags: ['--addons', 'none'] });
    await server.kubectl.create(`
apiVersion: v1
kind: Pod
metadata: {name: shell}
spec: {containers: [{name: main, image: debian, command: [sleep, infinity]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: pair, labels: {app: pair}}
spec:
  initContainers: [{name: first, image: busybox, command: [echo, prepared]}]
  containers:
  - {name: left, image: busybox, command: [sh, -c, 'echo left; sleep infinity']}
  - {name: right, image: busybox, command: [sh, -c, 'echo right; sleep infinity']}
---
apiVersion: v1
kind: Pod
metadata: {name: once}
spec: {containers: [{name: main, image: busybox, stdin: true, stdinOnce: true, command: [sh, -c, 'cat; echo end of input; sleep infinity']}]}
`);
    await kubectl('wait', '--for=condition=Ready', 'pod', '--all', '--timeout=60s');
  }, 90_000);
  afterAll(() => server[Symbol.asyncDispose]());

  atTerminal('run -it: the shell knows the terminal from the start; who leaves is told how to come back, even after a failure', async () => {
    using session = inTerminal(server.kubectl, ['run', '-it', 'visitor', '--image=busybox', '--', 'sh']);
    await session.shows(/If you don't see a command prompt, try pressing enter\./);
    // Its size may come just after its first keys.
    session.write('until stty size | grep "30 100"; do sleep 0.1; done; echo from $HOSTNAME\n');
    await session.shows(/\n30 100\r?\n[^]*from visitor/);
    session.write('exit 3\n');
    expect(await session.ended).toBe(0);
    expect(session.stdout).toContain("Session ended, resume using 'kubectl attach visitor -c visitor -n default -i -t' command");
    expect(session.stdout).not.toContain("couldn't attach");
    await until(async () => (await jsonpath('visitor', '{.status.containerStatuses[0].lastState.terminated.exitCode}')) === '3', 'its end is in the status');
    await kubectl('wait', '--for=condition=Ready', 'pod/visitor', '--timeout=60s');
    using back = inTerminal(server.kubectl, ['attach', '-it', 'visitor']);
    await back.shows(/try pressing enter\./);
    back.write('echo I am $HOSTNAME\n');
    await back.shows(/\nI am visitor/);
    back.write('exit\n');
    expect(await back.ended).toBe(0);
  }, 90_000);

  atTerminal('run -it --rm --restart=Never: the exit code is the command\'s', async () => {
    using session = inTerminal(server.kubectl, ['run', '-it', 'brief', '--rm', '--restart=Never', '--image=busybox', '--', 'sh']);
    await session.shows(/try pressing enter\./);
    session.write('exit 7\n');
    expect(await session.ended).toBe(7);
    expect(session.stdout).toContain('pod "brief" deleted');
    expect(session.stdout).not.toContain("couldn't attach");
  }, 60_000);

  atTerminal('exec -it bash: Ctrl-Z stops what runs, fg brings it back, Ctrl-C ends it', async () => {
    using shell = inTerminal(server.kubectl, ['exec', '-it', 'shell', '--', 'bash']);
    await shell.shows(/root@shell:\/# /);
    shell.write('sleep 1234\n');
    await until(async () => (await kubectl('exec', 'shell', '--', 'ps', 'ax')).includes('sleep 1234'), 'it runs');
    shell.write('\x1a');
    await shell.shows(/\[1\]\+ {2}Stopped {17}sleep 1234/);
    expect(await kubectl('exec', 'shell', '--', 'ps', '-o', 'stat,args')).toMatch(/^T +sleep 1234$/m);
    shell.write('fg\n');
    await shell.shows(/fg\r?\nsleep 1234/);
    shell.write('\x03');
    shell.write('echo code $?\n');
    await shell.shows(/code 130/);
    shell.write('exit\n');
    expect(await shell.ended).toBe(0);
  }, 60_000);

  test('attach -i to a container with stdinOnce: its input ends with the first client', async () => {
    using session = server.kubectl.follow('attach', '-i', 'once');
    await until(async () => (await kubectl('get', 'pod', 'once', '-o', 'jsonpath={.status.phase}')) === 'Running', 'it runs');
    session.write('some text\n');
    await session.shows(/some text/);
    session.child.kill('SIGKILL');
    await until(async () => (await kubectl('logs', 'once')) === 'some text\nend of input\n', 'its input has ended');
  }, 60_000);

  test('logs of several containers: by pod, by label, followed at once up to a limit', async () => {
    // kubectl asks for one container after the other, in the order of a Go map.
    const sorted = async (...args: string[]): Promise<string[]> => (await kubectl('logs', ...args)).trim().split('\n').sort();
    expect(await sorted('pair', '--all-containers')).toEqual(['left', 'prepared', 'right']);
    expect(await sorted('-l', 'app=pair', '--all-containers', '--prefix')).toEqual(['[pod/pair/first] prepared', '[pod/pair/left] left', '[pod/pair/right] right']);
    expect(await kubectl('logs', 'pair', '-c', 'first')).toBe('prepared\n');
    const { stderr, code } = await server.kubectl.run(['logs', '-f', '-l', 'app=pair', '--all-containers', '--max-log-requests=2']);
    expect({ stderr, code }).toEqual({ stderr: 'error: you are attempting to follow 3 log streams, but maximum allowed concurrency is 2, use --max-log-requests to increase the limit\n', code: 1 });
    using both = server.kubectl.follow('logs', '-f', '-l', 'app=pair', '--all-containers', '--prefix');
    await both.shows(/\[pod\/pair\/left\] left/);
    await both.shows(/\[pod\/pair\/right\] right/);
    expect((await server.kubectl.run(['logs', 'pair', '-c', 'left', '--previous'])).stderr).toBe('Error from server (BadRequest): previous terminated container "left" in pod "pair" not found\n');
  }, 60_000);

  test('debug: every profile gives its container what it says', async () => {
    const expected: Record<string, unknown> = {
      general: { capabilities: { add: ['SYS_PTRACE'] } },
      baseline: undefined,
      netadmin: { capabilities: { add: ['NET_ADMIN', 'NET_RAW'] } },
      sysadmin: { privileged: true },
    };
    for (const profile of Object.keys(expected)) await kubectl('debug', 'pair', '--image=busybox', '--target=left', `--profile=${profile}`, '-c', profile, '--', 'sh', '-c', 'ps; echo seen');
    await kubectl('debug', 'pair', '--image=busybox', '--profile=restricted', '-c', 'restricted', '--', 'true');
    type Container = { name: string; securityContext?: unknown; targetContainerName?: string };
    const { ephemeralContainers } = JSON.parse(await jsonpath('pair', '{.spec}')) as { ephemeralContainers: Container[] };
    for (const [profile, context] of Object.entries(expected)) {
      expect(ephemeralContainers.find(({ name }) => name === profile)).toMatchObject({ targetContainerName: 'left', ...(context ? { securityContext: context } : {}) });
      await until(async () => (await kubectl('logs', 'pair', '-c', profile)).includes('seen'), `${profile} has run`);
      expect(await kubectl('logs', 'pair', '-c', profile)).toMatch(/sleep infinity/);
    }
    // A restricted debugger must not be root, and busybox is.
    await until(async () => (await jsonpath('pair', '{.status.ephemeralContainerStatuses[?(@.name=="restricted")].state.waiting.message}')).startsWith('container has runAsNonRoot and image will run as root'), 'it is refused');
  }, 90_000);

  test('debug: a copy of a pod with other images and one process namespace, and a node', async () => {
    await kubectl('debug', 'pair', '--copy-to=copied', '--set-image=*=nginx', '--share-processes');
    expect(await jsonpath('copied', '{.spec.shareProcessNamespace} {.spec.containers[*].image}')).toBe('true nginx nginx');
    await kubectl('debug', 'pair', '-i', '--quiet', '--copy-to=helped', '--image=busybox', '--share-processes', '-c', 'helper', '--', 'sh', '-c', 'until ps | grep -q [i]nfinity; do sleep 0.1; done; ps');
    expect(await kubectl('logs', 'helped', '-c', 'helper')).toMatch(/pause[^]*sleep infinity/);
    const text = await kubectl('debug', 'node/node-0', '--profile=sysadmin', '--image=busybox', '--', 'chroot', '/host', 'cat', '/etc/hostname');
    const [pod = ''] = /node-debugger-node-0-\w+/.exec(text) ?? [];
    await until(async () => (await jsonpath(pod, '{.status.phase}')) === 'Succeeded', 'the debugger has ended');
    expect(await kubectl('logs', pod)).toBe('node-0\n');
    expect(await jsonpath(pod, '{.spec.hostNetwork} {.spec.hostPID} {.spec.containers[0].securityContext.privileged}')).toBe('true true true');
  }, 90_000);
});
