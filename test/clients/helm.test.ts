import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Outcome } from '../support/kubectl.js';
import { Server } from '../support/server.js';
import { helmPath } from '../support/tools.mjs';

const CHART = join(import.meta.dirname, 'charts/hello');
/** How long helm waits for what becomes ready, at most; a loaded machine takes its time. */
const WAIT = ['--wait', '--timeout', '90s'];

/** helm v4, which applies server-side, with a chart of what charts have: workloads, claims, rights, hooks, a test. */
describe('helm', () => {
  let server: Server;

  function helm(...args: string[]): Promise<Outcome> {
    const { folder, kubeconfig } = server.kubectl;
    const home = join(folder, 'helm');
    const env = { PATH: process.env['PATH'] ?? '', HOME: folder, KUBECONFIG: kubeconfig, HELM_CACHE_HOME: home, HELM_CONFIG_HOME: home, HELM_DATA_HOME: home };
    const child = spawn(helmPath(), args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    return new Promise((resolve, reject) => {
      let stdout = '';
      let stderr = '';
      child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
      child.on('error', reject);
      child.on('close', (code) => resolve({ code: code ?? 137, stdout, stderr }));
    });
  }

  async function ok(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await helm(...args);
    if (code !== 0) throw new Error(`helm ${args.join(' ')}: exit code ${code}\n${stderr}${stdout}`);
    return stdout;
  }

  const kubectl = (...args: string[]): Promise<string> => server.kubectl.ok(...args);
  const history = async (release: string): Promise<Array<[number, string, string]>> =>
    (JSON.parse(await ok('history', release, '-o', 'json')) as Array<{ revision: number; status: string; description: string }>).map(({ revision, status, description }) => [revision, status, description]);
  const replicas = (): Promise<string> => kubectl('get', 'deployment', 'demo', '-o', 'jsonpath={.status.readyReplicas}');

  beforeAll(async () => {
    server = await Server.start({ flags: ['--nodes', '2'] });
  });

  afterAll(() => server[Symbol.asyncDispose]());

  test('installs, and waits until everything is ready', async () => {
    const said = await ok('install', 'demo', CHART, ...WAIT);
    expect(said).toMatch(/STATUS: deployed\nREVISION: 1\nDESCRIPTION: Install complete\nNOTES:\ndemo says hello\.\n$/);
    expect(await replicas()).toBe('2');
    expect(await kubectl('get', 'statefulset', 'demo-store', '-o', 'jsonpath={.status.readyReplicas}')).toBe('1');
    expect(await kubectl('get', 'pvc', 'data-demo-store-0', '-o', 'jsonpath={.status.phase}')).toBe('Bound');
    expect(await kubectl('exec', 'deploy/demo', '--', 'sh', '-c', 'echo $MESSAGE $PASSWORD')).toBe('hello secret\n');
    // The hook had to succeed first, and is gone for it.
    expect(await kubectl('get', 'job', 'demo-migrate', '--ignore-not-found')).toBe('');
    const fields = await kubectl('get', 'deployment', 'demo', '--show-managed-fields', '-o', 'jsonpath={range .metadata.managedFields[*]}{.manager} {.operation} {.subresource}{"\\n"}{end}');
    expect(fields.split('\n')[0]).toBe('helm Apply ');
  });

  test('upgrades, with a hook after it', async () => {
    expect(await ok('upgrade', 'demo', CHART, '--set', 'replicas=3,message=hi', ...WAIT)).toContain('REVISION: 2');
    expect(await replicas()).toBe('3');
    expect(await kubectl('exec', 'deploy/demo', '--', 'sh', '-c', 'echo $MESSAGE')).toBe('hi\n');
    expect(await kubectl('get', 'job', 'demo-cleanup', '-o', 'jsonpath={.status.succeeded}')).toBe('1');
  });

  test('runs the tests of a release', async () => {
    expect(await ok('test', 'demo', '--logs', '--timeout', '90s')).toContain('Welcome to nginx!');
  });

  test('takes an upgrade back that never gets ready', async () => {
    const { code, stderr } = await helm('upgrade', 'demo', CHART, '--set', 'broken=true,replicas=2', '--wait', '--timeout', '8s', '--rollback-on-failure');
    expect(code).toBe(1);
    expect(stderr).toMatch(/release demo failed, and has been rolled back due to rollback-on-failure being set: resource Deployment\/default\/demo not ready/);
    expect((await history('demo')).map(([revision, status]) => [revision, status])).toEqual([
      [1, 'superseded'],
      [2, 'superseded'],
      [3, 'failed'],
      [4, 'deployed'],
    ]);
    expect(await replicas()).toBe('3');
  });

  test('rolls back', async () => {
    expect(await ok('rollback', 'demo', '1', ...WAIT)).toBe('Rollback was a success! Happy Helming!\n');
    expect(await replicas()).toBe('2');
    expect((await history('demo')).at(-1)).toEqual([5, 'deployed', 'Rollback to 1']);
  });

  test('keeps off what somebody else has set, unless told otherwise', async () => {
    await kubectl('scale', 'deployment', 'demo', '--replicas=4');
    const refused = await helm('upgrade', 'demo', CHART, '--set', 'replicas=1', ...WAIT);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('UPGRADE FAILED: conflict occurred while applying object default/demo apps/v1, Kind=Deployment: Apply failed with 1 conflict: conflict with "kubectl" with subresource "scale" using apps/v1: .spec.replicas');
    await ok('upgrade', 'demo', CHART, '--set', 'replicas=1', '--force-conflicts', ...WAIT);
    expect(await replicas()).toBe('1');
  });

  test('shows what it knows', async () => {
    expect(await ok('list')).toMatch(/^demo\tdefault\s+7\s.*deployed\thello-1\.0\.0\t1\.29\s*$/m);
    const shown = await ok('get', 'all', 'demo');
    expect(shown).toContain('USER-SUPPLIED VALUES:\nreplicas: 1\n');
    expect(shown).toContain('kind: StatefulSet');
    const status = await ok('status', 'demo');
    expect(status).toMatch(/==> v1\/Deployment\nNAME\s+READY\s+UP-TO-DATE\s+AVAILABLE\s+AGE\ndemo\s+1\/1\s+1\s+1\s/);
    expect(status).toContain('==> v1/Pod(related)');
    expect(await kubectl('get', 'secrets', '-l', 'owner=helm,status=deployed', '-o', 'jsonpath={.items[*].type}')).toBe('helm.sh/release.v1');
  });

  test('says which hook has failed', async () => {
    const { code, stderr } = await helm('upgrade', '--install', 'other', CHART, '--namespace', 'other', '--create-namespace', '--set', 'migration=3', ...WAIT);
    expect(code).toBe(1);
    expect(stderr).toContain('failed pre-install: resource Job/other/other-migrate not ready. status: Failed, message: Job Failed. failed: 1/1');
    await ok('upgrade', '--install', 'other', CHART, '--namespace', 'other', '--reset-values', ...WAIT);
    expect(await ok('list', '--all-namespaces', '--short')).toBe('demo\nother\n');
    await ok('uninstall', 'other', '--namespace', 'other', ...WAIT);
  }, 180_000);

  test('renders what kubectl applies, client-side and server-side', async () => {
    const manifest = await ok('template', 'plain', CHART, '--no-hooks', '--namespace', 'default');
    const apply = async (...flags: string[]): Promise<string[]> => {
      const { code, stdout, stderr } = await server.kubectl.run(['apply', ...flags, '-f', '-'], { input: manifest });
      expect([code, stderr]).toEqual([0, '']);
      return stdout.trim().split('\n');
    };
    const created = await apply();
    expect(created.filter((line) => !line.endsWith(' created'))).toEqual([]);
    // The server never gives stringData back, and claim templates with defaults: kubectl patches them in each time.
    expect((await apply()).filter((line) => !line.endsWith(' unchanged'))).toEqual(['secret/plain configured', 'statefulset.apps/plain-store configured']);
    // Claim templates are owned as a whole, and have changed since.
    expect(await apply('--server-side', '--force-conflicts')).toEqual(created.map((line) => line.replace(' created', ' serverside-applied')));
    await kubectl('rollout', 'status', 'deployment/plain', '--timeout=90s');
    const { code, stdout } = await server.kubectl.run(['diff', '--server-side', '--force-conflicts', '-f', '-'], { input: manifest });
    expect([code, stdout]).toEqual([0, '']);
    expect((await server.kubectl.run(['delete', '--wait=false', '-f', '-'], { input: manifest })).code).toBe(0);
  });

  test('uninstalls, and waits until everything is gone', async () => {
    expect(await ok('uninstall', 'demo', ...WAIT)).toBe('release "demo" uninstalled\n');
    expect(await kubectl('get', 'deployments,statefulsets,services,configmaps,secrets,roles,rolebindings,serviceaccounts', '-l', 'app.kubernetes.io/instance=demo', '-o', 'name')).toBe('');
    expect(await ok('list', '--short')).toBe('');
    // What a StatefulSet claimed stays.
    expect(await kubectl('get', 'pvc', '-o', 'name')).toContain('persistentvolumeclaim/data-demo-store-0\n');
  });
});
