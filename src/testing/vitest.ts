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

/** A `describe`; what stands outside of all stands in the file. */
interface Group {
  readonly suite?: Group | undefined;
  readonly file: Group;
}

interface TestContext {
  readonly task: Group;
}

type HooksOf = (group: Group) => { readonly afterAll: Array<() => Promise<void>> };

/** What of vitest is used here. */
interface Vitest {
  readonly beforeAll: (hook: () => Promise<void>) => void;
  readonly beforeEach: (hook: (context: TestContext) => void) => void;
  readonly afterEach: (hook: (context: TestContext) => Promise<void>) => void;
  readonly inject: (key: string) => unknown;
  /** Since 4.1; `vitest/suite` before. */
  readonly TestRunner?: { readonly getSuiteHooks?: HooksOf };
}

// Names in variables: users of jest have no vitest, and no bundler or compiler shall look for it.
const names = { vitest: 'vitest', suite: 'vitest/suite' };
const { beforeAll, beforeEach, afterEach, inject, TestRunner } = (await import(names.vitest)) as Vitest;
const hooksOf = TestRunner?.getSuiteHooks ?? ((await import(names.suite)) as { readonly getHooks: HooksOf }).getHooks;

const KEY = Symbol.for('kubette.vitest');
const worker = globalThis as typeof globalThis & { [KEY]?: Promise<SharedCluster> };
const shared = await (worker[KEY] ??= SharedCluster.start((inject('kubette') as ClusterOptions | undefined) ?? {}));
globalThis.cluster = shared.cluster;

const entered = new WeakSet<Group>();

/** Has the end of a group told: vitest has no event for it in set-up files. It comes after the group's own `afterAll`. */
function enter(group: Group): void {
  if (entered.has(group) || group === group.file) return;
  entered.add(group);
  const parent = group.suite ?? group.file;
  hooksOf(group).afterAll.unshift(() => shared.endGroup(group, parent));
  enter(parent);
}

beforeAll(() => shared.beginFile());
beforeEach(({ task }) => {
  const group = task.suite ?? task.file;
  enter(group);
  shared.beginTest(group);
});
afterEach(({ task }) => shared.endTest(task.suite ?? task.file));
