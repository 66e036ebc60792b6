import { rmSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { SystemClock, type Clock } from '../../src/base/clock.js';
import { deepEqual } from '../../src/base/freeze.js';
import type { Client } from '../../src/client/types.js';
import type { Cluster } from '../../src/cluster.js';
import { startCluster } from '../../src/start-cluster.js';
import { failingWrites, lossyWatches } from '../support/controllers/faults.js';
import { FastClock } from '../support/controllers/fast-clock.js';
import { NAMESPACE, World, type ControllerScenario } from '../support/controllers/scenario.js';
import { wrapClient, type Interceptors, type Write } from '../support/controllers/wrap-client.js';
import { temporaryFolder } from '../support/storage-engines.js';

const PATIENCE_MS = Number(process.env["PATIENCE_MS"] ?? 120_000);
const TEST_MS = 3 * PATIENCE_MS;
/** How often the cluster is looked at. */
const POLL_MS = 25;
/** How long nothing may change for a cluster to count as settled, in real milliseconds. */
const QUIET_MS = 150;
const RESTARTS = 3;
const CONTROLLER = 'system:serviceaccount:kube-system:';

/** Scenarios mostly wait: in several files, they do so side by side. `part` counts from 0. */
interface Part {
  readonly part: number;
  readonly of: number;
}

/** What every controller must do, whatever it is for (src/client/controller.ts). */
export function controllerConformance(all: readonly ControllerScenario[], { part, of }: Part): void {
  const scenarios = all.filter((_scenario, i) => i % of === part);
  describe.each(scenarios.map((scenario) => [`${scenario.controller}${scenario.title ? ` (${scenario.title})` : ''}`, scenario] as const))('%s', (_name, scenario) => {
    test('does its work, and nothing more when it looks again', async () => {
      const writes: string[] = [];
      const recording = (name: string): Interceptors => ({ onWrite: (write) => (record(writes, name, write), write.send()) });
      await using run = await Run.start(scenario, { intercept: recording });
      await run.play();
      expect(writes.filter((line) => line.startsWith(`${scenario.controller} `))).not.toEqual([]);
      await run.settled();
      writes.length = 0;
      await run.cluster.parts.workloads.controllers.restart();
      await run.settled();
      expect(writes).toEqual([]);
      expect(await scenario.observe(run.world)).toEqual(scenario.expected);
    }, TEST_MS);

    test('bears with lost and merged events', async () => {
      const lossy = lossyWatches();
      await using run = await Run.start(scenario, { intercept: (name) => (name === 'kubette' ? lossy : {}) });
      await run.play();
      await run.settled();
      expect(await scenario.observe(run.world)).toEqual(scenario.expected);
    }, TEST_MS);

    test('bears with writes that fail', async () => {
      const failing = failingWrites();
      await using run = await Run.start(scenario, { intercept: (name) => (name.startsWith(CONTROLLER) ? failing : {}) });
      await run.play();
      await run.settled();
      expect(await scenario.observe(run.world)).toEqual(scenario.expected);
      expect(failing.seen[0]! + failing.seen[1]! + failing.seen[2]! + failing.seen[3]!).toBeGreaterThan(0);
    }, TEST_MS);

    test('goes on where it was when everything restarts in the middle', async () => {
      const total = await countWrites(scenario);
      const cuts = Array.from({ length: Math.min(RESTARTS, total) }, (_, i) => Math.ceil((total * (i + 1)) / (RESTARTS + 1)));
      await Promise.all(cuts.map(async (n) => {
        const dataDir = await temporaryFolder();
        try {
          await restartAfter(scenario, dataDir, n);
        } finally {
          rmSync(dataDir, { recursive: true, force: true });
        }
      }));
    }, TEST_MS);
  });
}

function record(writes: string[], name: string, { verb, resource }: Write): void {
  if (name.startsWith(CONTROLLER) && resource !== 'events') writes.push(`${name.slice(CONTROLLER.length)} ${verb} ${resource}`);
}

/** How many writes the scenario's controller needs for its work. */
async function countWrites(scenario: ControllerScenario): Promise<number> {
  let count = 0;
  const counting = (name: string): Interceptors => (name === CONTROLLER + scenario.controller ? { onWrite: (write) => (count++, write.send()) } : {});
  await using run = await Run.start(scenario, { intercept: counting });
  await run.prepare();
  count = 0;
  await run.finish();
  return count;
}

/** Ends the cluster at the controller's `n`th write, which is not done, and starts it again. */
async function restartAfter(scenario: ControllerScenario, dataDir: string, n: number): Promise<void> {
  let left = Number.POSITIVE_INFINITY;
  const reached = new AbortController();
  const cut = (name: string): Interceptors => {
    if (name !== CONTROLLER + scenario.controller) return {};
    return {
      onWrite: async (write) => {
        if (--left > 0) return write.send();
        reached.abort();
        throw new Error('injected: the process ends');
      },
    };
  };
  // Time does not go back when the cluster is started again.
  const clock = clockFor(scenario);
  {
    await using run = await Run.start(scenario, { intercept: cut, dataDir, clock });
    await run.prepare();
    left = n;
    await run.begin();
    await run.finished(reached.signal);
  }
  await using again = await Run.start(scenario, { dataDir, clock });
  await again.finished();
  await again.settled();
  expect(await scenario.observe(again.world)).toEqual(scenario.expected);
}

interface RunOptions {
  readonly intercept?: (name: string) => Interceptors;
  readonly dataDir?: string;
  readonly clock?: Clock;
}

const clockFor = ({ speed }: ControllerScenario): Clock => (speed ? new FastClock(speed) : new SystemClock());

/** One playing of a scenario on a cluster of its own. */
class Run implements AsyncDisposable {
  readonly world: World;

  private constructor(
    private readonly scenario: ControllerScenario,
    readonly cluster: Cluster,
    clock: Clock,
  ) {
    this.world = new World(cluster, () => clock.now());
  }

  static async start(scenario: ControllerScenario, { intercept, dataDir, clock = clockFor(scenario) }: RunOptions): Promise<Run> {
    const cluster = await startCluster({
      nodes: 2,
      addons: [],
      ...scenario.cluster,
      dataDir,
      fsync: false,
      clock,
      ...(intercept ? { wrapClient: (client: Client, name: string) => wrapClient(client, intercept(name)) } : {}),
    });
    return new Run(scenario, cluster, clock);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cluster.stop();
  }

  async play(): Promise<void> {
    await this.prepare();
    await this.finish();
  }

  /** Up to the change that the controller is to work on; with no `act` that is the objects themselves. */
  async prepare(): Promise<void> {
    await this.world.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
    await until(async () => (await this.world.get('v1 ServiceAccount', 'default')) !== undefined, () => 'the default ServiceAccount');
    if (!this.scenario.act) return;
    await this.createObjects();
    const { ready, readyWhen } = this.scenario;
    if (ready) await this.eventually(() => ready(this.world), readyWhen);
  }

  /** The change. */
  begin(): Promise<void> {
    return this.scenario.act ? this.scenario.act(this.world) : this.createObjects();
  }

  async finish(): Promise<void> {
    await this.begin();
    await this.finished();
  }

  /** Or until the signal says that it will not be. */
  finished(signal?: AbortSignal): Promise<void> {
    return this.eventually(() => this.scenario.observe(this.world), this.scenario.expected, signal);
  }

  /** Resolves once nothing has changed for a while and no controller has anything to do. */
  async settled(): Promise<void> {
    let last = '';
    let since = performance.now();
    await until(async () => {
      const present = await this.versions();
      if (present !== last || !this.cluster.parts.workloads.controllers.idle) {
        last = present;
        since = performance.now();
      }
      return performance.now() - since > QUIET_MS;
    }, () => 'the cluster to settle');
  }

  private async createObjects(): Promise<void> {
    for (const { status, ...manifest } of this.scenario.objects) {
      const { apiVersion, kind, metadata } = await this.world.create(manifest as typeof manifest & { apiVersion: string; kind: string; metadata: { name: string } });
      if (status !== undefined) await this.world.patch(`${apiVersion} ${kind}`, metadata.name, { status }, 'status');
    }
  }

  private async eventually(observe: () => Promise<unknown>, expected: unknown, signal?: AbortSignal): Promise<void> {
    let seen: unknown;
    await until(async () => signal?.aborted === true || deepEqual((seen = await observe()), expected), () => `${JSON.stringify(expected)}, not ${JSON.stringify(seen)}`);
  }

  private async versions(): Promise<string> {
    const lines: string[] = [];
    for (const { group, version, resource, preferred, verbs } of this.cluster.parts.workloads.resources.resources()) {
      if (!preferred || !verbs.includes('list') || !verbs.includes('watch') || IGNORED.has(resource)) continue;
      const { items } = await this.cluster.api.resource({ group, version, resource }).list();
      for (const { metadata } of items) lines.push(`${resource}/${metadata.namespace}/${metadata.name}@${metadata.resourceVersion}`);
    }
    return lines.join('\n');
  }
}

/** Changed by heartbeats, or by what is told of what happened. */
const IGNORED = new Set(['events', 'leases', 'nodes']);

async function until(probe: () => Promise<boolean>, what: () => string): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await probe())) {
    if (performance.now() > end) throw new Error(`waited ${PATIENCE_MS} ms in vain for ${what()}`);
    await wait(POLL_MS);
  }
}
