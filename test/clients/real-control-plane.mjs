// The real kube-controller-manager, kube-scheduler and KWOK on top of kubette, each of kubette's own parts switched off in
// its favour. By hand; needs their binaries (docs/real-control-plane.md):
//   node test/clients/real-control-plane.mjs [all | controllers | scheduler | kwok] [--log-dir DIR] [--verbosity 2]
// Fails when a step of the scenario does, or when one of their logs holds a complaint about the server.
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { kubectlPath } from '../support/tools.mjs';
import { complaints } from '../support/component-log.mjs';

const BIN = process.env.ORACLE_BIN ?? join(homedir(), '.cache/kube-oracle/bin');
const CLI = process.env.KUBETTE_CLI ?? join(import.meta.dirname, '../../dist/cli.mjs');
const NODES = 3;

const { values, positionals } = parseArgs({ allowPositionals: true, options: { 'log-dir': { type: 'string' }, verbosity: { type: 'string', default: '2' } } });

/** What each turn runs of the real programs; kubette does the rest. */
const TURNS = {
  all: { controllers: true, scheduler: true, kwok: true },
  controllers: { controllers: true },
  scheduler: { scheduler: true },
  kwok: { kwok: true },
};

const missing = ['kube-controller-manager', 'kube-scheduler', 'kwok'].filter((name) => !existsSync(join(BIN, name)));
if (missing.length > 0) {
  console.log(`skipped: ${missing.join(', ')} not found in ${BIN} (docs/real-control-plane.md says how to build them)`);
  process.exit(0);
}
if (!existsSync(CLI)) {
  console.log('skipped: run "npm run build" first');
  process.exit(0);
}

let failures = 0;
for (const name of positionals.length > 0 ? positionals : Object.keys(TURNS)) {
  const turn = Object.hasOwn(TURNS, name) ? TURNS[name] : undefined;
  if (!turn) {
    console.error(`there is no turn "${name}": there are ${Object.keys(TURNS).join(', ')}`);
    process.exit(2);
  }
  await run(name, turn);
}
process.exit(failures > 0 ? 1 : 0);

async function run(name, turn) {
  const home = mkdtempSync(join(tmpdir(), 'kubette-real-'));
  const logs = values['log-dir'] ? join(values['log-dir'], name) : join(home, 'logs');
  mkdirSync(logs, { recursive: true });
  const processes = [];
  const startProcess = (program, command, args) => {
    const log = openSync(join(logs, `${program}.log`), 'w');
    const child = spawn(command, args, { stdio: ['ignore', log, log] });
    closeSync(log);
    child.gone = new Promise((resolve) => child.once('exit', resolve));
    processes.push({ program, child });
    return child;
  };
  const kubeconfig = join(home, 'kubeconfig');
  const data = join(home, 'data');
  console.log(`\n${name}: real ${[turn.controllers && 'kube-controller-manager', turn.scheduler && 'kube-scheduler', turn.kwok && 'KWOK'].filter(Boolean).join(', ')}; the rest is kubette's`);
  try {
    startProcess('kubette', process.execPath, [
      CLI, 'serve', '--data-dir', data, '--port', '0', '--kubeconfig', kubeconfig, '--addons', 'none', '--nodes', turn.kwok ? '0' : String(NODES),
      ...(turn.controllers ? ['--controllers=-*'] : []), ...(turn.scheduler ? ['--scheduler=false'] : []), '--log-level', 'info',
    ]);
    await until('kubette is ready', () => readFileSync(join(logs, 'kubette.log'), 'utf8').includes('kubette is ready'), 30_000);
    const pki = (file) => join(data, 'pki', file);
    const common = ['--kubeconfig', kubeconfig, '--kube-api-qps', '5000', '--kube-api-burst', '10000', '--bind-address', '127.0.0.1', '--secure-port', '0', `-v=${values.verbosity}`];
    if (turn.controllers) {
      startProcess('kube-controller-manager', join(BIN, 'kube-controller-manager'), [
        ...common, '--service-account-private-key-file', pki('sa.key'), '--root-ca-file', pki('ca.crt'), '--cluster-signing-cert-file', pki('ca.crt'), '--cluster-signing-key-file', pki('ca.key'),
        '--use-service-account-credentials',
      ]);
    }
    if (turn.scheduler) startProcess('kube-scheduler', join(BIN, 'kube-scheduler'), common);
    if (turn.kwok) {
      startProcess('kwok', join(BIN, 'kwok'), ['--kubeconfig', kubeconfig, '--manage-all-nodes=true', '--node-ip', '127.0.0.1', '--node-lease-duration-seconds', '40', '--config', join(import.meta.dirname, '../support/kwok-stages.yaml'), `--v=DEBUG`]);
    }
    await scenario(kubectl(home, kubeconfig), turn);
    for (const { program, child } of processes) if (child.exitCode !== null) fail(`${program} has ended with code ${child.exitCode}`);
  } catch (error) {
    fail(error.message);
  } finally {
    for (const { child } of processes.toReversed()) {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
      await child.gone;
      clearTimeout(timer);
    }
    for (const { program } of processes) {
      for (const line of complaints(program, readFileSync(join(logs, `${program}.log`), 'utf8'))) fail(`${program}: ${line}`);
    }
    rmSync(home, { recursive: true, force: true });
  }
}

function fail(text) {
  failures++;
  console.log(`  FAILED ${text}`);
}

/** What a cluster's everyday life asks of its control plane, with the time each step has taken. */
async function scenario(k, turn) {
  const step = async (text, ...commands) => {
    const from = performance.now();
    for (const command of commands) await (typeof command === 'function' ? command() : k(...command));
    console.log(`  ${text}: ${Math.round(performance.now() - from)} ms`);
  };
  const wait = (target, ...how) => ['-n', 'real', 'wait', target, ...how, '--timeout=120s'];
  const gone = (what) => () => until(`no ${what} left`, async () => (await k('-n', 'real', 'get', ...what.split(' '), '-o', 'name')) === '', 120_000);
  if (turn.kwok) {
    for (let i = 0; i < NODES; i++) await k.apply({ apiVersion: 'v1', kind: 'Node', metadata: { name: `node-${i}`, labels: { 'kubernetes.io/hostname': `node-${i}`, 'kubernetes.io/os': 'linux', 'topology.kubernetes.io/zone': `zone-${i}` } }, status: { allocatable: { cpu: '32', memory: '256Gi', pods: '110' }, capacity: { cpu: '32', memory: '256Gi', pods: '110' } } });
  }
  await step(`${NODES} nodes are Ready`, () => until('nodes', async () => (await k('get', 'nodes', '-o', 'name')).split('\n').length > NODES, 60_000), ['wait', 'nodes', '--all', '--for=condition=Ready', '--timeout=120s']);
  await step('a namespace gets its ServiceAccount and root CA', ['create', 'namespace', 'real'], () => until('both', async () => (await k('-n', 'real', 'get', 'serviceaccount/default', 'configmap/kube-root-ca.crt', '-o', 'name')).includes('configmap'), 60_000));
  await step('a Deployment of 50 is Ready', ['-n', 'real', 'create', 'deployment', 'web', '--image=registry.example/web:1', '--replicas=50'], wait('deployment/web', '--for=jsonpath={.status.readyReplicas}=50'));
  await step('a Service has its endpoints', ['-n', 'real', 'expose', 'deployment', 'web', '--port=80'], () => until('50 endpoints', async () => (await k('-n', 'real', 'get', 'endpointslices', '-l', 'kubernetes.io/service-name=web', '-o', 'jsonpath={.items[*].endpoints[*].addresses[0]}')).split(' ').length === 50, 60_000));
  await step('scaled down to 5', ['-n', 'real', 'scale', 'deployment/web', '--replicas=5'], wait('deployment/web', '--for=jsonpath={.status.replicas}=5'), () => until('5 pods', async () => (await k('-n', 'real', 'get', 'pods', '-o', 'name')).trim().split('\n').length === 5, 120_000));
  await step('rolled out and back', ['-n', 'real', 'set', 'image', 'deployment/web', '*=registry.example/web:2'], ['-n', 'real', 'rollout', 'status', 'deployment/web', '--timeout=120s'], ['-n', 'real', 'rollout', 'undo', 'deployment/web'], ['-n', 'real', 'rollout', 'status', 'deployment/web', '--timeout=120s']);
  await k.apply(workload('apps/v1', 'StatefulSet', 'db', { serviceName: 'db', replicas: 3, volumeClaimTemplates: [] }));
  await step('a StatefulSet of 3 is Ready', wait('statefulset/db', '--for=jsonpath={.status.readyReplicas}=3'), ['-n', 'real', 'delete', 'pod', 'db-1', '--wait=false'], wait('statefulset/db', '--for=jsonpath={.status.readyReplicas}=3'));
  await k.apply(workload('apps/v1', 'DaemonSet', 'agent'));
  await step('a DaemonSet runs everywhere', wait('daemonset/agent', `--for=jsonpath={.status.numberReady}=${NODES}`));
  await k.apply(job('once', { completions: 4, parallelism: 2 }));
  await step('a Job completes', wait('job/once', '--for=condition=Complete'));
  await k.apply({ apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'often', namespace: 'real' }, spec: { schedule: '* * * * *', suspend: true, jobTemplate: { spec: job('x').spec } } });
  await step('a Job made of a CronJob completes', ['-n', 'real', 'create', 'job', 'now', '--from=cronjob/often'], wait('job/now', '--for=condition=Complete'));
  await step('a budget counts, a pod that may not go stays', ['-n', 'real', 'create', 'poddisruptionbudget', 'web', '--selector=app=web', '--min-available=5'], wait('pdb/web', '--for=jsonpath={.status.currentHealthy}=5'), async () => {
    const node = (await k('-n', 'real', 'get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[0].spec.nodeName}')).trim();
    const drained = await k('drain', node, '--ignore-daemonsets', '--force', '--timeout=1s').then(() => true, () => false);
    if (drained) throw new Error(`${node} was drained though the budget allows no disruption`);
    await k('uncordon', node);
  });
  await step('a quota is counted', ['-n', 'real', 'create', 'quota', 'q', '--hard=pods=100'], wait('quota/q', '--for=jsonpath={.status.hard.pods}=100'));
  await step('a pod that fits nowhere is told so', () => k.apply({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'huge', namespace: 'real' }, spec: { containers: [{ name: 'c', image: 'registry.example/huge', resources: { requests: { cpu: '1000' } } }] } }), wait('pod/huge', '--for=jsonpath={.status.conditions[0].reason}=Unschedulable'));
  await step('a deleted Deployment takes its pods with it', ['-n', 'real', 'delete', 'deployment', 'web', '--cascade=foreground', '--timeout=120s'], gone('pods -l app=web'));
  await step('a token is issued', ['-n', 'real', 'create', 'token', 'default']);
  await step('the namespace goes with all that is in it', ['delete', 'namespace', 'real', '--timeout=120s']);
}

function template(name, extra = {}) {
  return { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'registry.example/app' }], ...extra } };
}

function workload(apiVersion, kind, name, spec = {}) {
  return { apiVersion, kind, metadata: { name, namespace: 'real' }, spec: { selector: { matchLabels: { app: name } }, template: template(name), ...spec } };
}

function job(name, spec = {}) {
  const containers = [{ name: 'c', image: 'busybox', command: ['true'] }];
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name, namespace: 'real' }, spec: { ...spec, template: { spec: { containers, restartPolicy: 'Never' } } } };
}

/** kubectl that rejects with what it has said. */
function kubectl(home, kubeconfig) {
  const call = (args, input) =>
    new Promise((resolve, reject) => {
      const child = spawn(kubectlPath(), ['--kubeconfig', kubeconfig, '--cache-dir', join(home, 'cache'), ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
      let [stdout, stderr] = ['', ''];
      child.stdout.on('data', (text) => (stdout += text));
      child.stderr.on('data', (text) => (stderr += text));
      child.once('close', (code) => (code === 0 ? resolve(stdout) : reject(new Error(`kubectl ${args.join(' ')}: ${stderr.trim()}`))));
      child.stdin.end(input ?? '');
    });
  return Object.assign((...args) => call(args), { apply: (object) => call(['apply', '-f', '-'], JSON.stringify(object)) });
}

async function until(what, probe, timeoutMs) {
  const end = performance.now() + timeoutMs;
  for (;;) {
    let problem = '';
    try {
      if (await probe()) return;
    } catch (error) {
      problem = `: ${error.message}`;
    }
    if (performance.now() > end) throw new Error(`waited ${timeoutMs} ms in vain for ${what}${problem}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
