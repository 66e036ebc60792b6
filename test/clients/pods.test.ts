import { Server } from '../support/server.js';
import { until } from '../support/until.js';

/** The life of pods as kubectl shows it. */
describe('pods', () => {
  let server: Server;
  const kubectl = (...args: string[]): Promise<string> => server.kubectl.ok(...args);
  const create = (manifest: string): Promise<string> => server.kubectl.create(manifest);
  const jsonpath = (pod: string, path: string): Promise<string> => kubectl('get', 'pod', pod, '-o', `jsonpath=${path}`);
  const status = async (pod: string): Promise<string> => (await kubectl('get', 'pod', pod, '--no-headers')).replace(/ +/g, ' ').trim();
  const wait = (pod: string, condition: string): Promise<string> => kubectl('wait', `--for=${condition}`, `pod/${pod}`, '--timeout=100s');
  const ready = (pod: string): Promise<string> => wait(pod, 'condition=Ready');
  const event = (pod: string, reason: string, message: string): Promise<string> =>
    until(async () => {
      const text = await kubectl('get', 'events', `--field-selector=involvedObject.name=${pod},reason=${reason}`, '-o', 'jsonpath={range .items[*]}{.type} {.message}{"\\n"}{end}');
      return text.split('\n').find((line) => line.includes(message));
    }, `event ${reason} of ${pod}: ${message}`);
  /** A pod with one busybox container that runs a script. */
  const script = (name: string, text: string, spec = ''): Promise<string> =>
    create(`
apiVersion: v1
kind: Pod
metadata: {name: ${name}}
spec:
  ${spec.trim().replaceAll('\n', '\n  ') || 'terminationGracePeriodSeconds: 1'}
  containers:
  - name: main
    image: busybox
    command: [sh, -c, ${JSON.stringify(text)}]
`);

  beforeAll(async () => {
    server = await Server.start();
  });

  afterAll(() => server[Symbol.asyncDispose]());

  describe('init containers', () => {
    test('run one after the other before the others start, and hand files over', async () => {
      await create(`
apiVersion: v1
kind: Pod
metadata: {name: init}
spec:
  volumes: [{name: work, emptyDir: {}}]
  initContainers:
  - {name: first, image: busybox, command: [sh, -c, 'until [ -e /work/go ]; do sleep 0.1; done; echo one >> /work/file'], volumeMounts: [{name: work, mountPath: /work}]}
  - {name: second, image: busybox, command: [sh, -c, 'echo two >> /work/file; echo done'], volumeMounts: [{name: work, mountPath: /work}]}
  containers:
  - {name: main, image: busybox, command: [sh, -c, 'cat /data/file; sleep infinity'], volumeMounts: [{name: work, mountPath: /data}]}
`);
      await until(async () => /^init 0\/1 Init:0\/2 0 /.test(await status('init')), 'the first init container runs');
      expect(await server.kubectl.run(['logs', 'init', '-c', 'main'])).toMatchObject({ code: 1, stderr: expect.stringContaining('container "main" in pod "init" is waiting to start: PodInitializing') as string });
      await kubectl('exec', 'init', '-c', 'first', '--', 'touch', '/work/go');
      await ready('init');
      await until(async () => (await kubectl('logs', 'init')).includes('two'), 'the file has been handed over');
      expect(await kubectl('logs', 'init')).toBe('one\ntwo\n');
      expect(await kubectl('logs', 'init', '-c', 'second')).toBe('done\n');
      expect(await jsonpath('init', '{.status.initContainerStatuses[*].state.terminated.reason}')).toBe('Completed Completed');
    });

    test('that fail keep the pod from starting', async () => {
      await create(`
apiVersion: v1
kind: Pod
metadata: {name: init-fails}
spec:
  restartPolicy: Never
  initContainers: [{name: first, image: busybox, command: [sh, -c, 'echo no >&2; exit 4']}]
  containers: [{name: main, image: busybox, command: [sleep, infinity]}]
---
apiVersion: v1
kind: Pod
metadata: {name: init-loops}
spec:
  initContainers: [{name: first, image: busybox, command: ['false']}]
  containers: [{name: main, image: busybox, command: [sleep, infinity]}]
`);
      await wait('init-fails', 'jsonpath={.status.phase}=Failed');
      expect(await status('init-fails')).toMatch(/^init-fails 0\/1 Init:Error 0 /);
      expect(await jsonpath('init-fails', '{.status.initContainerStatuses[0].state.terminated.exitCode}')).toBe('4');
      await until(async () => /^init-loops 0\/1 Init:CrashLoopBackOff 1 \(\d+s ago\) /.test(await status('init-loops')), 'the init container is restarted, later and later');
    });

    test('with restartPolicy Always are sidecars: started before, stopped after the others', async () => {
      await create(`
apiVersion: v1
kind: Pod
metadata: {name: sidecar}
spec:
  terminationGracePeriodSeconds: 10
  volumes: [{name: work, emptyDir: {}}]
  initContainers:
  - {name: helper, image: busybox, restartPolicy: Always, command: [sh, -c, 'trap "echo helper stops after; cat /work/order; exit 0" TERM; echo helper works; touch /work/helper; while true; do sleep 0.1; done'], startupProbe: {exec: {command: [test, -e, /work/helper]}, periodSeconds: 1}, volumeMounts: [{name: work, mountPath: /work}]}
  containers:
  - {name: main, image: busybox, command: [sh, -c, 'trap "echo main > /work/order; exit 0" TERM; ls /work; while true; do sleep 0.1; done'], volumeMounts: [{name: work, mountPath: /work}]}
`);
      await ready('sidecar');
      expect(await status('sidecar')).toMatch(/^sidecar 2\/2 Running 0 /);
      expect(await kubectl('logs', 'sidecar')).toBe('helper\n');
      using log = server.kubectl.follow('logs', '-f', 'sidecar', '-c', 'helper');
      await log.shows(/helper works\n/);
      await kubectl('delete', 'pod', 'sidecar');
      await log.shows(/helper works\nhelper stops after\nmain\n/);
    });
  });

  describe('restart policies', () => {
    test('Never: the exit code decides between Completed and Error', async () => {
      await script('good', 'echo fine', 'restartPolicy: Never');
      await script('bad', 'echo wrong >&2; echo why > /dev/termination-log; exit 3', 'restartPolicy: Never');
      await wait('good', 'jsonpath={.status.phase}=Succeeded');
      await wait('bad', 'jsonpath={.status.phase}=Failed');
      expect(await status('good')).toMatch(/^good 0\/1 Completed 0 /);
      expect(await status('bad')).toMatch(/^bad 0\/1 Error 0 /);
      expect(await jsonpath('bad', '{.status.containerStatuses[0].state.terminated.exitCode} {.status.containerStatuses[0].state.terminated.reason} {.status.containerStatuses[0].state.terminated.message}')).toBe('3 Error why\n');
      expect(await kubectl('logs', 'bad')).toBe('wrong\n');
      const exec = await server.kubectl.run(['exec', 'bad', '--', 'ls']);
      expect(exec.code).toBe(1);
      expect(exec.stderr).toContain('cannot exec into a container in a completed pod; current phase is Failed');
    });

    test('OnFailure: restarted until it ends well', async () => {
      await create(`
apiVersion: v1
kind: Pod
metadata: {name: retry}
spec:
  restartPolicy: OnFailure
  volumes: [{name: work, emptyDir: {}}]
  containers:
  - {name: main, image: busybox, command: [sh, -c, 'if [ -e /work/seen ]; then echo second; else touch /work/seen; echo first; exit 1; fi'], volumeMounts: [{name: work, mountPath: /work}]}
`);
      await wait('retry', 'jsonpath={.status.phase}=Succeeded');
      expect(await status('retry')).toMatch(/^retry 0\/1 Completed 1 /);
      expect(await kubectl('logs', 'retry')).toBe('second\n');
      expect(await kubectl('logs', 'retry', '--previous')).toBe('first\n');
    });

    test('Always: CrashLoopBackOff, with the log of the run before', async () => {
      await script('crash', 'echo try; exit 2');
      await until(async () => /^crash 0\/1 CrashLoopBackOff 1 \(\d+s ago\) /.test(await status('crash')), 'the pod waits to be restarted');
      expect(await jsonpath('crash', '{.status.phase} {.status.containerStatuses[0].state.waiting.reason} {.status.containerStatuses[0].lastState.terminated.exitCode}')).toBe('Running CrashLoopBackOff 2');
      expect(await kubectl('logs', 'crash')).toBe('try\n');
      expect(await event('crash', 'BackOff', 'main')).toMatch(/^Warning Back-off restarting failed container main in pod crash_default\([0-9a-f-]{36}\)$/);
      await until(async () => /^crash 0\/1 CrashLoopBackOff 2 /.test(await status('crash')), 'the pod has been restarted after ten seconds');
      expect(await kubectl('logs', 'crash', '--previous')).toBe('try\n');
      expect(await jsonpath('crash', '{.status.containerStatuses[0].state.waiting.message}')).toMatch(/^back-off 20s restarting/);
      await kubectl('delete', 'pod', 'crash', '--now');
    });

    test('a command that does not exist cannot be started', async () => {
      await create(`
apiVersion: v1
kind: Pod
metadata: {name: nocmd}
spec: {restartPolicy: Never, containers: [{name: main, image: busybox, command: [no-such-command]}]}
`);
      await wait('nocmd', 'jsonpath={.status.phase}=Failed');
      expect(await jsonpath('nocmd', '{.status.containerStatuses[0].state.terminated.reason} {.status.containerStatuses[0].state.terminated.exitCode}')).toBe('StartError 128');
      expect(await event('nocmd', 'Failed', 'no-such-command')).toContain('executable file not found in $PATH');
    });
  });

  describe('termination', () => {
    test('preStop runs, then SIGTERM can be handled', async () => {
      await create(`
apiVersion: v1
kind: Pod
metadata: {name: graceful}
spec:
  terminationGracePeriodSeconds: 600
  containers:
  - name: main
    image: busybox
    command: [sh, -c, 'trap "echo asked to stop; ls /tmp; exit 0" TERM; echo up; while true; do sleep 0.1; done']
    lifecycle: {preStop: {exec: {command: [touch, /tmp/pre-stop-ran]}}}
`);
      await ready('graceful');
      using log = server.kubectl.follow('logs', '-f', 'graceful');
      await log.shows(/up\n/);
      const started = performance.now();
      expect(await kubectl('delete', 'pod', 'graceful')).toBe('pod "graceful" deleted from default namespace\n');
      // Who does not listen has ten minutes.
      expect(performance.now() - started).toBeLessThan(100_000);
      await log.shows(/up\nasked to stop\npre-stop-ran\n/);
      expect(await log.ended).toBe(0);
      expect(await event('graceful', 'Killing', 'main')).toBe('Normal Stopping container main');
    });

    test('who does not listen is killed after the grace period', async () => {
      await script('stubborn', "trap '' TERM; echo up; while true; do sleep 0.1; done", 'terminationGracePeriodSeconds: 3');
      await ready('stubborn');
      using watch = server.kubectl.follow('get', 'pod', 'stubborn', '--watch', '--no-headers');
      await watch.shows(/Running/);
      const started = performance.now();
      await kubectl('delete', 'pod', 'stubborn');
      expect(performance.now() - started).toBeGreaterThan(2500);
      await watch.shows(/stubborn +1\/1 +Terminating/);
    });

    test('--force --grace-period=0 does not wait', async () => {
      await script('forced', "trap '' TERM; while true; do sleep 0.1; done", 'terminationGracePeriodSeconds: 600');
      await ready('forced');
      const outcome = await server.kubectl.run(['delete', 'pod', 'forced', '--force', '--grace-period=0']);
      expect(outcome.stdout).toBe('pod "forced" force deleted from default namespace\n');
      expect((await server.kubectl.run(['get', 'pod', 'forced'])).stderr).toBe('Error from server (NotFound): pods "forced" not found\n');
    });
  });

  describe('volumes', () => {
    test('configMap, secret, projected and downwardAPI volumes hold what they name, and follow it', async () => {
      await kubectl('create', 'configmap', 'settings', '--from-literal=colour=blue', '--from-literal=size=large');
      await kubectl('create', 'secret', 'generic', 'hidden', '--from-literal=password=s3cr3t');
      await create(`
apiVersion: v1
kind: Pod
metadata: {name: volumes, labels: {app: volumes}, annotations: {note: hello}}
spec:
  volumes:
  - {name: config, configMap: {name: settings}}
  - {name: one, configMap: {name: settings, items: [{key: size, path: sub/how-big}], defaultMode: 0400}}
  - {name: secret, secret: {secretName: hidden}}
  - {name: down, downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}}, {path: cpu, resourceFieldRef: {containerName: main, resource: limits.cpu, divisor: 1m}}]}}
  - name: all
    projected:
      sources:
      - configMap: {name: settings, items: [{key: colour, path: colour}]}
      - secret: {name: hidden}
      - downwardAPI: {items: [{path: name, fieldRef: {fieldPath: metadata.name}}]}
      - serviceAccountToken: {path: token, audience: vault}
  containers:
  - name: main
    image: busybox
    command: [sleep, infinity]
    resources: {limits: {cpu: 250m, memory: 32Mi}}
    volumeMounts:
    - {name: config, mountPath: /config}
    - {name: one, mountPath: /one}
    - {name: secret, mountPath: /secret, readOnly: true}
    - {name: down, mountPath: /down}
    - {name: all, mountPath: /all}
    - {name: config, mountPath: /etc/colour, subPath: colour}
`);
      await ready('volumes');
      const cat = (...paths: string[]): Promise<string> => kubectl('exec', 'volumes', '--', 'cat', ...paths);
      expect(await kubectl('exec', 'volumes', '--', 'ls', '/config')).toBe('colour\nsize\n');
      expect(await cat('/config/colour', '/one/sub/how-big', '/secret/password', '/etc/colour', '/all/colour', '/all/password', '/all/name')).toBe('bluelarges3cr3tblueblues3cr3tvolumes');
      expect(await cat('/down/labels')).toMatch(/^app="volumes"(\n|$)/);
      expect(await cat('/down/cpu')).toBe('250');
      expect(await kubectl('exec', 'volumes', '--', 'ls', '-lL', '/one/sub/how-big')).toMatch(/^-r-------- /);
      const claims = (token: string): unknown => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
      expect(claims(await cat('/all/token'))).toMatchObject({ aud: ['vault'], sub: 'system:serviceaccount:default:default' });
      expect(await cat('/var/run/secrets/kubernetes.io/serviceaccount/namespace')).toBe('default');
      const readOnly = await server.kubectl.run(['exec', 'volumes', '--', 'touch', '/secret/x']);
      expect(readOnly.stderr).toContain('Read-only file system');

      await kubectl('patch', 'configmap', 'settings', '-p', '{"data":{"colour":"red"}}');
      await until(async () => (await cat('/config/colour')) === 'red', 'the volume follows the ConfigMap');
      expect(await cat('/etc/colour')).toBe('blue');
    });

    test('a volume whose ConfigMap does not exist holds the pod up until it does', async () => {
      await create(`
apiVersion: v1
kind: Pod
metadata: {name: late}
spec:
  volumes: [{name: config, configMap: {name: later}}]
  containers: [{name: main, image: busybox, command: [sleep, infinity], volumeMounts: [{name: config, mountPath: /config}]}]
`);
      expect(await event('late', 'FailedMount', 'config')).toBe('Warning MountVolume.SetUp failed for volume "config" : configmap "later" not found');
      expect(await status('late')).toMatch(/^late 0\/1 ContainerCreating 0 /);
      await kubectl('create', 'configmap', 'later', '--from-literal=a=b');
      await ready('late');
    });
  });

  test('environment: values, references and services', async () => {
    await kubectl('create', 'configmap', 'env', '--from-literal=COLOUR=blue', '--from-literal=SIZE=large');
    await kubectl('create', 'secret', 'generic', 'env', '--from-literal=TOKEN=s3cr3t');
    await kubectl('create', 'service', 'clusterip', 'my-db', '--tcp=5432:5432');
    const clusterIp = await kubectl('get', 'service', 'my-db', '-o', 'jsonpath={.spec.clusterIP}');
    await create(`
apiVersion: v1
kind: Pod
metadata: {name: env, labels: {app: env}}
spec:
  containers:
  - name: main
    image: busybox
    command: [sh, -c, "echo '$(GREETING) from command'; sleep infinity"]
    envFrom: [{configMapRef: {name: env}, prefix: CM_}]
    env:
    - {name: WHO, value: world}
    - {name: GREETING, value: 'hello $(WHO) $$(WHO) $(NOBODY)'}
    - {name: COLOUR, valueFrom: {configMapKeyRef: {name: env, key: COLOUR}}}
    - {name: TOKEN, valueFrom: {secretKeyRef: {name: env, key: TOKEN}}}
    - {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
    - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
    - {name: APP, valueFrom: {fieldRef: {fieldPath: "metadata.labels['app']"}}}
    - {name: MEMORY, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Mi}}}
    resources: {limits: {memory: 64Mi}}
`);
    await ready('env');
    const lines = (await kubectl('exec', 'env', '--', 'env')).split('\n');
    const ip = await jsonpath('env', '{.status.podIP}');
    for (const line of ['WHO=world', 'GREETING=hello world $(WHO) $(NOBODY)', 'COLOUR=blue', 'CM_SIZE=large', 'TOKEN=s3cr3t', 'NODE=node-0', `IP=${ip}`, 'APP=env', 'MEMORY=64', 'HOSTNAME=env', `MY_DB_SERVICE_HOST=${clusterIp}`, 'MY_DB_SERVICE_PORT=5432', 'KUBERNETES_SERVICE_PORT=443'])
      expect(lines).toContain(line);
    expect(await kubectl('logs', 'env')).toBe('hello world $(WHO) $(NOBODY) from command\n');

    await create(`
apiVersion: v1
kind: Pod
metadata: {name: env-missing}
spec: {containers: [{name: main, image: busybox, env: [{name: A, valueFrom: {secretKeyRef: {name: nowhere, key: a}}}]}]}
`);
    await until(async () => /^env-missing 0\/1 CreateContainerConfigError 0 /.test(await status('env-missing')), 'the container cannot be configured');
    expect(await jsonpath('env-missing', '{.status.containerStatuses[0].state.waiting.message}')).toBe('secret "nowhere" not found');
    expect(await event('env-missing', 'Failed', 'secret')).toBe('Warning Error: secret "nowhere" not found');
  });

  describe('processes', () => {
    const two = (name: string, share: boolean): Promise<string> =>
      create(`
apiVersion: v1
kind: Pod
metadata: {name: ${name}}
spec:
  shareProcessNamespace: ${share}
  containers:
  - {name: web, image: nginx}
  - {name: shell, image: busybox, command: [sleep, '1000']}
`);

    test('of a pod that shares its process namespace: the pause process is PID 1 and sees to orphans', async () => {
      await two('shared', true);
      await ready('shared');
      for (const container of ['web', 'shell']) {
        const ps = await kubectl('exec', 'shared', '-c', container, '--', 'ps', 'aux');
        expect(ps).toMatch(/^ *(65535 +1|1 +65535) .*\/pause$/m);
        for (const process of [/nginx: master process/, /nginx: worker process/, /sleep 1000$/m, /ps aux$/m]) expect(ps).toMatch(process);
      }
      await kubectl('exec', 'shared', '-c', 'shell', '--', 'sh', '-c', 'sleep 0.2 &');
      await until(async () => !/sleep 0\.2|defunct|\[sleep\]/.test(await kubectl('exec', 'shared', '-c', 'shell', '--', 'ps', '-o', 'pid,stat,args')), 'the orphan has been reaped');
      // Another container's process can be signalled: it is restarted.
      await kubectl('exec', 'shared', '-c', 'shell', '--', 'sh', '-c', 'kill $(pgrep -o nginx)');
      await until(async () => (await jsonpath('shared', '{.status.containerStatuses[?(@.name=="web")].restartCount}')) === '1', 'web has been restarted');
    });

    test('of a pod that does not: each container has its own process as PID 1 and sees nobody else’s', async () => {
      await two('separate', false);
      await ready('separate');
      const web = await kubectl('exec', 'separate', '-c', 'web', '--', 'ps', 'aux');
      expect(web).toMatch(/^root +1 .*nginx: master process/m);
      expect(web).not.toMatch(/pause|sleep/);
      const shell = await kubectl('exec', 'separate', '-c', 'shell', '--', 'ps', 'aux');
      expect(shell).toMatch(/^ +1 root .*sleep 1000$/m);
      expect(shell).not.toMatch(/pause|nginx/);
    });
  });

  describe('logs and sessions', () => {
    test('logs -f streams as the container writes', async () => {
      await script('ticker', 'while true; do date; sleep 1; done');
      await ready('ticker');
      using log = server.kubectl.follow('logs', '-f', 'ticker');
      await log.shows(/(\w{3} \w{3} +\d+ \d\d:\d\d:\d\d UTC \d{4}\n){3}/);
      const lines = log.stdout.trim().split('\n');
      expect(new Set(lines).size).toBe(lines.length);
      expect((await kubectl('logs', 'ticker', '--tail=2')).trim().split('\n')).toHaveLength(2);
      expect((await kubectl('logs', 'ticker', '--since=1s')).trim().split('\n').length).toBeLessThan(3);
      await kubectl('delete', 'pod', 'ticker', '--now');
      expect(await log.ended).toBe(0);
    });

    test('run --rm -i hands over input, output and exit code', async () => {
      const { stdout, code } = await server.kubectl.run(['run', 'once', '--rm', '-i', '--restart=Never', '--image=busybox', '--', 'sh', '-c', 'read line; echo "got $line"; exit 3'], { input: 'something\n' });
      expect(stdout).toContain('got something');
      expect(code).toBe(3);
      expect((await server.kubectl.run(['get', 'pod', 'once'])).code).toBe(1);
    });

    test('cp brings files in and out', async () => {
      await script('copy', 'sleep infinity');
      await ready('copy');
      await server.kubectl.run(['exec', '-i', 'copy', '--', 'sh', '-c', 'cat > /tmp/in'], { input: 'some text\n' });
      await kubectl('cp', 'copy:/tmp/in', 'out');
      await kubectl('cp', 'out', 'copy:/tmp/back');
      expect(await kubectl('exec', 'copy', '--', 'cat', '/tmp/back')).toBe('some text\n');
    });

    test('debug adds an ephemeral container that sees its target', async () => {
      await create(`
apiVersion: v1
kind: Pod
metadata: {name: patient}
spec: {containers: [{name: main, image: nginx}]}
`);
      await ready('patient');
      using session = server.kubectl.follow('debug', '-i', 'patient', '--image=busybox', '--target=main', '-c', 'doctor', '--', 'sh', '-c', 'read go; ps');
      session.write('\n');
      await session.shows(/nginx: master process/);
      expect(await session.ended).toBe(0);
      await until(async () => (await jsonpath('patient', '{.status.ephemeralContainerStatuses[0].state.terminated.exitCode}')) === '0', 'the debugger has ended');
      expect(await kubectl('logs', 'patient', '-c', 'doctor')).toContain('nginx: worker process');
    });
  });

  test('images that cannot be had', async () => {
    await create(`
apiVersion: v1
kind: Pod
metadata: {name: nowhere}
spec: {containers: [{name: main, image: registry.invalid/app:v1}]}
---
apiVersion: v1
kind: Pod
metadata: {name: absent}
spec: {containers: [{name: main, image: never/pulled, imagePullPolicy: Never}]}
---
apiVersion: v1
kind: Pod
metadata: {name: misspelt}
spec: {containers: [{name: main, image: 'Not An Image'}]}
`);
    await until(async () => /^nowhere 0\/1 ImagePullBackOff 0 /.test(await status('nowhere')), 'the image cannot be pulled');
    expect(await event('nowhere', 'Failed', 'Failed to pull')).toMatch(/^Warning Failed to pull image "registry\.invalid\/app:v1": failed to pull and unpack image/);
    await event('nowhere', 'Failed', 'Error: ErrImagePull');
    await event('nowhere', 'Failed', 'Error: ImagePullBackOff');
    expect(await event('nowhere', 'BackOff', 'pulling')).toBe('Normal Back-off pulling image "registry.invalid/app:v1"');
    await until(async () => /^absent 0\/1 ErrImageNeverPull 0 /.test(await status('absent')), 'the image may not be pulled');
    await until(async () => /^misspelt 0\/1 InvalidImageName 0 /.test(await status('misspelt')), 'the image has no valid name');
  });
});
