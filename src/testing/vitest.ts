import type { Cluster, ClusterOptions } from '../index.js';
import { SharedCluster } from './shared.js';

/**
 * A set-up file for vitest, `setupFiles: ['kubette/vitest']`: tests find a running cluster as `cluster`. After each test
 * it goes back to what it was when the first test of the same `describe` began, and before each file it is new.
 * `provide: { kubette: { nodes: 3 } }` are createCluster's options.
 */

declare global {
  /** The cluster of this worker. */
  // eslint-disable-next-line no-var
  var cluster: Cluster;
}

interface TestContext {
  readonly task: { readonly suite?: object | undefined; readonly file: object };
}

/** What of vitest is used here. */
interface Vitest {
  readonly beforeAll: (hook: () => Promise<void>) => void;
  readonly beforeEach: (hook: (context: TestContext) => void) => void;
  readonly afterEach: (hook: (context: TestContext) => Promise<void>) => void;
  readonly inject: (key: string) => unknown;
}

// A name in a variable: users of jest have no vitest, and no bundler or compiler shall look for it.
const name: string = 'vitest';
const { beforeAll, beforeEach, afterEach, inject } = (await import(name)) as Vitest;

const KEY = Symbol.for('kubette.vitest');
const worker = globalThis as typeof globalThis & { [KEY]?: Promise<SharedCluster> };
const shared = await (worker[KEY] ??= SharedCluster.start((inject('kubette') as ClusterOptions | undefined) ?? {}));
globalThis.cluster = shared.cluster;

beforeAll(() => shared.beginFile());
beforeEach(({ task }) => shared.beginTest(task.suite ?? task.file));
afterEach(({ task }) => shared.endTest(task.suite ?? task.file));
