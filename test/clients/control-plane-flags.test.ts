import { join } from 'node:path';
import { Scratch } from '../support/scratch.js';
import { runCli, Server } from '../support/server.js';
import { until } from '../support/until.js';

const EXAMPLE = join(import.meta.dirname, '../../examples/controllers/config-reloader.mjs');
const TEMPLATE = '{.spec.template.metadata.annotations.reload\\.example\\.com/checksum}';

describe('controllers from files', () => {
  test('the example restarts a Deployment when its ConfigMap changes', async () => {
    await using server = await Server.start({ inMemory: true, flags: ['--controllers', `*,${EXAMPLE}`] });
    const { kubectl } = server;
    await kubectl.ok('create', 'configmap', 'web-config', '--from-literal=color=red');
    await kubectl.ok('create', 'deployment', 'web', '--image=registry.example/web');
    await kubectl.ok('annotate', 'deployment', 'web', 'reload.example.com/configmap=web-config');
    const checksum = (): Promise<string> => kubectl.ok('get', 'deployment', 'web', '-o', `jsonpath=${TEMPLATE}`);
    const first = await until(checksum, 'the first checksum');
    expect(first).toMatch(/^[0-9a-f]{16}$/);
    await kubectl.ok('patch', 'configmap', 'web-config', '-p', '{"data":{"color":"blue"}}');
    const second = await until(async () => (await checksum()) !== first && checksum(), 'another checksum');
    expect(second).toMatch(/^[0-9a-f]{16}$/);
    expect(await kubectl.ok('rollout', 'status', 'deployment/web', '--timeout=100s')).toContain('successfully rolled out');
    const event = await until(async () => (await kubectl.ok('get', 'events', '--field-selector=reason=Reloaded', '-o', 'jsonpath={.items[*].source.component}: {.items[*].message}')).replace(/^: $/, ''), 'the event');
    expect(event).toBe('config-reloader: ConfigMap web-config has changed');
    const managers = await kubectl.ok('get', 'deployment', 'web', '--show-managed-fields', '-o', 'jsonpath={.metadata.managedFields[*].manager}');
    expect(managers.split(' ')).toContain('config-reloader');
  });

  test('one of them takes the place of a built-in one that is switched off', async () => {
    using scratch = new Scratch();
    const file = scratch.write('freezer.cjs', `
      let context, deployments;
      module.exports = [{
        name: 'deployment-controller',
        setUp(given) {
          context = given;
          deployments = context.informers.for({ group: 'apps', version: 'v1', resource: 'deployments' });
          deployments.addHandler({ onAdd: ({ metadata }) => context.enqueue(metadata.namespace + '/' + metadata.name) });
        },
        async reconcile(key) {
          const [namespace, name] = key.split('/');
          context.events.record(deployments.get(name, namespace), 'Normal', 'Seen', 'and left alone');
        },
      }];`);
    await using server = await Server.start({ inMemory: true, flags: ['--controllers', `*,-deployment,${file}`] });
    const { kubectl } = server;
    await kubectl.ok('create', 'deployment', 'web', '--image=registry.example/web');
    await until(async () => (await kubectl.ok('get', 'events')).includes('and left alone'), 'the event');
    expect(await kubectl.ok('get', 'replicasets', '-o', 'name')).toBe('');
  });

  test.each([
    ['a file that is not there', () => './nowhere.mjs', 'kubette: --controllers: there is no file ./nowhere.mjs\n'],
    ['a file without a controller', (s: Scratch) => s.write('empty.mjs', 'export default { name: "x" };'), /^kubette: --controllers: the default export of .*empty\.mjs is no controller: an object with name, setUp and reconcile, [^\n]*\n$/],
    ['a file with a mistake', (s: Scratch) => s.write('broken.mjs', 'export default {'), /^kubette: --controllers: cannot load .*broken\.mjs: [^\n]+\n$/],
    ['two controllers of one name', (s: Scratch) => `${EXAMPLE},${s.write('same.mjs', 'export default { name: "config-reloader", setUp() {}, reconcile() {} };')}`, /^kubette: --controllers: [^\n]* both have a controller named "config-reloader"\n$/],
    ['an unknown name beside a file', () => `${EXAMPLE},espresso`, /^kubette: --controllers: "espresso" is not in the list of known controllers: there are [^\n]*\n$/],
    ["one of kube-controller-manager's that is not here", () => 'nodeipam', /^kubette: --controllers: "nodeipam" is not in the list of known controllers: there are [^\n]*\n$/],
  ])('%s is a mistake', async (_name, list, stderr) => {
    using scratch = new Scratch();
    const outcome = await runCli(['serve', '--in-memory', '--port=0', '--controllers', list(scratch)], { cwd: scratch.path });
    expect(outcome.stderr).toEqual(typeof stderr === 'string' ? stderr : expect.stringMatching(stderr));
    expect(outcome).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('--scheduler-config', () => {
  test('the example has a profile that fills one node after the other', async () => {
    await using server = await Server.start({ inMemory: true, flags: ['--nodes', '3', '--scheduler-config', join(import.meta.dirname, '../../examples/scheduler-config.yml')] });
    const { kubectl } = server;
    const spec = (schedulerName: string): string => JSON.stringify({ spec: { schedulerName, containers: [{ name: 'c', image: 'registry.example/app', resources: { requests: { cpu: '1' } } }] } });
    for (const name of ['a', 'b', 'c', 'd']) {
      await kubectl.ok('run', name, '--image=registry.example/app', `--overrides=${spec('packing')}`);
      await kubectl.ok('wait', `pod/${name}`, '--for=condition=PodScheduled', '--timeout=100s');
    }
    const nodes = (await kubectl.ok('get', 'pods', '-o', 'jsonpath={.items[*].spec.nodeName}')).split(' ');
    expect(new Set(nodes).size).toBe(1);
    expect(await kubectl.ok('get', 'events', '--field-selector=reason=Scheduled', '-o', 'jsonpath={.items[0].reportingComponent}')).toBe('packing');
  });

  test('what is not supported is told in one sentence', async () => {
    using scratch = new Scratch();
    const file = scratch.write('config.yml', 'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\nextenders: []\n');
    expect(await runCli(['serve', '--in-memory', '--port=0', '--scheduler-config', file], { cwd: scratch.path })).toEqual({ code: 2, stdout: '', stderr: `kubette: ${file}: the configuration has a field "extenders" that is not supported\n` });
  });
});
