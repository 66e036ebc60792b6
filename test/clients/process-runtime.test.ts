import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyPrograms, writeOciLayout } from '../support/oci-layout.js';
import { Server } from '../support/server.js';
import { hasTerminals, inTerminal } from '../support/terminal.js';
import { until } from '../support/until.js';

/** What the kernel of this machine, or its tools, lack for namespaces; '' when nothing. */
function obstacle(): string {
  try {
    execFileSync('unshare', ['--user', '--map-root-user', '--net', '--pid', '--fork', '--mount', '--ipc', '--uts', '--mount-proc', 'sh', '-c', 'ip link add name pods type bridge'], { stdio: 'pipe' });
    return '';
  } catch (error) {
    return String(error);
  }
}

const problem = obstacle();
const SERVER = (text: string): string => JSON.stringify(`require('node:http').createServer((q, s) => s.end(${JSON.stringify(text)})).listen(8080)`);

/** A program that prints what a URL answers. */
const fetching = (url: string): string => `require('node:http').get('${url}', { agent: false }, (answer) => answer.on('data', (data) => console.log(String(data))))`;

/** Pods whose containers are processes of this machine (docs/runtimes.md), as kubectl shows them. */
(problem === '' ? describe : describe.skip)(`--runtime=process${problem && ` (skipped: ${problem})`}`, () => {
  let server: Server;
  let folder: string;
  const kubectl = (...args: string[]): Promise<string> => server.kubectl.ok(...args);
  const create = (manifest: string): Promise<string> => server.kubectl.create(manifest);
  const wait = (pod: string, condition = 'condition=Ready'): Promise<string> => kubectl('wait', `--for=${condition}`, `pod/${pod}`, '--timeout=100s');

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kubette-process-'));
    const [base, upper] = [join(folder, 'base'), join(folder, 'upper')];
    copyPrograms(base, ['/bin/sh', '/bin/cat', '/bin/ls']);
    for (const [path, text] of [['base/etc/greeting', 'from the image'], ['base/etc/gone', ''], ['upper/etc/.wh.gone', ''], ['upper/app/data', 'upper']] as const) {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    writeOciLayout(join(folder, 'layout'), { name: 'registry.example/tiny:v1', layers: [base, upper], config: { Entrypoint: ['/bin/sh', '-c'], Cmd: ['cat /etc/greeting; ls /etc /app; while :; do read line; done'], Env: ['COLOUR=blue'], WorkingDir: '/app' } });
    server = await Server.start({ flags: ['--runtime=process', `--image-layouts=${join(folder, 'layout')}`] });
    await create(`
apiVersion: v1
kind: ConfigMap
metadata: {name: conf}
data: {greeting: hello}
---
apiVersion: v1
kind: Pod
metadata: {name: a, labels: {app: a}}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - {name: web, image: node, command: [${process.execPath}, -e, ${SERVER('I am a')}], readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1}}
  - name: side
    image: busybox
    command: [sh, -c, 'echo "$COLOUR on $NODE"; while :; do sleep 1; done']
    env: [{name: COLOUR, value: it's "red"}, {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]
    volumeMounts: [{name: conf, mountPath: /conf}, {name: work, mountPath: /work}]
  volumes: [{name: conf, configMap: {name: conf}}, {name: work, emptyDir: {}}]
---
apiVersion: v1
kind: Pod
metadata: {name: b, labels: {app: b}}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - {name: web, image: node, command: [${process.execPath}, -e, ${SERVER('I am b')}], readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1}}
---
apiVersion: v1
kind: Service
metadata: {name: front}
spec: {selector: {app: b}, ports: [{port: 80, targetPort: 8080}]}
`);
    await Promise.all([wait('a'), wait('b')]);
  });

  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const exec = (pod: string, container: string, script: string): Promise<string> => kubectl('exec', pod, '-c', container, '--', 'sh', '-c', script);
  /** A GET request from inside a container, by the program that all of this test's containers have. */
  const get = (pod: string, url: string): Promise<string> =>
    kubectl('exec', pod, '-c', 'web', '--', process.execPath, '-e', fetching(url));

  test('containers of a pod share localhost; two pods listen on one port; Services and the API answer by name', async () => {
    expect(await kubectl('exec', 'a', '-c', 'side', '--', process.execPath, '-e', fetching('http://localhost:8080'))).toBe('I am a\n');
    expect(await get('a', 'http://front')).toBe('I am b\n');
    expect(await get('b', 'http://front.default.svc.cluster.local')).toBe('I am b\n');
    const ip = await kubectl('get', 'pod', 'a', '-o', 'jsonpath={.status.podIP}');
    expect(await get('b', `http://${ip}:8080`)).toBe('I am a\n');
    expect(await kubectl('get', '--raw', '/api/v1/namespaces/default/services/front:80/proxy/')).toBe('I am b');
    const version = await kubectl('exec', 'a', '-c', 'web', '--', process.execPath, '-e', `
      const fs = require('node:fs'), home = '/var/run/secrets/kubernetes.io/serviceaccount/';
      require('node:https').get('https://kubernetes.default/api', { ca: fs.readFileSync(home + 'ca.crt'), headers: { authorization: 'Bearer ' + fs.readFileSync(home + 'token') } }, (r) => { console.log(r.statusCode); process.exit(); })`);
    expect(version).toBe('200\n');
  });

  test('variables, logs and processes are the container\'s own', async () => {
    const node = await kubectl('get', 'pod', 'a', '-o', 'jsonpath={.spec.nodeName}');
    expect(await kubectl('logs', 'a', '-c', 'side')).toBe(`it's "red" on ${node}\n`);
    const processes = await exec('a', 'side', 'ps -e -o pid,args');
    expect(processes).toMatch(/^ +1 sh -c echo/m);
    expect(processes).not.toContain('8080');
    expect(await exec('a', 'side', 'hostname; cat /etc/hostname')).toBe('a\na\n');
  });

  test('files of a ConfigMap follow it, and cannot be written', async () => {
    expect(await exec('a', 'side', 'cat /conf/greeting')).toBe('hello');
    await kubectl('patch', 'configmap', 'conf', '-p', '{"data":{"greeting":"good evening"}}');
    await until(async () => (await exec('a', 'side', 'cat /conf/greeting')) === 'good evening', 'the file follows the ConfigMap');
    expect((await server.kubectl.run(['exec', 'a', '-c', 'side', '--', 'sh', '-c', 'echo x > /conf/greeting'])).stderr).toContain('Read-only file system');
  });

  test('kubectl cp and port-forward', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, Buffer.alloc(3 << 20, 'kubette'));
    await kubectl('cp', file, 'a:/work/file', '-c', 'side');
    expect(await exec('a', 'side', 'wc -c < /work/file')).toMatch(`${3 << 20}`);
    using forward = server.kubectl.follow('port-forward', 'pod/a', ':8080');
    const [, port] = await forward.shows(/127\.0\.0\.1:(\d+)/);
    expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('I am a');
  });

  test('a debugger sees its target, and a hostPath is what its type says', async () => {
    await create(`
apiVersion: v1
kind: Pod
metadata: {name: patient}
spec:
  containers:
  - {name: main, image: busybox, command: [sh, -c, 'cat /name; while :; do sleep 4321; done'], env: [{name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}], volumeMounts: [{name: file, mountPath: /name}, {name: work, mountPath: /work, subPathExpr: of-$(POD)}, {name: work, mountPath: /all}]}
  volumes: [{name: file, hostPath: {path: /etc/hostname, type: File}}, {name: work, emptyDir: {}}]
---
apiVersion: v1
kind: Pod
metadata: {name: mistaken}
spec:
  containers: [{name: main, image: busybox, command: [sleep, 1d]}]
  volumes: [{name: file, hostPath: {path: /etc/hostname, type: Socket}}]
`);
    await wait('patient');
    expect(await kubectl('logs', 'patient')).toBe(readFileSync('/etc/hostname', 'utf8'));
    expect(await exec('patient', 'main', 'echo x > /work/x; cat /all/of-patient/x')).toBe('x\n');
    await kubectl('debug', 'patient', '--image=busybox', '--target=main', '-c', 'doctor', '--', 'sh', '-c', 'ps ax; cat /proc/1/root/work/x');
    await until(async () => (await kubectl('logs', 'patient', '-c', 'doctor')).endsWith('x\n'), 'the debugger has looked');
    expect(await kubectl('logs', 'patient', '-c', 'doctor')).toMatch(/^ +1 .*while :; do sleep 4321[^]*sleep 4321/m);
    await until(async () => (await kubectl('events', '--for=pod/mistaken')).includes('MountVolume.SetUp failed for volume "file" : hostPath type check failed: /etc/hostname is not a socket file'), 'the volume is refused');
  }, 60_000);

  test('an OCI image layout is the root file system: its layers, whiteouts, command, variables and folder', async () => {
    await create('{"apiVersion":"v1","kind":"Pod","metadata":{"name":"tiny"},"spec":{"containers":[{"name":"main","image":"registry.example/tiny:v1","stdin":true}]}}');
    await wait('tiny');
    expect((await kubectl('logs', 'tiny')).split('\n').filter(Boolean)).toEqual(expect.arrayContaining(['from the image/app:', 'data', 'greeting', 'hosts']));
    expect(await kubectl('logs', 'tiny')).not.toContain('gone');
    expect(await kubectl('exec', 'tiny', '--', '/bin/sh', '-c', 'echo $COLOUR $PWD; cat data; echo mine > /etc/greeting; cat /etc/greeting')).toBe('blue /app\nuppermine\n');
    expect((await server.kubectl.run(['exec', 'tiny', '--', '/usr/bin/env'])).code).toBe(127);
  });

  test('users, limits, exit codes, restarts and termination messages', async () => {
    await create(`
apiVersion: v1
kind: Pod
metadata: {name: user}
spec:
  restartPolicy: Never
  securityContext: {runAsUser: 1234, runAsGroup: 99}
  containers: [{name: main, image: busybox, command: [sh, -c, 'id -u; id -g; echo because > /dev/termination-log; exit 7']}]
---
apiVersion: v1
kind: Pod
metadata: {name: hungry}
spec:
  restartPolicy: Never
  containers:
  - {name: main, image: node, command: [${process.execPath}, -e, 'globalThis.kept = Buffer.alloc(100 << 20, 1); setInterval(() => {}, 1000)'], resources: {limits: {memory: 64Mi}}}
---
apiVersion: v1
kind: Pod
metadata: {name: crash}
spec:
  containers: [{name: main, image: busybox, command: [sh, -c, 'exit 3']}]
---
apiVersion: v1
kind: Pod
metadata: {name: nothing}
spec:
  containers: [{name: main, image: busybox, command: [no-such-program]}]
`);
    await wait('user', 'jsonpath={.status.phase}=Failed');
    expect(await kubectl('logs', 'user')).toBe('1234\n99\n');
    expect(await kubectl('get', 'pod', 'user', '-o', 'jsonpath={.status.containerStatuses[0].state.terminated.exitCode} {.status.containerStatuses[0].state.terminated.message}')).toBe('7 because\n');
    await wait('hungry', 'jsonpath={.status.containerStatuses[0].state.terminated.reason}=OOMKilled');
    await until(async () => /crash +0\/1 +CrashLoopBackOff/.test(await kubectl('get', 'pods')), 'the crashing pod waits for its next start');
    await until(async () => (await kubectl('describe', 'pod', 'nothing')).includes('exec: "no-such-program": executable file not found in $PATH'), 'why the command cannot be started');
  });

  (hasTerminals ? test : test.skip)('exec -it has a terminal, whose size follows the client\'s', async () => {
    using session = inTerminal(server.kubectl, ['exec', '-it', 'a', '-c', 'side', '--', 'sh']);
    await session.shows(/[#$] $/);
    session.write('stty size; [ -t 0 ] && echo "a terminal"\n');
    await session.shows(/30 100[^]*\na terminal/);
    session.write('exit 5\n');
    expect(await session.ended).toBe(5);
    using started = inTerminal(server.kubectl, ['run', 'shell', '-it', '--rm', '--image=busybox', '--restart=Never', '--', 'sh', '-c', 'stty size; read line; echo "got $line"; exit 4']);
    await started.shows(/\d+ \d+\r/);
    started.write('this\n');
    await started.shows(/got this\r/);
    await started.shows(/pod "shell" deleted/);
  });

  test('a server that is killed leaves no process behind', async () => {
    const other = await Server.start({ flags: ['--runtime=process'], inMemory: true });
    const mark = `sleep-${process.pid}`;
    await other.kubectl.ok('run', 'left', '--image=busybox', '--command', '--', 'sh', '-c', `while :; do sleep 1; done; echo ${mark}`);
    await other.kubectl.ok('wait', '--for=condition=Ready', 'pod/left', '--timeout=100s');
    const running = (): boolean => execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).split('\n').some((line) => line.startsWith('sh -c while') && line.includes(mark));
    expect(running()).toBe(true);
    other.process.kill('SIGKILL');
    await other.ended;
    await until(() => !running(), 'the container has ended with the server');
    await other[Symbol.asyncDispose]();
  });
});
