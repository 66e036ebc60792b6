import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Rest } from '../support/rest.js';
import { Scratch } from '../support/scratch.js';
import { runCli, Server } from '../support/server.js';
import { until } from '../support/until.js';

interface Stored {
  readonly metadata: { readonly name: string; readonly uid: string; readonly resourceVersion: string };
  readonly data?: Readonly<Record<string, string>>;
}

const isRoot = process.getuid?.() === 0;
const isLinux = process.platform === 'linux';
const NOBODY = 65534;

let scratch: Scratch;

beforeEach(() => {
  scratch = new Scratch();
});

afterEach(() => scratch[Symbol.dispose]());

/** Resolves with whether something listens on a port of localhost. */
function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

describe('the command line', () => {
  test.each([
    ['an unknown command', ['frobnicate'], 2, 'kubette: unknown command "frobnicate": \'kubette help\' lists the commands\n'],
    ['a command that is a name of Object.prototype', ['constructor'], 2, 'kubette: unknown command "constructor": \'kubette help\' lists the commands\n'],
    ['an unknown flag', ['serve', '--frob'], 2, "kubette: unknown flag --frob: 'kubette serve --help' lists the flags\n"],
    ['an unknown flag with a value', ['serve', '--frob=1'], 2, "kubette: unknown flag --frob: 'kubette serve --help' lists the flags\n"],
    ['an argument too many', ['serve', 'now'], 2, 'kubette: serve takes no arguments, only flags: "now" is one too many\n'],
    ['a port that is no number', ['serve', '--port', 'http'], 2, 'kubette: --port must be a whole number from 0 to 65535, not "http"\n'],
    ['a port that there is not', ['serve', '--port', '65536'], 2, 'kubette: --port must be a whole number from 0 to 65535, not "65536"\n'],
    ['fewer than no nodes', ['serve', '--nodes=-1'], 2, 'kubette: --nodes must be a whole number from 0 to 10000, not "-1"\n'],
    ['an unknown addon', ['serve', '--in-memory', '--addons', 'espresso'], 2, /^kubette: --addons knows no "espresso": there are /],
    ['an unknown controller', ['serve', '--in-memory', '--port=0', '--controllers', 'espresso'], 2, /^kubette: --controllers: "espresso" is not in the list of known controllers/],
    ['no time at all', ['serve', '--request-timeout', '0'], 2, 'kubette: --request-timeout must be longer than 0s\n'],
    ['no duration', ['serve', '--node-monitor-grace-period', 'soon'], 2, 'kubette: --node-monitor-grace-period must be a duration such as 10s or 1m30s, not "soon"\n'],
    ['images that are not there', ['serve', '--in-memory', '--images', '/nowhere/images.mjs'], 1, /^kubette: cannot load the images of \/nowhere\/images\.mjs: /],
    ['an address that is not ours', ['serve', '--in-memory', '--port=0', '--bind-address', '192.0.2.1'], 1, 'kubette: cannot listen on 192.0.2.1: this machine has no such address\n'],
  ])('refuses %s', async (_name, args, code, stderr) => {
    const outcome = await runCli(args, { cwd: scratch.path });
    expect(outcome.stderr).toEqual(typeof stderr === 'string' ? stderr : expect.stringMatching(stderr));
    expect(outcome).toMatchObject({ code, stdout: '' });
    expect(readdirSync(scratch.path)).toEqual([]);
  });

  test.each([
    ['images.yaml', 'shop: { htpp: {} }\n', /^kubette: images\.yaml: images\["shop"\] has no field "htpp": there are startDelay, .*\n$/],
    ['images.yaml', 'shop: {{\n', /^kubette: images\.yaml is no valid YAML: .*\n$/],
    ['images.yaml', '- shop\n', 'kubette: images.yaml does not map image patterns to programs\n'],
    ['images.mjs', 'export default 5;\n', 'kubette: images.mjs does not map image patterns to programs\n'],
    ['images.mjs', 'export {\n', /^kubette: images\.mjs is no module that can be loaded: .*\n$/],
  ])('refuses a broken %s (%j)', async (file, content, stderr) => {
    writeFileSync(scratch.join(file), content);
    const outcome = await runCli(['serve', '--in-memory', '--port=0', '--images', file], { cwd: scratch.path });
    expect(outcome.stderr).toEqual(typeof stderr === 'string' ? stderr : expect.stringMatching(stderr));
    expect(outcome).toMatchObject({ code: 2, stdout: '' });
  });

  test('helps', async () => {
    expect(await runCli(['help'])).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('kubette serve [flags]') as string });
    expect(await runCli(['serve', '--help'])).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/--data-dir DIR.*\(default \.kubette\)/) as string });
    expect(await runCli(['version'])).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('v1.36.3') as string });
  });
});

describe('what is in the way of a start is told in one line and harms nothing', () => {
  test('a port that is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    const outcome = await runCli(['serve', '--data-dir', scratch.join('data'), '--port', String(port)]);
    await new Promise((resolve) => other.close(resolve));
    expect(outcome).toEqual({ code: 1, stdout: '', stderr: `kubette: port ${port} is taken: choose another --port, or 0 for a free one\n` });
    await using server = await Server.start({ dataDir: scratch.join('data') });
    expect(await server.kubectl.ok('get', 'nodes', '-o', 'name')).toBe('node/node-0\n');
  });

  test('a data directory that another kubette uses', async () => {
    const dataDir = scratch.join('data');
    await using server = await Server.start({ dataDir });
    const kubeconfig = server.kubeconfig;
    await server.kubectl.ok('create', 'configmap', 'first');
    const outcome = await runCli(['serve', '--data-dir', dataDir, '--port', '0']);
    expect(outcome).toEqual({ code: 1, stdout: '', stderr: `kubette: ${dataDir} is in use by another kubette: stop it, or choose another --data-dir\n` });
    await server.kubectl.ok('create', 'configmap', 'second');
    await server.kubectl.ok('get', 'configmap', 'first', 'second');
    expect(server.kubeconfig).toBe(kubeconfig);
  });

  test('a data directory that is a file', async () => {
    const file = scratch.write('file', 'precious');
    const outcome = await runCli(['serve', '--data-dir', file, '--port', '0']);
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toMatch(new RegExp(`^kubette: cannot use the data directory ${file}: .+\\n$`));
    expect(readFileSync(file, 'utf8')).toBe('precious');
  });

  (isRoot ? test.skip : test)('a data directory that may not be made (root may make it)', async () => {
    const dataDir = join(scratch.path, 'locked', 'data');
    mkdirSync(join(scratch.path, 'locked'), { mode: 0o500 });
    const outcome = await runCli(['serve', '--data-dir', dataDir, '--port', '0']);
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toMatch(new RegExp(`^kubette: cannot use the data directory ${dataDir}: .+\\n$`));
  });

  (isRoot ? test : test.skip)('a data directory of somebody else (needs root, to be another user)', async () => {
    const dataDir = scratch.join('data');
    {
      await using server = await Server.start({ dataDir });
      await server.kubectl.ok('create', 'configmap', 'kept');
    }
    const outcome = await runCli(['serve', '--data-dir', dataDir, '--port', '0'], { uid: NOBODY, cwd: '/' });
    // Where the checkout itself may not be read by others, Node cannot even be started.
    if (!outcome.stderr.includes('Cannot find module') && !outcome.stderr.includes('EACCES: permission denied, open')) {
      expect(outcome.stderr).toMatch(new RegExp(`^kubette: cannot use the data directory ${dataDir}: .+\\n$`));
      expect(outcome).toMatchObject({ code: 1, stdout: '' });
    }
    await using server = await Server.start({ dataDir });
    await server.kubectl.ok('get', 'configmap', 'kept');
  });

  test('a kubeconfig that cannot be written', async () => {
    const outcome = await runCli(['serve', '--in-memory', '--port', '0', '--kubeconfig', join(scratch.write('file', ''), 'kubeconfig')]);
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toMatch(/^kubette: cannot write .*kubeconfig: .+\n$/);
  });
});

describe('mistakes with kubectl give a clear error and lose nothing', () => {
  let server: Server;

  beforeAll(async () => {
    server = await Server.start({ inMemory: true });
    await server.kubectl.create('{apiVersion: v1, kind: ConfigMap, metadata: {name: there}, data: {a: b}}');
  });

  afterAll(() => server[Symbol.asyncDispose]());

  const POD = 'apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n';
  test.each([
    ['a field with a typo', `${POD}  containerz: [{name: a, image: nginx}]`, /Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec\.containerz"/],
    ['a value of the wrong type', `${POD}  containers: [{name: a, image: nginx, ports: [{containerPort: http}]}]`, /cannot unmarshal string into Go struct field ContainerPort\.spec\.containers\.ports\.containerPort of type int32/],
    ['a value that is not valid', `${POD}  containers: [{name: A_B, image: nginx}]`, /The Pod "web" is invalid: spec\.containers\[0\]\.name: Invalid value: "A_B": a lowercase RFC 1123 label must consist of/],
    ['a kind that there is not', 'apiVersion: v1\nkind: Pood\nmetadata: {name: web}', /no matches for kind "Pood" in version "v1"/],
    ['a version that there is not', 'apiVersion: apps/v7\nkind: Deployment\nmetadata: {name: web}', /no matches for kind "Deployment" in version "apps\/v7"/],
    ['no kind', 'apiVersion: v1\nmetadata: {name: web}', /error validating data: kind not set/],
    ['no YAML', 'apiVersion: v1\n kind: [Pod', /error converting YAML to JSON: yaml: line \d/],
    ['a name twice', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: there}', /Error from server \(AlreadyExists\): error when creating "STDIN": configmaps "there" already exists/],
    ['a namespace that there is not', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, namespace: nowhere}', /Error from server \(NotFound\): error when creating "STDIN": namespaces "nowhere" not found/],
  ])('%s', async (_name, manifest, error) => {
    const outcome = await server.kubectl.run(['create', '-f', '-'], { input: manifest });
    expect(outcome.stderr).toMatch(error);
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(await server.kubectl.ok('get', 'configmap', 'there', '-o', 'jsonpath={.data.a}')).toBe('b');
    expect(await server.kubectl.ok('get', 'pods')).toBe('');
  });

  test('of several documents the good ones are made', async () => {
    const outcome = await server.kubectl.run(['create', '-f', '-'], { input: '{apiVersion: v1, kind: ConfigMap, metadata: {name: there}}\n---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: new}}' });
    expect(outcome).toMatchObject({ code: 1, stdout: 'configmap/new created\n' });
  });

  test('a file that is not there, a resource that there is not, an object that there is not', async () => {
    expect(await server.kubectl.run(['create', '-f', 'nowhere.yml'])).toMatchObject({ code: 1, stderr: 'error: the path "nowhere.yml" does not exist\n' });
    expect(await server.kubectl.run(['get', 'poods'])).toMatchObject({ code: 1, stderr: 'error: the server doesn\'t have a resource type "poods"\n' });
    expect(await server.kubectl.run(['delete', 'pod', 'nobody'])).toMatchObject({ code: 1, stderr: 'Error from server (NotFound): pods "nobody" not found\n' });
    expect(await server.kubectl.run(['logs', 'nobody'])).toMatchObject({ code: 1, stderr: 'error: error from server (NotFound): pods "nobody" not found in namespace "default"\n' });
  });

  test('who has no credentials gets 401 on protected paths, and in where anybody may', async () => {
    using nobody = new Rest(server.kubeconfig, { anonymous: true });
    for (const path of ['/api/v1/namespaces', '/api', '/apis', '/openapi/v3', '/metrics', '/api/v1/namespaces/default/pods/x/exec', '/kubette/v1/nodes/node-0/stop', '/nowhere']) {
      const { code, body, headers } = await nobody.send<{ reason: string; message: string }>(path);
      expect([path, code]).toEqual([path, 401]);
      expect(body).toMatchObject({ kind: 'Status', reason: 'Unauthorized', message: 'Unauthorized', code: 401 });
      expect(headers['www-authenticate']).toBeUndefined();
    }
    for (const path of ['/healthz', '/livez', '/readyz', '/version']) expect([path, (await nobody.send(path)).code]).toEqual([path, 200]);
    expect((await nobody.send('/api/v1/namespaces', { headers: { authorization: 'Bearer nonsense' } })).code).toBe(401);
    using admin = new Rest(server.kubeconfig);
    expect((await admin.send('/api/v1/namespaces')).code).toBe(200);
  });
});

describe('stopping', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('%s ends it quickly with exit code 0, whatever is open', async (signal) => {
    await using server = await Server.start();
    const { kubectl } = server;
    await kubectl.create('{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {terminationGracePeriodSeconds: 600, containers: [{name: main, image: busybox, command: [sh, -c, "trap : TERM; while true; do date; sleep 1; done"]}]}}');
    await kubectl.ok('wait', '--for=condition=Ready', 'pod/web', '--timeout=100s');
    using watch = kubectl.follow('get', 'pods', '--watch');
    using log = kubectl.follow('logs', '-f', 'web');
    using exec = kubectl.follow('exec', '-i', 'web', '--', 'cat');
    using forward = kubectl.follow('port-forward', 'web', ':80');
    exec.write('hello\n');
    await Promise.all([watch.shows(/Running/), log.shows(/UTC/), exec.shows(/hello/), forward.shows(/Forwarding/)]);
    const started = performance.now();
    expect(await server.stop(signal)).toBe(0);
    // The pod asks for ten minutes.
    expect(performance.now() - started).toBeLessThan(100_000);
    expect(server.stderr).toBe('');
  });

  test('a second signal ends it at once', async () => {
    await using server = await Server.start();
    server.process.kill('SIGINT');
    server.process.kill('SIGINT');
    // Which of the two is heard first is up to the operating system: either way it ends.
    expect([0, 130]).toContain(await server.ended);
  });

  (isLinux ? test : test.skip)('ten starts and stops leave no process, port, lock or temporary file (Linux: reads /proc)', async () => {
    const dataDir = scratch.join('data');
    const tmpDir = scratch.join('tmp');
    mkdirSync(tmpDir);
    let files: string[] | undefined;
    for (let i = 0; i < 10; i++) {
      const inMemory = i % 2 === 1;
      const server = await Server.start({ dataDir, tmpDir, inMemory });
      const pid = server.process.pid ?? 0;
      const port = Number(new URL(server.url).port);
      expect(await listens(port)).toBe(true);
      await server.kubectl.ok('create', 'configmap', `round-${i}`);
      expect(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()).toBe('');
      expect(await server.stop()).toBe(0);
      await server[Symbol.asyncDispose]();
      expect(existsSync(`/proc/${pid}`)).toBe(false);
      expect(await listens(port)).toBe(false);
      expect(readdirSync(tmpDir)).toEqual([]);
      if (inMemory) continue;
      const kept = readdirSync(dataDir).sort();
      files ??= kept;
      expect(kept).toEqual(files);
    }
    await using server = await Server.start({ dataDir });
    expect((await server.kubectl.ok('get', 'configmaps', '-o', 'name')).match(/round-\d/g)).toEqual(['round-0', 'round-2', 'round-4', 'round-6', 'round-8']);
  });
});

describe('the data directory', () => {
  test('is for its owner alone', async () => {
    const dataDir = scratch.join('data');
    await using server = await Server.start({ dataDir });
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    expect(statSync(server.kubeconfigPath).mode & 0o777).toBe(0o600);
    const keys = (readdirSync(dataDir, { recursive: true }) as string[]).filter((name) => /\.key$|key\.pem$|kubeconfig$/.test(name));
    expect(keys.length).toBeGreaterThan(0);
    for (const name of keys) expect([name, statSync(join(dataDir, name)).mode & 0o777]).toEqual([name, 0o600]);
  });

  test('keeps objects, keys and revisions over a restart, and pods run again', async () => {
    const dataDir = scratch.join('data');
    let before: string;
    let kubeconfig: string;
    let revision: number;
    {
      await using server = await Server.start({ dataDir });
      await server.kubectl.create('{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: main, image: registry.example/hello-node}]}}');
      await server.kubectl.ok('wait', '--for=condition=Ready', 'pod/web', '--timeout=100s');
      await server.kubectl.ok('create', 'configmap', 'settings', '--from-literal=a=b');
      before = await server.kubectl.ok('get', 'configmap', 'settings', '-o', 'yaml');
      kubeconfig = server.kubeconfig;
      revision = Number(await server.kubectl.ok('get', 'configmap', 'settings', '-o', 'jsonpath={.metadata.resourceVersion}'));
    }
    await using server = await Server.start({ dataDir });
    expect(await server.kubectl.ok('get', 'configmap', 'settings', '-o', 'yaml')).toBe(before);
    const authority = /certificate-authority-data: (\S+)/;
    expect(authority.exec(server.kubeconfig)?.[1]).toBe(authority.exec(kubeconfig)?.[1]);
    // Who has the old kubeconfig still gets in, at the new port.
    writeFileSync(server.kubectl.kubeconfig, kubeconfig.replace(/server: \S+/, `server: ${server.url}`));
    await until(async () => /web +1\/1 +Running +1 /.test(await server.kubectl.ok('get', 'pod', 'web', '--no-headers')), 'the pod runs again');
    await server.kubectl.ok('create', 'configmap', 'after');
    expect(Number(await server.kubectl.ok('get', 'configmap', 'after', '-o', 'jsonpath={.metadata.resourceVersion}'))).toBeGreaterThan(revision);
    expect((await runCli(['kubeconfig', '--data-dir', scratch.join('none')])).stderr).toBe(`kubette: there is no kubeconfig at ${scratch.join('none', 'kubeconfig')}: start the cluster first with 'kubette serve'\n`);
  });

  test('holds every acknowledged write after kill -9 under load', async () => {
    const dataDir = scratch.join('data');
    /** What the server has acknowledged, by name: the last state, or undefined once deleted. */
    const acknowledged = new Map<string, { readonly text: string; readonly revision: number } | undefined>();
    let highest = 0;
    for (let round = 0; round < 3; round++) {
      const server = await Server.start({ dataDir });
      using rest = new Rest(server.kubeconfig);
      const path = '/api/v1/namespaces/default/configmaps';
      const { body: list } = await rest.send<{ metadata: { resourceVersion: string }; items: Stored[] }>(path);
      expect(Number(list.metadata.resourceVersion)).toBeGreaterThanOrEqual(highest);
      const found = new Map(list.items.map((item) => [item.metadata.name, item]));
      for (const [name, state] of acknowledged) {
        const item = found.get(name);
        if (state === undefined) expect([name, item]).toEqual([name, undefined]);
        // One more write may have reached the disk without its answer having reached us.
        else expect([name, Number(item?.metadata.resourceVersion)]).toEqual([name, expect.any(Number)]);
        if (state && item && Number(item.metadata.resourceVersion) === state.revision) expect(item.data?.['text']).toBe(state.text);
        if (state && item) expect(Number(item.metadata.resourceVersion)).toBeGreaterThanOrEqual(state.revision);
      }

      let running = true;
      let writes = 0;
      const writer = async (id: number): Promise<void> => {
        for (let n = 0; running; n++) {
          const name = `r${round}-w${id}-${Math.floor(n / 3)}`;
          const text = `${n} ${'x'.repeat(500)}`;
          const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { text } };
          const verb = n % 3;
          // Created, changed, and every other one deleted.
          if (verb === 2 && n % 2 === 0) continue;
          try {
            const answer = await rest.send<Stored>(verb === 0 ? path : `${path}/${name}`, verb === 0 ? { method: 'POST', body: object } : verb === 1 ? { method: 'PUT', body: object } : { method: 'DELETE' });
            expect(answer.code).toBeLessThan(300);
            const revision = Number(answer.body.metadata.resourceVersion);
            if (verb === 2) acknowledged.set(name, undefined);
            else {
              acknowledged.set(name, { text, revision });
              highest = Math.max(highest, revision);
            }
            writes++;
          } catch (error) {
            // The writes on the way when the server died: nobody knows of them.
            if (running || !/ECONN|hang up|EPIPE/.test(String(error))) throw error;
            acknowledged.delete(name);
          }
        }
      };
      const writers = Array.from({ length: 8 }, (_, id) => writer(id));
      await until(() => writes > 300, 'the load is on');
      running = false;
      expect(await server.stop('SIGKILL')).toBeNull();
      await Promise.all(writers);
      await server[Symbol.asyncDispose]();
    }
    expect(acknowledged.size).toBeGreaterThan(200);
    // What was half-written is not there: every object of the last round is whole.
    await using server = await Server.start({ dataDir });
    using rest = new Rest(server.kubeconfig);
    const { body } = await rest.send<{ items: Stored[] }>('/api/v1/namespaces/default/configmaps');
    for (const item of body.items.filter(({ metadata }) => /^r\d/.test(metadata.name))) expect(item.data?.['text']).toMatch(/^\d+ x{500}$/);
  });

  const mountable = isRoot && isLinux && spawnSync('unshare', ['--mount', 'true']).status === 0;
  (mountable ? test : test.skip)('on a full disk: writes are refused clearly, reads go on, and all is well once there is room (needs root, for a tmpfs)', async () => {
    const disk = scratch.join('disk');
    mkdirSync(disk);
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'none', disk]).status).toBe(0);
    try {
      const dataDir = join(disk, 'data');
      const names: string[] = [];
      {
        await using server = await Server.start({ dataDir });
        using rest = new Rest(server.kubeconfig);
        const path = '/api/v1/namespaces/default/configmaps';
        const write = (name: string): ReturnType<typeof rest.send<Stored & { message: string; reason: string }>> =>
          rest.send(path, { method: 'POST', body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { text: randomBytes(150_000).toString('base64') } } });
        let refusal: { code: number; body: { message: string; reason: string } } | undefined;
        for (let i = 0; i < 2000 && !refusal; i++) {
          const answer = await write(`filler-${i}`);
          if (answer.code === 201) names.push(`filler-${i}`);
          else refusal = answer;
        }
        expect(names.length).toBeGreaterThan(10);
        expect(refusal).toMatchObject({ code: 500, body: { kind: 'Status', status: 'Failure', message: expect.stringMatching(/No space left on device/i) as string } });
        expect((await rest.send<{ items: Stored[] }>(`${path}?limit=1`)).code).toBe(200);
        expect(await server.kubectl.ok('get', 'configmap', names[0] ?? '', '-o', 'name')).toBe(`configmap/${names[0]}\n`);
        // More room, and it goes on by itself.
        expect(spawnSync('mount', ['-o', 'remount,size=96m', disk]).status).toBe(0);
        await until(async () => (await write('after')).code === 201, 'writes are taken again');
        names.push('after');
      }
      await using server = await Server.start({ dataDir });
      const found = new Set((await server.kubectl.ok('get', 'configmaps', '-o', 'name')).trim().split('\n'));
      expect(names.filter((name) => !found.has(`configmap/${name}`))).toEqual([]);
    } finally {
      spawnSync('umount', [disk]);
    }
  });
});
